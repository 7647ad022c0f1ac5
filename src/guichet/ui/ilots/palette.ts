// The list of the palette follows what is typed; arrows choose, Enter goes.
import { requis } from "@ui/dom";

function plat(texte: string): string {
  return texte.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();
}

export default function palette(element: HTMLElement, depart: AbortSignal): void {
  const champ = requis<HTMLInputElement>(element, "input");
  const rien = requis<HTMLElement>(element, ".rien");
  const options = [...element.querySelectorAll<HTMLAnchorElement>('[role="option"]')];
  let choisie = 0;
  const visibles = (): HTMLAnchorElement[] => options.filter((o) => !o.hidden);
  const marquer = (): void => {
    const liste = visibles();
    options.forEach((o) => o.setAttribute("aria-selected", String(o === liste[choisie])));
    champ.setAttribute("aria-activedescendant", liste[choisie]?.id ?? "");
    liste[choisie]?.scrollIntoView({ block: "nearest" });
  };
  const filtrer = (): void => {
    const mots = plat(champ.value).split(/\s+/).filter(Boolean);
    for (const option of options) option.hidden = !mots.every((m) => plat(option.textContent ?? "").includes(m));
    for (const groupe of element.querySelectorAll<HTMLElement>('[role="group"]')) groupe.hidden = !groupe.querySelector('[role="option"]:not([hidden])');
    rien.hidden = visibles().length > 0;
    choisie = 0;
    marquer();
  };
  champ.addEventListener("input", filtrer, { signal: depart });
  champ.addEventListener(
    "keydown",
    (e) => {
      const liste = visibles();
      if (e.key === "Enter") liste[choisie]?.click();
      else if (e.key === "ArrowDown" && liste.length) choisie = (choisie + 1) % liste.length;
      else if (e.key === "ArrowUp" && liste.length) choisie = (choisie - 1 + liste.length) % liste.length;
      else return;
      e.preventDefault();
      marquer();
    },
    { signal: depart },
  );
  element.addEventListener(
    "close",
    () => {
      champ.value = "";
      filtrer();
    },
    { signal: depart },
  );
  element.addEventListener("click", (e) => (e.target as Element).closest('[role="option"]') && (element as HTMLDialogElement).close(), { signal: depart });
  filtrer();
}
