// A brotli and a gzip copy beside each text asset, so that the server never compresses on the way out.
import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";

const TEXTES = /\.(js|css|svg|txt|json|webmanifest)$/;
const PRIVES = new Set(["icones.json", "manifest.json"]);
const SEUIL = 512;

export async function compresser(sortie) {
  for (const fichier of await readdir(sortie)) {
    if (!TEXTES.test(fichier) || PRIVES.has(fichier)) continue;
    const contenu = await readFile(join(sortie, fichier));
    if (contenu.length < SEUIL) continue;
    const parametres = { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: contenu.length };
    await writeFile(join(sortie, `${fichier}.br`), brotliCompressSync(contenu, { params: parametres }));
    await writeFile(join(sortie, `${fichier}.gz`), gzipSync(contenu, { level: 9 }));
  }
}
