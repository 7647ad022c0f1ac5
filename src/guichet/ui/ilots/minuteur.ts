// The time left of a held place. Without it the deadline in words is enough; with reduced motion it moves every minute.
export default function minuteur(element: HTMLElement, depart: AbortSignal): void {
  const fin = new Date(element.dataset["fin"] ?? "").getTime();
  const reste = element.querySelector<HTMLElement>("[data-reste]");
  const barre = element.querySelector("progress");
  const pas = matchMedia("(prefers-reduced-motion: reduce)").matches ? 60_000 : 1000;
  const avancer = (): void => {
    const secondes = Math.max(0, Math.round((fin - Date.now()) / 1000));
    if (barre) barre.value = secondes;
    if (reste) reste.textContent = `${Math.floor(secondes / 60)}\u00a0min ${String(secondes % 60).padStart(2, "0")}\u00a0s`;
    element.classList.toggle("is-ko", secondes < 60);
    if (secondes > 0) return;
    window.clearInterval(minuterie);
    element.dispatchEvent(new CustomEvent("guichet:echu", { bubbles: true }));
  };
  const minuterie = window.setInterval(avancer, pas);
  depart.addEventListener("abort", () => window.clearInterval(minuterie));
}
