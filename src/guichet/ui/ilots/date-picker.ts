// A month beside the browser's own date field, and the two days people ask for most. The field keeps the value: the form
// sends the same thing with or without this.
import { creer, dessin, langue, requis } from "@ui/dom";

const JOUR = 86_400_000;

function lire(texte: string): Date | null {
  const date = new Date(`${texte}T12:00:00Z`);
  return texte && !Number.isNaN(date.getTime()) ? date : null;
}

function ecrire(date: Date): string {
  return date.toISOString().slice(0, 10);
}

function decaler(date: Date, jours: number): Date {
  return new Date(date.getTime() + jours * JOUR);
}

export default function datePicker(element: HTMLElement, depart: AbortSignal): void {
  const champ = requis<HTMLInputElement>(element, "input");
  const ouvrir = requis<HTMLButtonElement>(element, ".end-i");
  const volet = requis<HTMLElement>(element, ".cal-pop");
  const raccourcis = element.querySelector<HTMLElement>(".cal-raccourcis");
  const aujourdhui = lire(element.dataset["jour"] ?? "") ?? new Date();
  const format = (options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat =>
    new Intl.DateTimeFormat(langue() === "fr" ? "fr-FR" : "en-GB", { timeZone: "UTC", ...options });
  const enMots = format({ weekday: "long", day: "numeric", month: "long", year: "numeric" });
  const titreMois = format({ month: "long", year: "numeric" });
  const initiale = format({ weekday: "short" });
  let mois = aujourdhui;

  const permis = (date: Date): boolean => {
    const iso = ecrire(date);
    return (!champ.min || iso >= champ.min) && (!champ.max || iso <= champ.max);
  };
  const poser = (date: Date): void => {
    champ.value = ecrire(date);
    champ.dispatchEvent(new Event("input", { bubbles: true }));
    champ.dispatchEvent(new Event("change", { bubbles: true }));
    montrer(false);
  };
  const montrer = (oui: boolean): void => {
    if (oui !== volet.hidden) return;
    volet.hidden = !oui;
    ouvrir.setAttribute("aria-expanded", String(oui));
    if (!oui) return;
    mois = lire(champ.value) ?? (permis(aujourdhui) ? aujourdhui : (lire(champ.min) ?? aujourdhui));
    dessiner();
    volet.classList.toggle("dessus", volet.getBoundingClientRect().bottom > innerHeight && champ.getBoundingClientRect().top > 420);
  };
  const aller = (pas: number): void => {
    mois = new Date(Date.UTC(mois.getUTCFullYear(), mois.getUTCMonth() + pas, 1, 12));
    dessiner();
  };
  const fleche = (nom: string, libelle: string, pas: number): HTMLButtonElement => {
    const bouton = creer("button", { type: "button", class: "btn quiet icon", "aria-label": libelle }, dessin(element, nom));
    bouton.addEventListener("click", () => aller(pas));
    return bouton;
  };

  function dessiner(focus?: string): void {
    const premier = new Date(Date.UTC(mois.getUTCFullYear(), mois.getUTCMonth(), 1, 12));
    const titre = creer("b", { "aria-live": "polite" }, titreMois.format(premier));
    const tete = creer("div", { class: "cal-tete" }, fleche("precedent", element.dataset["moisPrecedent"] ?? "", -1), titre, fleche("suivant", element.dataset["moisSuivant"] ?? "", 1));
    const lundi = decaler(premier, -((premier.getUTCDay() + 6) % 7));
    const noms = creer("tr");
    for (let n = 0; n < 7; n++) noms.append(creer("th", { scope: "col" }, initiale.format(decaler(lundi, n)).slice(0, 2)));
    const corps = creer("tbody");
    for (let semaine = lundi; semaine.getTime() <= premier.getTime() || semaine.getUTCMonth() === premier.getUTCMonth(); semaine = decaler(semaine, 7)) {
      const ligne = creer("tr");
      for (let n = 0; n < 7; n++) {
        const date = decaler(semaine, n);
        const cellule = creer("td");
        if (date.getUTCMonth() === premier.getUTCMonth()) cellule.append(jour(date));
        ligne.append(cellule);
      }
      corps.append(ligne);
    }
    volet.replaceChildren(tete, creer("table", { class: "calendrier", "aria-label": titreMois.format(premier) }, creer("thead", {}, noms), corps));
    volet.classList.add("calendrier");
    const vise = volet.querySelector<HTMLButtonElement>(focus ? `[data-date="${focus}"]` : "[aria-pressed=true], .jour-meme, .cal-jour:not(:disabled)");
    if (vise) vise.tabIndex = 0;
    if (focus) vise?.focus();
  }

  function jour(date: Date): HTMLButtonElement {
    const iso = ecrire(date);
    const bouton = creer("button", { type: "button", class: "cal-jour", "data-date": iso, "aria-label": enMots.format(date), "aria-pressed": String(iso === champ.value), tabindex: "-1" }, String(date.getUTCDate()));
    bouton.disabled = !permis(date);
    if (iso === ecrire(aujourdhui)) bouton.classList.add("jour-meme");
    bouton.addEventListener("click", () => {
      poser(date);
      champ.focus();
    });
    return bouton;
  }

  ouvrir.hidden = false;
  ouvrir.addEventListener("click", () => montrer(!!volet.hidden), { signal: depart });
  // A finger gets the device's own picker from the field, and this one from the button.
  champ.addEventListener("click", () => matchMedia("(pointer: fine)").matches && montrer(true), { signal: depart });
  volet.addEventListener(
    "keydown",
    (e) => {
      const ici = lire((e.target as HTMLElement).dataset["date"] ?? "");
      const pas = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -7, ArrowDown: 7 }[e.key];
      if (!ici || !pas) return;
      e.preventDefault();
      const vers = decaler(ici, pas);
      if (!permis(vers)) return;
      mois = vers;
      dessiner(ecrire(vers));
    },
    { signal: depart },
  );
  element.addEventListener(
    "keydown",
    (e) => {
      if (e.key !== "Escape" || volet.hidden) return;
      e.stopPropagation();
      montrer(false);
      ouvrir.focus();
    },
    { signal: depart },
  );
  document.addEventListener("pointerdown", (e) => !element.contains(e.target as Node) && montrer(false), { signal: depart });
  if (raccourcis) {
    for (const bouton of raccourcis.querySelectorAll<HTMLButtonElement>("[data-jours]")) {
      const date = decaler(aujourdhui, Number(bouton.dataset["jours"]));
      bouton.disabled = !permis(date);
      bouton.addEventListener("click", () => poser(date), { signal: depart });
    }
    const marquer = (): void => {
      for (const bouton of raccourcis.querySelectorAll<HTMLButtonElement>("[data-jours]")) {
        bouton.setAttribute("aria-pressed", String(ecrire(decaler(aujourdhui, Number(bouton.dataset["jours"]))) === champ.value));
      }
    };
    champ.addEventListener("change", marquer, { signal: depart });
    raccourcis.hidden = false;
    marquer();
  }
}
