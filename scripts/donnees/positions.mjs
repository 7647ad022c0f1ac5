// Gives each commune a position: its own place name, else the mean of what is known around it.
import { contient, distanceAuBord, distanceKm, boite } from "./geometrie.mjs";
import { cle } from "./noms.mjs";

const OUTRE_MER = { GP: "971", MQ: "972", GF: "973", RE: "974", PM: "975", YT: "976", BL: "977", MF: "978", WF: "986", PF: "987", NC: "988" };
// A place name this far from the communes that share its postal code belongs to another one of the same name.
const TROP_LOIN_KM = 25;
// The outlines are simplified: a coastal place may stand a little outside, a border one on the wrong side.
const HORS_TRAIT_KM = 8;
const FRONTIERE_KM = 3;
// Scattered over an ocean, an archipelago has no middle worth giving.
const ARCHIPELS = new Set(["986", "987", "988"]);
// A place of nearly the same name is the commune's if their populations are of the same order.
const MEME_ORDRE = Math.log(3);
const POPULATION_COMPOSES = 2000;
const VILLES = /^(Paris|Lyon|Marseille) (\d\d)\b/;

/** French places of the gazetteer, each with the department it stands in. */
export function situer(lieux, departements) {
  const metropole = [...departements].filter(([code]) => code.length === 2).map(([code, a]) => [code, a, boite(a)]);
  // The department a point stands in first, then those whose border is near.
  const departementsDe = (lon, lat) => {
    const marge = 0.12;
    const proches = metropole
      .filter(([, , [o, s, e, n]]) => lon >= o - marge && lon <= e + marge && lat >= s - marge && lat <= n + marge)
      .map(([code, a]) => ({ code, km: contient(a, lon, lat) ? 0 : distanceAuBord(a, lon, lat) }))
      .sort((a, b) => a.km - b.km);
    return proches.filter(({ km }, i) => km < (i ? FRONTIERE_KM : HORS_TRAIT_KM)).map(({ code }) => code);
  };
  const points = [];
  for (const l of lieux) {
    const outreMer = OUTRE_MER[l.countrycode];
    const departements = outreMer ? [outreMer] : l.countrycode === "FR" ? departementsDe(l.longitude, l.latitude) : [];
    if (!departements.length) continue;
    const ville = VILLES.exec(l.name);
    points.push({
      position: [l.latitude, l.longitude],
      population: l.population,
      departements,
      cles: ville ? [`${cle(ville[1])} ${Number(ville[2])}`] : [cle(l.name)],
      autres: ville ? [] : l.alternatenames.map(cle).filter(Boolean),
    });
  }
  return points;
}

const moyenne = (positions) => [
  positions.reduce((s, p) => s + p[0], 0) / positions.length,
  positions.reduce((s, p) => s + p[1], 0) / positions.length,
];

// The gazetteer's package lost its apostrophes: "LAigle" is compared without spaces.
const serre = (k) => k.replaceAll(" ", "");

const ranger = (table, k, v) => (table.has(k) ? table.get(k).push(v) : table.set(k, [v]));

/**
 * Fill `position` and `approche` of each commune. Names are tried strictly first (own name, own department), then other
 * spellings, then across a near border, then compound names. A homonym inside a department is resolved by population,
 * then by the other communes of its postal code. A merged commune stands where its seat stands. What has no place name
 * takes the mean of its postal code, else of its inter-municipality within the department, else of the department.
 */
export function placer(communes, points, intercommunalites) {
  rapprocher(communes, points, (p) => [[p.departements[0]], p.cles]);
  rapprocher(communes, points, (p) => [[p.departements[0]], p.autres]);
  rapprocher(communes, points, (p) => [p.departements.slice(1), p.cles]);
  rapprocherComposes(communes, points);
  ecarterIntrus(communes);
  heriter(communes);
  const parCode = new Map();
  const parGroupe = new Map();
  const parDepartement = new Map();
  const groupe = (c) => `${intercommunalites.get(c.code)} ${c.departement}`;
  for (const c of communes) {
    if (!c.position) continue;
    for (const code of c.codesPostaux) ranger(parCode, code, c.position);
    if (intercommunalites.has(c.code)) ranger(parGroupe, groupe(c), c.position);
    ranger(parDepartement, c.departement, c.position);
  }
  for (const c of communes) {
    if (c.position) continue;
    const voisines = c.codesPostaux.flatMap((code) => parCode.get(code) ?? []);
    const connues = voisines.length
      ? voisines
      : (parGroupe.get(groupe(c)) ?? (ARCHIPELS.has(c.departement) ? undefined : parDepartement.get(c.departement)));
    if (!connues) continue;
    c.position = moyenne(connues);
    c.approche = true;
  }
}

function rapprocher(communes, points, lire) {
  const index = new Map();
  for (const p of points) {
    if (p.pris) continue;
    const [departements, cles] = lire(p);
    for (const d of departements) for (const c of cles) ranger(index, `${d} ${serre(c)}`, p);
  }
  const rivales = new Map();
  for (const c of communes) if (!c.position) ranger(rivales, `${c.departement} ${serre(c.cle)}`, c);
  for (const [k, memes] of rivales) {
    const candidats = index.get(k) ?? [];
    // Each rival commune takes the place whose population is nearest to its own.
    for (const c of memes.sort((a, b) => b.population - a.population)) {
      const choix = candidats.filter((p) => !p.pris).sort((a, b) => ecartPopulation(a, c) - ecartPopulation(b, c))[0];
      if (choix) prendre(c, choix);
    }
  }
}

function rapprocherComposes(communes, points) {
  const libres = new Map();
  for (const p of points) if (!p.pris) ranger(libres, p.departements[0], p);
  for (const c of communes) {
    if (c.position || c.population < POPULATION_COMPOSES) continue;
    const [choix] = (libres.get(c.departement) ?? [])
      .filter((p) => !p.pris && p.cles.some((k) => k.startsWith(`${c.cle} `) || c.cle.startsWith(`${k} `)))
      .filter((p) => ecartPopulation(p, c) < MEME_ORDRE)
      .sort((a, b) => ecartPopulation(a, c) - ecartPopulation(b, c));
    if (choix) prendre(c, choix);
  }
}

function prendre(commune, lieu) {
  lieu.pris = true;
  commune.position = lieu.position;
}

// The seat of a merged commune keeps the merged commune's code; without it, the mean of the other parts.
function heriter(communes) {
  const parties = new Map();
  for (const c of communes) if (c.mere && c.position) ranger(parties, c.mere, c);
  for (const c of communes) {
    if (c.position || !parties.has(c.code)) continue;
    const siege = parties.get(c.code).find((p) => p.code === c.code);
    c.position = siege ? siege.position : moyenne(parties.get(c.code).map((p) => p.position));
    c.approche = !siege;
  }
}

const ecartPopulation = (lieu, commune) => Math.abs(Math.log((lieu.population + 50) / (commune.population + 50)));

function ecarterIntrus(communes) {
  const parCode = new Map();
  for (const c of communes) if (c.position) for (const code of c.codesPostaux) ranger(parCode, code, c);
  const intrus = communes.filter((c) => {
    if (!c.position) return false;
    const autres = c.codesPostaux.flatMap((code) => parCode.get(code)).filter((a) => a !== c);
    return autres.length > 1 && Math.min(...autres.map((a) => distanceKm(a.position, c.position))) > TROP_LOIN_KM;
  });
  for (const c of intrus) c.position = undefined;
}
