// Every form: the summary of errors takes the focus when the page arrives, and a form is sent once.

export function ecouterFormulaires(): void {
  document.querySelector<HTMLElement>("form [data-erreurs]")?.focus();
  document.addEventListener("htmx:after:swap", () => document.querySelector<HTMLElement>("form [data-erreurs]")?.focus());
  document.addEventListener("submit", (e) => {
    const formulaire = e.target as HTMLFormElement;
    if (formulaire.method !== "post" || e.defaultPrevented) return;
    if (formulaire.dataset["parti"] !== undefined) {
      e.preventDefault();
      return;
    }
    formulaire.dataset["parti"] = "";
    (e as SubmitEvent).submitter?.setAttribute("aria-busy", "true");
  });
  // Coming back with the back button shows the page as it was left: it may be sent again.
  window.addEventListener("pageshow", (e) => {
    if (!e.persisted) return;
    for (const formulaire of document.querySelectorAll<HTMLElement>("form[data-parti]")) delete formulaire.dataset["parti"];
    for (const bouton of document.querySelectorAll("[aria-busy]")) bouton.removeAttribute("aria-busy");
  });
}
