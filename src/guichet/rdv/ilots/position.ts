// "Use my position": the browser's own, asked for at the click only, sent to nobody but us.
export default function position(element: HTMLElement, depart: AbortSignal): void {
  const bouton = element.querySelector<HTMLButtonElement>("[data-position]");
  const champ = element.querySelector<HTMLInputElement>("input");
  const formulaire = element.closest("form");
  if (!bouton || !champ || !formulaire || !("geolocation" in navigator)) return;
  bouton.hidden = false;

  const cacher = (nom: string, valeur: string): void => {
    let cache = formulaire.querySelector<HTMLInputElement>(`input[type="hidden"][name="${nom}"]`);
    if (!cache) {
      cache = document.createElement("input");
      cache.type = "hidden";
      cache.name = nom;
      formulaire.append(cache);
    }
    cache.value = valeur;
  };
  const oublier = (): void => {
    for (const cache of formulaire.querySelectorAll('input[type="hidden"]:is([name="lat"], [name="lon"])')) cache.remove();
  };
  const dire = (phrase: string): void => {
    const erreur = document.getElementById("lieu-erreur");
    const texte = erreur?.querySelector("span");
    if (!erreur || !texte) return;
    texte.textContent = phrase;
    erreur.hidden = phrase === "";
  };

  champ.addEventListener("input", oublier, { signal: depart });
  bouton.addEventListener(
    "click",
    () => {
      bouton.setAttribute("aria-busy", "true");
      navigator.geolocation.getCurrentPosition(
        ({ coords }) => {
          bouton.removeAttribute("aria-busy");
          dire("");
          champ.value = "";
          cacher("lat", coords.latitude.toFixed(4));
          cacher("lon", coords.longitude.toFixed(4));
          formulaire.requestSubmit();
        },
        () => {
          bouton.removeAttribute("aria-busy");
          dire(bouton.dataset["refus"] ?? "");
          champ.focus();
        },
        { timeout: 10_000, maximumAge: 300_000 },
      );
    },
    { signal: depart },
  );
}
