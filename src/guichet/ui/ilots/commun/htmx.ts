// Extensions look for a global `htmx`, which the ES module sets on window before they are read: the order matters.
import htmx from "htmx.org/dist/htmx.esm.js";
import "htmx.org/dist/ext/hx-csp.js";

export default htmx;
