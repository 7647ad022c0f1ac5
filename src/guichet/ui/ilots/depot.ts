// The files chosen or dropped, listed with their weight; one too heavy is said before it is sent.
import { creer, dessin, langue, requis } from "@ui/dom";

function poids(octets: number): string {
  const mega = octets / 1_048_576;
  const nombre = new Intl.NumberFormat(langue(), { maximumFractionDigits: 1 }).format(mega >= 1 ? mega : octets / 1024);
  return `${nombre}\u00a0${mega >= 1 ? "Mo" : "ko"}`;
}

export default function depot(element: HTMLElement, depart: AbortSignal): void {
  const champ = requis<HTMLInputElement>(element, "input[type=file]");
  const cadre = element.closest(".field") ?? element;
  const liste = requis<HTMLUListElement>(cadre, ".depot-liste");
  const limite = Number(element.dataset["poidsMax"] ?? 10) * 1_048_576;
  const montrer = (): void => {
    liste.replaceChildren(
      ...[...(champ.files ?? [])].map((fichier) => {
        const lourd = fichier.size > limite;
        const texte = creer("span", { class: "grow" }, creer("span", { class: "nom" }, fichier.name), " ", creer("span", { class: "mute nw" }, poids(fichier.size)));
        if (lourd) texte.append(creer("span", { class: "err" }, element.dataset["tropLourd"] ?? ""));
        return creer("li", { class: lourd ? "fichier is-ko" : "fichier" }, dessin(cadre, "fichier"), texte);
      }),
    );
    champ.setCustomValidity([...(champ.files ?? [])].some((f) => f.size > limite) ? (element.dataset["tropLourd"] ?? "") : "");
  };
  champ.addEventListener("change", montrer, { signal: depart });
  for (const nom of ["dragenter", "dragover"]) element.addEventListener(nom, () => element.classList.add("survol"), { signal: depart });
  for (const nom of ["dragleave", "drop"]) element.addEventListener(nom, () => element.classList.remove("survol"), { signal: depart });
}
