// The eye of a password field.
import { requis } from "@ui/dom";

export default function secret(element: HTMLElement, depart: AbortSignal): void {
  const champ = requis<HTMLInputElement>(element, "input");
  const oeil = requis<HTMLButtonElement>(element, "button");
  oeil.hidden = false;
  oeil.addEventListener(
    "click",
    () => {
      const montre = champ.type === "password";
      champ.type = montre ? "text" : "password";
      oeil.setAttribute("aria-pressed", String(montre));
    },
    { signal: depart },
  );
}
