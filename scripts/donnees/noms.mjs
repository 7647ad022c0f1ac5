// The search key of a place name. guichet.reseau.lieux.cles does the same to what people type; a test holds them equal.

/** "L'Haÿ-les-Roses" -> "l hay les roses", "St-Étienne" -> "saint etienne", "Lyon 3e Arrondissement" -> "lyon 3". */
export function cle(nom) {
  return nom
    .toLowerCase()
    .replaceAll("œ", "oe")
    .replaceAll("æ", "ae")
    .normalize("NFD")
    .replace(/[\u0300-\u036f]/g, "")
    .replace(/[^a-z0-9]+/g, " ")
    .trim()
    .replace(/\bste\b/g, "sainte")
    .replace(/\bst\b/g, "saint")
    .replace(/\b(\d{1,2}) ?(?:er|re|e|eme|ieme|nd|nde|d)\b/g, "$1")
    .replace(/\b(\d{1,2}) (?:arrondissement|arrdt|arrt|arr|ardt)\b/g, "$1")
    .replace(/\b0(\d)\b/g, "$1");
}
