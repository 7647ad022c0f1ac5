// Share the ticket through the device's own sheet; where there is none, copy its address.
export default function partage(element: HTMLElement, depart: AbortSignal): void {
  const mot = element.querySelector("span");
  const avant = mot?.textContent ?? "";
  // Neither exists on an address without HTTPS, whatever the types say.
  const appareil: Partial<Pick<Navigator, "share" | "clipboard">> = navigator;
  if (!appareil.share && !appareil.clipboard) return;
  element.hidden = false;
  element.addEventListener(
    "click",
    async () => {
      const donnees = { title: element.dataset["titre"] ?? "", text: element.dataset["texte"] ?? "", url: location.href };
      if (navigator.canShare?.(donnees)) {
        await navigator.share(donnees).catch(() => undefined);
        return;
      }
      await navigator.clipboard.writeText(`${donnees.text}\n${donnees.url}`);
      if (!mot) return;
      mot.textContent = element.dataset["fait"] ?? "";
      setTimeout(() => (mot.textContent = avant), 2000);
    },
    { signal: depart },
  );
}
