// Arrows walk the cells, Enter or F2 goes into the field of a cell, Escape comes back to the cell.
export default function grille(element: HTMLElement, depart: AbortSignal): void {
  const cases = (): HTMLElement[][] => [...element.querySelectorAll("tbody tr")].map((tr) => [...tr.querySelectorAll<HTMLElement>("th, td")]);
  const viser = (vers: HTMLElement | undefined): void => {
    if (!vers) return;
    for (const cellule of element.querySelectorAll<HTMLElement>("[tabindex='0']")) cellule.tabIndex = -1;
    vers.tabIndex = 0;
    vers.focus();
  };
  for (const champ of element.querySelectorAll<HTMLElement>("tbody input")) champ.tabIndex = -1;
  element.addEventListener(
    "keydown",
    (e) => {
      const cible = e.target as HTMLElement;
      const cellule = cible.closest<HTMLElement>("th, td");
      if (!cellule) return;
      const lignes = cases();
      const y = lignes.findIndex((l) => l.includes(cellule));
      const x = lignes[y]?.indexOf(cellule) ?? -1;
      if (cible !== cellule) {
        if (e.key === "Escape" || e.key === "Enter") {
          e.preventDefault();
          viser(e.key === "Enter" ? (lignes[y + 1]?.[x] ?? cellule) : cellule);
        }
        return;
      }
      const vers: Record<string, HTMLElement | undefined> = {
        ArrowRight: lignes[y]?.[x + 1],
        ArrowLeft: lignes[y]?.[x - 1],
        ArrowDown: lignes[y + 1]?.[x],
        ArrowUp: lignes[y - 1]?.[x],
        Home: lignes[y]?.[0],
        End: lignes[y]?.at(-1),
      };
      if (e.key in vers) {
        e.preventDefault();
        viser(vers[e.key]);
      } else if (e.key === "Enter" || e.key === "F2" || e.key === " ") {
        const champ = cellule.querySelector<HTMLInputElement>("input");
        const lien = cellule.querySelector<HTMLAnchorElement>("a");
        if (!champ && !lien) return;
        e.preventDefault();
        if (champ?.type === "checkbox") champ.click();
        else if (champ) champ.focus();
        else lien?.click();
      }
    },
    { signal: depart },
  );
}
