// Dialogs and drawers are opened by the browser (`command`, `commandfor`); this fills in for those that cannot yet, opens
// those a link stands for, and closes them by a click outside.

const NATIF = "command" in HTMLButtonElement.prototype;

function ouvrir(id: string | null): boolean {
  const dialogue = id ? document.getElementById(id) : null;
  if (!(dialogue instanceof HTMLDialogElement)) return false;
  if (!dialogue.open) dialogue.showModal();
  return true;
}

export function ecouterDialogues(): void {
  let presse: EventTarget | null = null;
  document.addEventListener("pointerdown", (e) => (presse = e.target));
  document.addEventListener("click", (e) => {
    const cible = e.target as Element;
    if (cible instanceof HTMLDialogElement && presse === cible) cible.close();
    const lien = cible.closest<HTMLElement>("[data-ouvre]");
    if (lien && ouvrir(lien.dataset["ouvre"] ?? null)) e.preventDefault();
    if (cible.closest("[data-ferme]")) cible.closest("dialog")?.close();
    const bouton = NATIF ? null : cible.closest("[commandfor]");
    if (bouton) ouvrir(bouton.getAttribute("commandfor"));
  });
  document.addEventListener("keydown", (e) => {
    if (e.key.toLowerCase() === "k" && (e.ctrlKey || e.metaKey) && ouvrir("palette")) e.preventDefault();
  });
}
