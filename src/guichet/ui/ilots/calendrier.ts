// Arrows walk the days of a month drawn by the server; the links and choices work without it.
export default function calendrier(element: HTMLElement, depart: AbortSignal): void {
  element.addEventListener(
    "keydown",
    (e) => {
      const pas = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -7, ArrowDown: 7 }[e.key];
      const ici = (e.target as Element).closest("td");
      if (!pas || !ici) return;
      const cases = [...element.querySelectorAll("td")];
      for (let n = cases.indexOf(ici) + pas; n >= 0 && n < cases.length; n += pas) {
        const jour = cases[n]?.querySelector<HTMLElement>("a[href], input:not(:disabled)");
        if (!jour) continue;
        e.preventDefault();
        jour.focus();
        if (jour instanceof HTMLInputElement) jour.click();
        break;
      }
    },
    { signal: depart },
  );
}
