// The one esbuild call: every stylesheet, every island of every context, and the fonts they name.
import { existsSync } from "node:fs";
import { copyFile, readdir, readFile } from "node:fs/promises";
import { createHash } from "node:crypto";
import { basename, join } from "node:path";
import { build } from "esbuild";

const FEUILLES = ["public", "staff", "galerie"];
const QUARTS = 96;

/** Files of `src/guichet/<context>/<dossier>` with the given ending, as { contexte, nom, chemin }. */
async function parContexte(racine, dossier, fin) {
  const base = join(racine, "src/guichet");
  const trouves = [];
  for (const contexte of (await readdir(base)).sort()) {
    const lieu = join(base, contexte, dossier);
    if (!existsSync(lieu)) continue;
    for (const fichier of (await readdir(lieu)).sort()) {
      if (!fichier.endsWith(fin) || fichier.endsWith(".d.ts")) continue;
      trouves.push({ contexte, nom: basename(fichier, fin), chemin: join(lieu, fichier) });
    }
  }
  return trouves;
}

/** Rows of a planning: quarter-hour n is `.qn`, a length of n quarters `.dn`, so that no page needs an inline style. */
function reglesPlanning() {
  const regles = [];
  for (let n = 1; n <= QUARTS; n++) regles.push(`.q${n}{grid-row-start:${n}}.d${n}{grid-row-end:span ${n}}`);
  return `@layer layouts{${regles.join("")}}`;
}

/** Files that exist only in memory: the table of islands, the sheets of a portal, the rows of the planning. */
function fichiersVirtuels(racine, ilots, styles) {
  const table = ilots
    .filter((i) => !(i.contexte === "ui" && i.nom === "entree"))
    .map((i) => `${JSON.stringify(`${i.contexte}/${i.nom}`)}: () => import(${JSON.stringify(i.chemin)}),`);
  const feuille = (nom) => [
    `@import ${JSON.stringify(join(racine, `src/guichet/ui/styles/${nom}.css`))};`,
    ...styles
      .filter((s) => s.contexte !== "ui" && (s.nom === nom || nom === "galerie"))
      .map((s) => `@import ${JSON.stringify(s.chemin)};`),
  ].join("\n");
  return {
    name: "virtuel",
    setup(construction) {
      construction.onResolve({ filter: /^virtuel:/ }, (demande) => ({ path: demande.path.slice(8), namespace: "virtuel" }));
      construction.onLoad({ filter: /.*/, namespace: "virtuel" }, ({ path }) => {
        const commun = { resolveDir: racine };
        if (path === "ilots") return { ...commun, loader: "ts", contents: `export const ILOTS: Record<string, () => Promise<unknown>> = {\n${table.join("\n")}\n};` };
        if (path === "planning") return { ...commun, loader: "css", contents: reglesPlanning() };
        return { ...commun, loader: "css", contents: feuille(path) };
      });
    },
  };
}

/** Bundles into `sortie`; answers the manifest: stable name -> hashed name. */
export async function assembler(racine, sortie) {
  const ilots = await parContexte(racine, "ilots", ".ts");
  const styles = await parContexte(racine, "styles", ".css");
  const resultat = await build({
    absWorkingDir: racine,
    entryPoints: [
      { in: "src/guichet/ui/ilots/entree.ts", out: "app" },
      ...FEUILLES.map((nom) => ({ in: `virtuel:${nom}`, out: nom })),
    ],
    plugins: [fichiersVirtuels(racine, ilots, styles)],
    bundle: true,
    splitting: true,
    format: "esm",
    minify: true,
    target: ["es2022", "chrome125", "firefox128", "safari17.5"],
    legalComments: "linked",
    metafile: true,
    outdir: sortie,
    publicPath: "/static",
    entryNames: "[name]-[hash]",
    chunkNames: "ilot-[name]-[hash]",
    assetNames: "[name]-[hash]",
    loader: { ".woff2": "file", ".svg": "file", ".png": "empty" },
    logLevel: "warning",
  });
  const manifeste = {};
  for (const [produit, detail] of Object.entries(resultat.metafile.outputs)) {
    const fichier = basename(produit);
    if (produit.endsWith(".LEGAL.txt")) continue;
    const source = detail.entryPoint ? detail.entryPoint.replace(/^virtuel:/, "") : Object.keys(detail.inputs)[0];
    manifeste[stable(source ?? fichier, fichier)] = fichier;
  }
  for (const image of await readdir(join(racine, "src/guichet/ui/images"))) {
    const contenu = await readFile(join(racine, "src/guichet/ui/images", image));
    const marque = createHash("sha256").update(contenu).digest("hex").slice(0, 8).toUpperCase();
    const [nom, fin] = image.split(".");
    manifeste[image] = `${nom}-${marque}.${fin}`;
    await copyFile(join(racine, "src/guichet/ui/images", image), join(sortie, manifeste[image]));
  }
  return Object.fromEntries(Object.entries(manifeste).sort());
}

/** The name Python asks for: `public.css`, `app.js`, `ilots/rdv/carte.js`, `figtree-latin.woff2`. */
function stable(source, fichier) {
  if (FEUILLES.includes(source)) return `${source}.css`;
  if (source.endsWith("ui/ilots/entree.ts")) return "app.js";
  const ilot = source.match(/^src\/guichet\/(\w+)\/ilots\/(.+)\.ts$/);
  if (ilot && fichier.includes(`-${ilot[2]}-`)) return `ilots/${ilot[1]}/${ilot[2]}.js`;
  if (fichier.endsWith(".woff2")) return basename(source);
  return fichier;
}
