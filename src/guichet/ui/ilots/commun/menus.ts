// Menus are `<details>`: closed by Escape, by a click elsewhere, walked with the arrows. Tooltips leave on Escape.

const MENUS = "details.menu, details.plus, details.affichage";
const ENTREES = "a[href], button:not(:disabled), input:not([type=hidden])";

export function ecouterMenus(): void {
  document.addEventListener("click", (e) => {
    for (const menu of document.querySelectorAll<HTMLDetailsElement>(`:is(${MENUS})[open]`)) {
      if (!menu.contains(e.target as Node)) menu.open = false;
    }
  });
  document.addEventListener("keydown", (e) => {
    const ici = e.target as Element;
    if (e.key === "Escape") ici.closest(".bulle-aide")?.classList.add("tue");
    const menu = ici.closest<HTMLDetailsElement>(MENUS);
    if (!menu) return;
    if (e.key === "Escape" && menu.open) {
      menu.open = false;
      menu.querySelector("summary")?.focus();
    } else if ((e.key === "ArrowDown" || e.key === "ArrowUp") && !(ici instanceof HTMLInputElement)) {
      e.preventDefault();
      menu.open = true;
      const entrees = [...menu.querySelectorAll<HTMLElement>(ENTREES)];
      const rang = entrees.indexOf(ici as HTMLElement) + (e.key === "ArrowDown" ? 1 : -1);
      entrees.at(rang % entrees.length)?.focus();
    }
  });
  for (const fin of ["pointerover", "focusin"]) {
    document.addEventListener(fin, (e) => {
      for (const bulle of document.querySelectorAll(".bulle-aide.tue")) {
        if (!bulle.contains(e.target as Node)) bulle.classList.remove("tue");
      }
    });
  }
}
