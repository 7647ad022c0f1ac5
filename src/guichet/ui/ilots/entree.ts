// The script of every page: htmx behind its nonce gate, then the loader of islands.
import "@ui/htmx";
import { demarrer } from "@ui/chargeur";

demarrer(document.documentElement);
