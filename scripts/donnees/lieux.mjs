// Communes, their former names, departments and regions; and the compact table the product loads.
import { readFile } from "node:fs/promises";
import { cle } from "./noms.mjs";

const LONGUEUR_CODE_DEPARTEMENT = (code) => (code.startsWith("97") || code.startsWith("98") ? 3 : 2);

/** Read the official divisions; former communes keep their name and take what they lack from the present one. */
export async function lireCommunes(modules) {
  const lire = async (nom) =>
    JSON.parse(await readFile(new URL(`@etalab/decoupage-administratif/data/${nom}.json`, modules), "utf8"));
  const [toutes, departements, regions, epci] = await Promise.all(["communes", "departements", "regions", "epci"].map(lire));
  const actuelles = new Map(toutes.filter((c) => c.type === "commune-actuelle").map((c) => [c.code, c]));
  const communes = [];
  for (const c of toutes) {
    const mere = actuelles.get(c.chefLieu ?? c.commune) ?? c;
    const ancienne = c.type === "commune-deleguee" || c.type === "commune-associee";
    if (ancienne && cle(c.nom) === cle(mere.nom)) continue;
    communes.push({
      code: c.code,
      nom: c.type === "arrondissement-municipal" ? c.nom.replace(/ Arrondissement$/, "") : c.nom,
      cle: cle(c.nom),
      type: ancienne ? "ancienne" : c.type === "arrondissement-municipal" ? "arrondissement" : "commune",
      courante: !ancienne,
      mere: ancienne ? mere.code : undefined,
      departement: c.departement ?? c.code.slice(0, LONGUEUR_CODE_DEPARTEMENT(c.code)),
      population: ancienne ? 0 : (c.population ?? 0),
      codesPostaux: c.codesPostaux ?? mere.codesPostaux ?? [],
    });
  }
  const intercommunalites = new Map(epci.flatMap((e) => e.membres.map((m) => [m.code, e.code])));
  for (const c of communes) if (c.mere) intercommunalites.set(c.code, intercommunalites.get(c.mere));
  return { communes, departements, regions, intercommunalites };
}

const TYPES = { commune: 0, arrondissement: 1, ancienne: 2 };
// Words nobody starts with when they look for the rest of a name.
const OUTILS = new Set("a au aux d de des du en et l la le les lez ou sous sur".split(" "));

const comparer = (a, b) => (a < b ? -1 : a > b ? 1 : 0);

/** Columns, in order of decreasing population: a place's number is its rank. Positions in 1e-4 degree (11 m). */
export function coderLieux(communes, departements, regions) {
  const rangees = communes.sort((a, b) => b.population - a.population || comparer(a.code, b.code));
  const numeros = new Map(departements.map((d, i) => [d.code, i]));
  const parCle = rangees.map((c, i) => [c.cle, i]).sort((a, b) => comparer(a[0], b[0]) || a[1] - b[1]);
  // Where each later word of a name starts, sorted by what follows: "etienne" finds "saint etienne".
  const suites = parCle
    .flatMap(([k], i) => [...k.matchAll(/ ([a-z0-9]+)/g)].filter((m) => !OUTILS.has(m[1])).map((m) => [k.slice(m.index + 1), i, m.index + 1]))
    .sort((a, b) => comparer(a[0], b[0]) || a[1] - b[1]);
  return {
    noms: rangees.map((c) => c.nom),
    codes: rangees.map((c) => c.code),
    codes_postaux: rangees.map((c) => c.codesPostaux.join("|")),
    departements: rangees.map((c) => numeros.get(c.departement)),
    populations: rangees.map((c) => c.population),
    lat: rangees.map((c) => Math.round(c.position[0] * 1e4)),
    lon: rangees.map((c) => Math.round(c.position[1] * 1e4)),
    types: rangees.map((c) => TYPES[c.type]).join(""),
    approches: rangees.map((c) => (c.approche ? 1 : 0)).join(""),
    cles: parCle.map(([k]) => k),
    rangs: parCle.map(([, i]) => i),
    suites: suites.map(([, i]) => i),
    debuts: suites.map(([, , d]) => d),
    liste_departements: departements.map((d) => [d.code, d.nom, regions.find((r) => r.code === d.region)?.nom ?? d.nom, d.chefLieu]),
  };
}
