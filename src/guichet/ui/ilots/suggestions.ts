// Proposals under a search field while one types: `data-source` answers [{ libelle, detail?, valeur?, href? }] to `?q=`.
import { attendre, creer, requis } from "@ui/dom";

interface Proposition {
  libelle: string;
  detail?: string;
  valeur?: string;
  href?: string;
}

let compteur = 0;

export default function suggestions(element: HTMLElement, depart: AbortSignal): void {
  const champ = requis<HTMLInputElement>(element, "input");
  const id = `suggestions-${++compteur}`;
  const liste = creer("div", { class: "suggestions float", role: "listbox", id, "aria-label": champ.labels?.[0]?.textContent ?? "" });
  liste.hidden = true;
  element.append(liste);
  for (const [cle, valeur] of Object.entries({ role: "combobox", "aria-autocomplete": "list", "aria-controls": id, "aria-expanded": "false" })) champ.setAttribute(cle, valeur);
  let propositions: Proposition[] = [];
  let choisie = -1;
  let demande: AbortController | undefined;

  const fermer = (): void => {
    liste.hidden = true;
    choisie = -1;
    champ.setAttribute("aria-expanded", "false");
    champ.removeAttribute("aria-activedescendant");
  };
  const prendre = (n: number): void => {
    const p = propositions[n];
    if (!p) return;
    if (p.href) {
      location.assign(p.href);
      return;
    }
    champ.value = p.valeur ?? p.libelle;
    champ.dispatchEvent(new CustomEvent("guichet:choisi", { bubbles: true, detail: p }));
    champ.dispatchEvent(new Event("change", { bubbles: true }));
    fermer();
  };
  const marquer = (): void => {
    [...liste.children].forEach((option, n) => option.setAttribute("aria-selected", String(n === choisie)));
    const option = liste.children[choisie];
    if (option) champ.setAttribute("aria-activedescendant", option.id);
    else champ.removeAttribute("aria-activedescendant");
    option?.scrollIntoView({ block: "nearest" });
  };
  const montrer = (): void => {
    liste.replaceChildren(
      ...propositions.map((p, n) => {
        const option = creer("div", { role: "option", id: `${id}-${n}`, "aria-selected": "false" }, p.libelle);
        if (p.detail) option.append(" ", creer("span", { class: "mute" }, p.detail));
        // Before the field loses the focus.
        option.addEventListener("pointerdown", (e) => {
          e.preventDefault();
          prendre(n);
        });
        return option;
      }),
    );
    choisie = -1;
    liste.hidden = propositions.length === 0;
    champ.setAttribute("aria-expanded", String(!liste.hidden));
  };
  const chercher = attendre(120, async () => {
    demande?.abort();
    const texte = champ.value.trim();
    if (texte.length < 2) {
      fermer();
      return;
    }
    demande = new AbortController();
    const adresse = new URL(element.dataset["source"] ?? "", location.href);
    adresse.searchParams.set("q", texte);
    try {
      const reponse = await fetch(adresse, { signal: demande.signal, headers: { Accept: "application/json" } });
      if (!reponse.ok) return;
      propositions = ((await reponse.json()) as Proposition[]).slice(0, 8);
      if (document.activeElement === champ) montrer();
    } catch {
      // Typing goes on, or the network is away: the field still works by itself.
    }
  });
  champ.addEventListener("input", chercher, { signal: depart });
  // Somebody may have typed before this script was there.
  if (document.activeElement === champ) void chercher();
  champ.addEventListener("blur", fermer, { signal: depart });
  champ.addEventListener(
    "keydown",
    (e) => {
      if (liste.hidden) return;
      if (e.key === "ArrowDown") choisie = (choisie + 1) % propositions.length;
      else if (e.key === "ArrowUp") choisie = (choisie - 1 + propositions.length) % propositions.length;
      else if (e.key === "Enter" && choisie >= 0) {
        e.preventDefault();
        prendre(choisie);
        return;
      } else if (e.key === "Escape") {
        e.preventDefault();
        fermer();
        return;
      } else return;
      e.preventDefault();
      marquer();
    },
    { signal: depart },
  );
}
