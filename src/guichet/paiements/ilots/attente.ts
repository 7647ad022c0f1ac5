// The page of a payment whose bank has not answered asks again every few seconds; without script, the page says so itself.
export default function attente(element: HTMLElement, depart: AbortSignal): void {
  const minuterie = window.setTimeout(() => window.location.assign(element.dataset["ici"] ?? ""), 3000);
  depart.addEventListener("abort", () => window.clearTimeout(minuterie));
}
