// The payment button is ours, the card fields are the provider's, in a frame: the two speak by messages, checked by origin.
// Without this script the link to the provider's own page is there.
type Mot = { source?: string; etat?: string; hauteur?: number };

export default function paiement(element: HTMLElement, depart: AbortSignal): void {
  const cadre = element.querySelector("iframe");
  const bouton = element.querySelector<HTMLButtonElement>("[data-testid=pay-button]");
  const etat = element.querySelector<HTMLElement>("[data-etat]");
  const maison = element.dataset["origine"] ?? "";
  if (!cadre || !bouton || !maison) return;
  const occuper = (oui: boolean): void => {
    bouton.disabled = oui;
    if (oui) bouton.setAttribute("aria-busy", "true");
    else bouton.removeAttribute("aria-busy");
    if (etat) etat.textContent = oui ? (etat.dataset["envoi"] ?? "") : "";
  };
  window.addEventListener(
    "message",
    (evenement: MessageEvent<Mot>) => {
      if (evenement.origin !== maison || evenement.source !== cadre.contentWindow) return;
      const mot = evenement.data;
      if (mot?.source !== "bac") return;
      if (mot.etat === "taille" && typeof mot.hauteur === "number") {
        cadre.style.blockSize = `${Math.min(Math.max(mot.hauteur, 120), 2000)}px`;
        return;
      }
      bouton.hidden = mot.etat === "defi" || mot.etat === "attente" || mot.etat === "ferme";
      occuper(mot.etat === "envoi" || mot.etat === "fini");
      if (mot.etat === "fini") window.location.assign(element.dataset["retour"] ?? "/");
    },
    { signal: depart },
  );
  bouton.addEventListener(
    "click",
    () => {
      occuper(true);
      cadre.contentWindow?.postMessage({ geste: "payer" }, maison);
    },
    { signal: depart },
  );
  cadre.src = cadre.dataset["adresse"] ?? ""; // only now that somebody listens
}
