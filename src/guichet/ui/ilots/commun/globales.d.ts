declare module "virtuel:ilots" {
  export const ILOTS: Record<string, () => Promise<unknown>>;
}
declare module "htmx.org/dist/htmx.esm.js" {
  const htmx: {
    process(element: Element): void;
    ajax(verb: string, path: string, options?: Record<string, unknown>): Promise<void>;
    trigger(element: Element, event: string, detail?: unknown): void;
  };
  export default htmx;
}
declare module "htmx.org/dist/ext/hx-csp.js";
