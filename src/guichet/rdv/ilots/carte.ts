// Comfort over the map the server drew: closer and farther, moved by hand, a pin and its card told together.
// Without this the map is whole: pins are links. Nothing is fetched: the outline is already in the page.
import { dessin, requis } from "@ui/dom";

interface Epingle {
  lien: Element;
  cercle: Element;
  numero: Element | null;
  fil: Element | null;
  vrai: [number, number];
  pose: [number, number];
}

const GROSSISSEMENT_MAX = 4;
const PAS = 1.6;
const RAYON = 14;

const nombre = (element: Element, attribut: string): number => Number(element.getAttribute(attribut));
const borner = (valeur: number, min: number, max: number): number => Math.min(Math.max(valeur, min), max);

export default function carte(element: HTMLElement, depart: AbortSignal): void {
  const figure = requis<HTMLElement>(element, ".carte-cadre");
  const svg = requis<SVGSVGElement>(figure, "svg.carte");
  const { width: largeur, height: hauteur } = svg.viewBox.baseVal;
  const mots = [...svg.querySelectorAll<SVGElement>("g > text, g > circle.pt, circle.moi")];
  const epingles = [...svg.querySelectorAll(".pin")].map(lire);
  let [x, y, zoom] = [0, 0, 1];

  figure.append(dessin(figure, "outils"));
  const bouton = (nom: string): HTMLButtonElement => requis(figure, `[data-zoom="${nom}"]`);

  /** Shows the window; what must keep its size on screen is scaled the other way. */
  function montrer(): void {
    const [l, h] = [largeur / zoom, hauteur / zoom];
    x = borner(x, 0, largeur - l);
    y = borner(y, 0, hauteur - h);
    svg.setAttribute("viewBox", `${x} ${y} ${l} ${h}`);
    for (const mot of mots) {
      const [cx, cy] = mot.hasAttribute("cx") ? [nombre(mot, "cx"), nombre(mot, "cy")] : [nombre(mot, "x"), nombre(mot, "y")];
      garderTaille(mot, cx, cy, cx, cy);
    }
    const places = zoom === 1 ? epingles.map((e) => e.pose) : ecarter(epingles.map((e) => e.vrai));
    epingles.forEach((e, n) => placer(e, places[n] ?? e.vrai));
    bouton("plus").disabled = zoom >= GROSSISSEMENT_MAX;
    bouton("moins").disabled = bouton("tout").disabled = zoom === 1;
    figure.classList.toggle("zoome", zoom > 1);
  }

  function garderTaille(forme: Element, deX: number, deY: number, aX: number, aY: number): void {
    forme.setAttribute("transform", `translate(${aX} ${aY}) scale(${1 / zoom}) translate(${-deX} ${-deY})`);
  }

  function placer({ cercle, numero, fil, pose, vrai }: Epingle, [px, py]: [number, number]): void {
    for (const forme of numero ? [cercle, numero] : [cercle]) garderTaille(forme, pose[0], pose[1], px, py);
    if (!fil) return;
    fil.setAttribute("x2", String(px));
    fil.setAttribute("y2", String(py));
    fil.setAttribute("visibility", Math.hypot(px - vrai[0], py - vrai[1]) * zoom > RAYON ? "visible" : "hidden");
  }

  /** Pushes overlapping pins apart on screen, as the server does for the whole map. */
  function ecarter(vrais: [number, number][]): [number, number][] {
    const places = vrais.map(([a, b]): [number, number] => [a * zoom, b * zoom]);
    for (let tour = 0; tour < 40; tour++) {
      let calme = true;
      places.forEach((p, i) => {
        for (const q of places.slice(0, i)) {
          const [dx, dy] = [p[0] - q[0], p[1] - q[1]];
          const distance = Math.hypot(dx, dy);
          if (distance >= 2 * RAYON) continue;
          calme = false;
          const [ux, uy] = distance > 0.01 ? [dx / distance, dy / distance] : [i % 2, 1 - (i % 2)];
          const pas = (2.1 * RAYON - distance) / 2;
          p[0] += ux * pas;
          p[1] += uy * pas;
          q[0] -= ux * pas;
          q[1] -= uy * pas;
        }
      });
      if (calme) break;
    }
    return places.map(([a, b]) => [a / zoom, b / zoom]);
  }

  function grossir(facteur: number, vers: [number, number] = [x + largeur / zoom / 2, y + hauteur / zoom / 2]): void {
    const avant = zoom;
    zoom = borner(zoom * facteur, 1, GROSSISSEMENT_MAX);
    // The point under the pointer stays under it.
    x = vers[0] - ((vers[0] - x) * avant) / zoom;
    y = vers[1] - ((vers[1] - y) * avant) / zoom;
    montrer();
  }

  function ici(evenement: MouseEvent): [number, number] {
    const boite = svg.getBoundingClientRect();
    return [
      x + ((evenement.clientX - boite.left) / boite.width) * (largeur / zoom),
      y + ((evenement.clientY - boite.top) / boite.height) * (hauteur / zoom),
    ];
  }

  const ecoute = { signal: depart };
  bouton("plus").addEventListener("click", () => grossir(PAS), ecoute);
  bouton("moins").addEventListener("click", () => grossir(1 / PAS), ecoute);
  bouton("tout").addEventListener("click", () => grossir(0), ecoute);
  svg.addEventListener("dblclick", (e) => grossir(PAS, ici(e)), ecoute);
  // The wheel alone scrolls the page; with Ctrl, or a pinch on a trackpad, it zooms.
  svg.addEventListener(
    "wheel",
    (e) => {
      if (!e.ctrlKey) return;
      e.preventDefault();
      grossir(Math.exp(-e.deltaY / 200), ici(e));
    },
    { ...ecoute, passive: false },
  );

  // One pointer moves the map (when it is closer than whole), two pinch it.
  const doigts = new Map<number, PointerEvent>();
  const ecart = (): number => {
    const [a, b] = [...doigts.values()];
    return a && b ? Math.hypot(a.clientX - b.clientX, a.clientY - b.clientY) : 0;
  };
  let glisse = 0;
  svg.addEventListener(
    "pointerdown",
    (e) => {
      doigts.set(e.pointerId, e);
      glisse = 0;
    },
    ecoute,
  );
  svg.addEventListener(
    "pointermove",
    (e) => {
      const avant = doigts.get(e.pointerId);
      if (!avant) return;
      const ouverture = ecart();
      doigts.set(e.pointerId, e);
      if (doigts.size === 2 && ouverture > 0) {
        grossir(ecart() / ouverture, ici(e));
      } else if (zoom > 1) {
        const echelle = largeur / zoom / svg.getBoundingClientRect().width;
        x -= (e.clientX - avant.clientX) * echelle;
        y -= (e.clientY - avant.clientY) * echelle;
        glisse += Math.abs(e.clientX - avant.clientX) + Math.abs(e.clientY - avant.clientY);
        montrer();
      }
    },
    ecoute,
  );
  for (const fin of ["pointerup", "pointercancel", "pointerleave"] as const)
    svg.addEventListener(fin, (e) => void doigts.delete(e.pointerId), ecoute);
  // A drag that ends on a pin is not a click on it.
  svg.addEventListener(
    "click",
    (e) => {
      if (glisse > 8) e.preventDefault();
      glisse = 0;
    },
    { ...ecoute, capture: true },
  );

  for (const epingle of epingles) relier(epingle);
  montrer();

  function relier({ lien, vrai }: Epingle): void {
    lien.addEventListener(
      "focus",
      () => {
        const [l, h] = [largeur / zoom, hauteur / zoom];
        if (vrai[0] > x && vrai[0] < x + l && vrai[1] > y && vrai[1] < y + h) return;
        x = vrai[0] - l / 2;
        y = vrai[1] - h / 2;
        montrer();
      },
      ecoute,
    );
    const cible = lien.getAttribute("href");
    const fiche = cible?.startsWith("#") ? document.getElementById(cible.slice(1)) : null;
    if (!fiche) return;
    const dire = (vif: boolean) => (): void => {
      lien.classList.toggle("vif", vif);
      fiche.classList.toggle("vif", vif);
    };
    for (const objet of [lien, fiche]) {
      for (const debut of ["pointerenter", "focusin"]) objet.addEventListener(debut, dire(true), ecoute);
      for (const fin of ["pointerleave", "focusout"]) objet.addEventListener(fin, dire(false), ecoute);
    }
    lien.addEventListener(
      "click",
      (e) => {
        if (e.defaultPrevented) return;
        // On a phone the list is hidden while the map shows: show it, or the link leads nowhere.
        if (!fiche.checkVisibility()) document.querySelector<HTMLInputElement>("#v-liste")?.click();
        e.preventDefault();
        fiche.scrollIntoView({ block: "center" });
        fiche.querySelector<HTMLElement>("a, button")?.focus({ preventScroll: true });
      },
      ecoute,
    );
  }
}

function lire(lien: Element): Epingle {
  const cercle = requis(lien, "circle");
  const pose: [number, number] = [nombre(cercle, "cx"), nombre(cercle, "cy")];
  const vrai: [number, number] = lien.hasAttribute("data-x") ? [nombre(lien, "data-x"), nombre(lien, "data-y")] : pose;
  return { lien, cercle, numero: lien.querySelector("text"), fil: lien.querySelector("line"), vrai, pose };
}
