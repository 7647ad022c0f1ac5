// Toasts: those the server wrote, those htmx asks for (`HX-Trigger: guichet:toast`), those an island asks for. They leave
// after their time, never under the pointer or the focus.

const DESSINS: Record<string, string> = { ko: "is-ko", attention: "is-warn" };

function suivre(toast: HTMLElement): void {
  const fermer = (): void => {
    toast.classList.add("part");
    window.setTimeout(() => toast.remove(), 200);
  };
  const croix = toast.querySelector<HTMLElement>(".ferme");
  if (croix) croix.hidden = false;
  croix?.addEventListener("click", fermer);
  const duree = Number(toast.dataset["duree"] ?? 8) * 1000;
  if (!duree) return;
  let minuterie = window.setTimeout(fermer, duree);
  const retenir = (): void => window.clearTimeout(minuterie);
  const relacher = (): void => {
    window.clearTimeout(minuterie);
    minuterie = window.setTimeout(fermer, duree);
  };
  toast.addEventListener("pointerenter", retenir);
  toast.addEventListener("focusin", retenir);
  toast.addEventListener("pointerleave", relacher);
  toast.addEventListener("focusout", relacher);
}

export function ecouterToasts(): void {
  const lieu = document.querySelector(".toasts");
  const modele = lieu?.querySelector("template");
  if (!lieu || !modele) return;
  for (const toast of lieu.querySelectorAll<HTMLElement>(".toast")) suivre(toast);
  document.addEventListener("guichet:toast", (e) => {
    const { texte, genre } = (e as CustomEvent<{ texte?: string; genre?: string }>).detail ?? {};
    if (!texte) return;
    const toast = (modele.content.cloneNode(true) as DocumentFragment).firstElementChild as HTMLElement;
    toast.querySelector(".texte")!.textContent = texte;
    if (genre && DESSINS[genre]) toast.classList.add(DESSINS[genre]);
    lieu.append(toast);
    suivre(toast);
  });
}
