// Builds src/guichet/ui/static: styles, scripts, fonts, icons, their compressed copies and the manifest Python reads.
// One esbuild call does the bundling; each other step is a module of scripts/front.
import { mkdir, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { assembler } from "./front/assemblage.mjs";
import { compresser } from "./front/compression.mjs";
import { ecrireIcones } from "./front/icones.mjs";
import { ecrireLicences } from "./front/licences.mjs";

const RACINE = join(dirname(fileURLToPath(import.meta.url)), "..");
const SORTIE = join(RACINE, "src/guichet/ui/static");

await rm(SORTIE, { recursive: true, force: true });
await mkdir(SORTIE, { recursive: true });

const fichiers = await assembler(RACINE, SORTIE);
await ecrireIcones(RACINE, SORTIE);
await ecrireLicences(RACINE, SORTIE);
await compresser(SORTIE);
// Written last: a manifest means that the build is whole.
await writeFile(join(SORTIE, "manifest.json"), JSON.stringify(fichiers, null, 1) + "\n");
console.log(`  ${Object.keys(fichiers).length} front-end files built`);
