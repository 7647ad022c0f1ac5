// A choice of theme, contrast or size is seen at once, then kept by the server.
import { requis } from "@ui/dom";

export default function affichage(element: HTMLElement, depart: AbortSignal): void {
  const formulaire = requis<HTMLFormElement>(element, "form");
  const racine = document.documentElement;
  formulaire.addEventListener(
    "change",
    (e) => {
      const { name, value } = e.target as HTMLInputElement;
      if (name === "langue") {
        formulaire.requestSubmit();
        return;
      }
      if (value !== "auto") racine.dataset[name] = value;
      else delete racine.dataset[name];
      if (name === "theme") {
        const schemas: Record<string, string> = { clair: "light", sombre: "dark" };
        document.querySelector('meta[name="color-scheme"]')?.setAttribute("content", schemas[value] ?? "light dark");
      }
      void fetch(formulaire.action, { method: "POST", body: new URLSearchParams(new FormData(formulaire) as never), redirect: "manual" });
    },
    { signal: depart },
  );
}
