// "il y a 3 min" grows older without reloading the page.
import { langue } from "@ui/dom";

const UNITES: [number, Intl.RelativeTimeFormatUnit, number][] = [
  [3600, "minute", 60],
  [86_400, "hour", 3600],
  [86_400 * 45, "day", 86_400],
];

export default function relatif(element: HTMLElement, depart: AbortSignal): void {
  const instant = new Date((element as HTMLTimeElement).dateTime).getTime();
  const format = new Intl.RelativeTimeFormat(langue(), { style: "short" });
  const dire = (): void => {
    const ecart = (instant - Date.now()) / 1000;
    const unite = UNITES.find(([limite]) => Math.abs(ecart) < limite);
    if (unite && Math.abs(ecart) >= 60) element.textContent = format.format(Math.trunc(ecart / unite[2]), unite[1]);
  };
  const minuterie = window.setInterval(dire, 30_000);
  depart.addEventListener("abort", () => window.clearInterval(minuterie));
}
