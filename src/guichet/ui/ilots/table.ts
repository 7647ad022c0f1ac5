// Filters are applied as they change; lines are chosen together. Order and pages are links: nothing to do for them.
import { attendre } from "@ui/dom";

export default function table(element: HTMLElement, depart: AbortSignal): void {
  const filtres = element.querySelector<HTMLFormElement>("form[data-auto]");
  if (filtres) {
    filtres.querySelector<HTMLElement>("[data-sans-script]")?.setAttribute("hidden", "");
    const envoyer = attendre(350, () => filtres.requestSubmit());
    filtres.addEventListener("input", envoyer, { signal: depart });
  }
  const tout = element.querySelector<HTMLInputElement>("[data-tout]");
  if (!tout) return;
  const lignes = [...element.querySelectorAll<HTMLInputElement>('input[name="choix"]')];
  const actions = element.querySelector<HTMLElement>(".table-actions");
  const compte = actions?.querySelector<HTMLElement>("[data-modele]");
  const suivre = (): void => {
    const n = lignes.filter((l) => l.checked).length;
    tout.checked = n === lignes.length && n > 0;
    tout.indeterminate = n > 0 && n < lignes.length;
    if (actions) actions.hidden = n === 0;
    if (compte) compte.textContent = (compte.dataset["modele"] ?? "%n").replace("%n", String(n));
  };
  tout.hidden = false;
  tout.addEventListener(
    "change",
    () => {
      for (const ligne of lignes) ligne.checked = tout.checked;
      suivre();
    },
    { signal: depart },
  );
  element.addEventListener("change", suivre, { signal: depart });
  suivre();
}
