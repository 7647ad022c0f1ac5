// Parts of a page become tabs: one at a time, walked with the arrows, named in the address.
export default function onglets(element: HTMLElement, depart: AbortSignal): void {
  const barre = element.querySelector("nav");
  if (!barre) return;
  const liens = [...barre.querySelectorAll<HTMLAnchorElement>("a")];
  const volets = liens.map((l) => document.getElementById(l.hash.slice(1)));
  barre.setAttribute("role", "tablist");
  liens.forEach((lien, n) => {
    const volet = volets[n];
    lien.role = "tab";
    lien.id = `${lien.hash.slice(1)}-onglet`;
    lien.setAttribute("aria-controls", lien.hash.slice(1));
    volet?.setAttribute("role", "tabpanel");
    volet?.setAttribute("aria-labelledby", lien.id);
    volet?.removeAttribute("aria-label");
  });
  const choisir = (n: number, focus: boolean): void => {
    liens.forEach((lien, i) => {
      lien.setAttribute("aria-selected", String(i === n));
      lien.tabIndex = i === n ? 0 : -1;
      const volet = volets[i];
      if (volet) volet.hidden = i !== n;
    });
    if (focus) liens[n]?.focus();
  };
  const depuisAdresse = liens.findIndex((l) => l.hash === location.hash);
  choisir(Math.max(0, depuisAdresse), false);
  barre.addEventListener(
    "click",
    (e) => {
      const n = liens.indexOf((e.target as Element).closest("a") as HTMLAnchorElement);
      if (n < 0) return;
      e.preventDefault();
      history.replaceState(null, "", liens[n]?.hash);
      choisir(n, true);
    },
    { signal: depart },
  );
  barre.addEventListener(
    "keydown",
    (e) => {
      const ici = liens.indexOf(document.activeElement as HTMLAnchorElement);
      const vers: Record<string, number> = { ArrowRight: ici + 1, ArrowLeft: ici - 1, Home: 0, End: liens.length - 1 };
      const n = vers[e.key];
      if (ici < 0 || n === undefined) return;
      e.preventDefault();
      choisir((n + liens.length) % liens.length, true);
    },
    { signal: depart },
  );
}
