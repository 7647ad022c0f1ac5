// Step 1: the ticket beside the week follows the hour that is chosen. Without script the next page shows it.
export default function choix(element: HTMLElement, depart: AbortSignal): void {
  const talon = document.querySelector<HTMLElement>("[data-resume] .talon");
  const court = document.querySelector<HTMLElement>("[data-resume-court]");

  const suivre = (): void => {
    const pris = element.querySelector<HTMLInputElement>('input[name="debut"]:checked');
    const heure = pris?.closest("label")?.querySelector("time");
    if (!pris || !heure) return;
    if (talon) {
      const jour = document.createElement("p");
      jour.textContent = pris.dataset["jour"] ?? "";
      const grande = heure.cloneNode(true) as HTMLElement;
      grande.className = "heure xl";
      talon.replaceChildren(jour, grande);
    }
    if (court) {
      const petite = heure.cloneNode(true) as HTMLElement;
      petite.className = "heure";
      court.replaceChildren(`${pris.dataset["court"] ?? ""} `, petite);
    }
  };
  element.addEventListener("change", suivre, { signal: depart });
  suivre();
}
