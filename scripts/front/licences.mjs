// The notices of what the built files contain, in one readable file beside them.
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";

const NOTICES = [
  ["htmx", "node_modules/htmx.org/LICENSE"],
  ["Lucide icons", "node_modules/lucide-static/LICENSE"],
  ["Figtree", "src/guichet/ui/fonts/OFL.txt"],
];

export async function ecrireLicences(racine, sortie) {
  const paquets = JSON.parse(await readFile(join(racine, "package.json"), "utf8"));
  const autres = Object.keys(paquets.dependencies ?? {})
    .filter((nom) => !NOTICES.some(([, chemin]) => chemin.startsWith(`node_modules/${nom}/`)))
    .map((nom) => [nom, `node_modules/${nom}/LICENSE`]);
  const textes = [];
  for (const [nom, chemin] of [...NOTICES, ...autres]) {
    const texte = await readFile(join(racine, chemin), "utf8");
    textes.push(`${nom}\n${"=".repeat(nom.length)}\n\n${texte.trim()}\n`);
  }
  await writeFile(join(sortie, "LICENCES.txt"), textes.join("\n\n"));
}
