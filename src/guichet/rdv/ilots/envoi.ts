// A short form that is sent as soon as a choice is made; its button is for those without script.
export default function envoi(element: HTMLElement, depart: AbortSignal): void {
  const formulaire = element as HTMLFormElement;
  const bouton = formulaire.querySelector<HTMLElement>("[data-envoyer]");
  if (bouton) bouton.hidden = true;
  formulaire.addEventListener("change", () => formulaire.requestSubmit(), { signal: depart });
}
