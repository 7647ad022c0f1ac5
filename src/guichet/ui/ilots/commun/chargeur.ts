// Islands: an element says `data-ilot="rdv/carte"`; its module is fetched when the element is there, and its default
// function called with the element. Elements that leave the page are told by the AbortSignal they were given.
import { ILOTS } from "virtuel:ilots";

export type Ilot = (element: HTMLElement, depart: AbortSignal) => void | Promise<void>;

const vivants = new Map<Element, AbortController>();

async function monter(element: HTMLElement): Promise<void> {
  if (vivants.has(element)) return;
  const fin = new AbortController();
  vivants.set(element, fin);
  for (const nom of (element.dataset["ilot"] ?? "").split(/\s+/).filter(Boolean)) {
    const charger = ILOTS[nom];
    if (!charger) {
      console.error(`ilot inconnu : ${nom}`);
      continue;
    }
    const module = (await charger()) as { default: Ilot };
    if (!fin.signal.aborted) await module.default(element, fin.signal);
  }
  element.dataset["ilotPret"] = "";
}

function parcourir(racine: ParentNode & Node): void {
  if (racine instanceof HTMLElement && racine.dataset["ilot"]) planifier(racine);
  for (const element of racine.querySelectorAll<HTMLElement>("[data-ilot]")) planifier(element);
}

// `data-ilot-quand="visible"` waits for the element to come near the screen: maps, heavy tables.
const veilleur = new IntersectionObserver(
  (entrees) => {
    for (const entree of entrees) {
      if (!entree.isIntersecting) continue;
      veilleur.unobserve(entree.target);
      void monter(entree.target as HTMLElement);
    }
  },
  { rootMargin: "200px" },
);

// `data-ilot-quand="geste"` waits for a pointer or the focus: what most visitors never open.
function attendreUnGeste(element: HTMLElement): void {
  const partir = (): void => void monter(element);
  if (element.matches(":focus-within")) return partir();
  for (const geste of ["pointerover", "focusin", "toggle"]) element.addEventListener(geste, partir, { once: true, capture: true });
}

function planifier(element: HTMLElement): void {
  const quand = element.dataset["ilotQuand"];
  if (quand === "visible") veilleur.observe(element);
  else if (quand === "geste") attendreUnGeste(element);
  else void monter(element);
}

function congedier(): void {
  for (const [element, fin] of vivants) {
    if (element.isConnected) continue;
    fin.abort();
    vivants.delete(element);
  }
}

/** Mounts the islands under `racine`, now and as the page changes. */
export function demarrer(racine: HTMLElement): void {
  parcourir(racine);
  new MutationObserver((mutations) => {
    for (const mutation of mutations) {
      for (const noeud of mutation.addedNodes) if (noeud instanceof HTMLElement) parcourir(noeud);
    }
    congedier();
  }).observe(racine, { childList: true, subtree: true });
}
