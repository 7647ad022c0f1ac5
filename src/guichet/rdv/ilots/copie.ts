// A button that copies a text and says so for a moment.
export default function copie(element: HTMLElement, depart: AbortSignal): void {
  if (!navigator.clipboard) return;
  const mot = element.querySelector("span");
  const avant = mot?.textContent ?? "";
  element.hidden = false;
  element.addEventListener(
    "click",
    async () => {
      await navigator.clipboard.writeText(element.dataset["texte"] ?? "");
      if (!mot) return;
      mot.textContent = element.dataset["fait"] ?? "";
      setTimeout(() => (mot.textContent = avant), 2000);
    },
    { signal: depart },
  );
}
