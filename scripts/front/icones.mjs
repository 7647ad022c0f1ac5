// The Lucide drawings named in icones.json, for Python to write into pages. Only what the product uses is kept.
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";

export async function ecrireIcones(racine, sortie) {
  const noms = JSON.parse(await readFile(join(racine, "src/guichet/ui/icones.json"), "utf8"));
  const dessins = {};
  for (const nom of noms) {
    const svg = await readFile(join(racine, "node_modules/lucide-static/icons", `${nom}.svg`), "utf8").catch(() => {
      throw new Error(`src/guichet/ui/icones.json names the icon "${nom}", which Lucide does not have`);
    });
    const debut = svg.indexOf(">", svg.indexOf("<svg")) + 1;
    dessins[nom] = svg.slice(debut, svg.lastIndexOf("</svg>")).replace(/\s+/g, " ").replaceAll("> <", "><").replaceAll(" />", "/>").trim();
  }
  await writeFile(join(sortie, "icones.json"), JSON.stringify(dessins));
}
