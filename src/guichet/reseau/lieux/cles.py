"""The search key of what people type for a place, the same as the one the table was built with."""

import re
import unicodedata

_NON_ALPHANUMERIQUE = re.compile(r"[^a-z0-9]+")
_SAINTE = re.compile(r"\bste\b")
_SAINT = re.compile(r"\bst\b")
_ORDINAL = re.compile(r"\b(\d{1,2}) ?(?:er|re|e|eme|ieme|nd|nde|d)\b")
_ARRONDISSEMENT = re.compile(r"\b(\d{1,2}) (?:arrondissement|arrdt|arrt|arr|ardt)\b")
_ZERO = re.compile(r"\b0(\d)\b")
_LIGATURES = str.maketrans({"œ": "oe", "æ": "ae"})


def compute_cle(texte: str) -> str:
    """Fold case, accents, punctuation, `st`, ordinals: "St-Étienne" -> "saint etienne", "Lyon 3ème arr." -> "lyon 3"."""
    decompose = unicodedata.normalize("NFD", texte.lower().translate(_LIGATURES))
    sans_accents = "".join(c for c in decompose if not unicodedata.combining(c))
    cle = _NON_ALPHANUMERIQUE.sub(" ", sans_accents).strip()
    cle = _SAINT.sub("saint", _SAINTE.sub("sainte", cle))
    return _ZERO.sub(r"\1", _ARRONDISSEMENT.sub(r"\1", _ORDINAL.sub(r"\1", cle)))
