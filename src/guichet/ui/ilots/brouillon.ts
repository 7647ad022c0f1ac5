// What is typed is kept in this window until the form is sent: a lost page, a closed tab, nothing is lost. Secrets and
// cards are never kept.
import { attendre } from "@ui/dom";

const TUS = /pass|secret|card|cc-|one-time/;

function gardes(formulaire: HTMLFormElement): HTMLInputElement[] {
  return [...formulaire.elements].filter(
    (e): e is HTMLInputElement =>
      "name" in e && !!e.name && !["password", "hidden", "file", "submit", "button"].includes((e as HTMLInputElement).type) &&
      !TUS.test((e as HTMLInputElement).autocomplete ?? ""),
  );
}

export default function brouillon(element: HTMLElement, depart: AbortSignal): void {
  const formulaire = element as HTMLFormElement;
  const cle = `brouillon:${formulaire.dataset["brouillon"] ?? location.pathname}`;
  const refuse = formulaire.querySelector("[data-erreurs]") !== null;
  try {
    const connu = JSON.parse(sessionStorage.getItem(cle) ?? "{}") as Record<string, string[]>;
    for (const champ of refuse ? [] : gardes(formulaire)) {
      const valeurs = connu[champ.name];
      if (!valeurs) continue;
      if (champ.type === "checkbox" || champ.type === "radio") champ.checked = valeurs.includes(champ.value);
      else if (!champ.value) champ.value = valeurs[0] ?? "";
    }
  } catch {
    // A full or closed storage only means that nothing is restored.
  }
  const noter = attendre(300, () => {
    const valeurs: Record<string, string[]> = {};
    for (const champ of gardes(formulaire)) {
      const coche = champ.type !== "checkbox" && champ.type !== "radio" ? true : champ.checked;
      (valeurs[champ.name] ??= []).push(...(coche ? [champ.value] : []));
    }
    try {
      sessionStorage.setItem(cle, JSON.stringify(valeurs));
      formulaire.dataset["garde"] = "";
    } catch {
      // Same here.
    }
  });
  formulaire.addEventListener("input", noter, { signal: depart });
  formulaire.addEventListener("reset", () => sessionStorage.removeItem(cle), { signal: depart });
  formulaire.addEventListener("guichet:envoye", () => sessionStorage.removeItem(cle), { signal: depart });
}
