// The script of every page: htmx behind its nonce gate, the few behaviours all pages share, then the loader of islands.
import "@ui/htmx";
import { demarrer } from "@ui/chargeur";
import { ecouterDialogues } from "@ui/dialogues";
import { ecouterFormulaires } from "@ui/formulaires";
import { ecouterMenus } from "@ui/menus";
import { ecouterToasts } from "@ui/toasts";

ecouterDialogues();
ecouterMenus();
ecouterToasts();
ecouterFormulaires();
demarrer(document.documentElement);
