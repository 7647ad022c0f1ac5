"""Identifiers and keys of the network: centre codes, SIRET, French sort keys."""

import re
import unicodedata
from typing import Final

_SIREN_LA_POSTE: Final = "356000000"
_CODE_CENTRE: Final = re.compile(r"[A-Z0-9][A-Z0-9-]{2,19}")
_CODE_HABILITATION: Final = re.compile(r"[A-Z0-9][A-Z0-9_-]{0,29}")
_LIGATURES: Final = str.maketrans({"œ": "oe", "Œ": "oe", "æ": "ae", "Æ": "ae", "ß": "ss"})


class CodeInvalide(ValueError):
    """Not a code of the expected form."""


def _luhn(chiffres: str) -> bool:
    total = 0
    for rang, chiffre in enumerate(reversed(chiffres)):
        double = int(chiffre) * (1 + rang % 2)
        total += double - 9 if double > 9 else double
    return total % 10 == 0


def siret_valide(siret: str) -> bool:
    """Fourteen digits with a Luhn key; the offices of La Poste have a digit sum that is a multiple of five instead (INSEE)."""
    if len(siret) != 14 or not (siret.isascii() and siret.isdigit()):
        return False
    if _luhn(siret):
        return True
    return siret.startswith(_SIREN_LA_POSTE) and sum(map(int, siret)) % 5 == 0


def normalise_siret(texte: str) -> str:
    """Digits only. Raises `CodeInvalide`."""
    siret = re.sub(r"[\s.\u00a0\u202f-]", "", texte)
    if not siret_valide(siret):
        raise CodeInvalide(texte)
    return siret


def normalise_code_centre(texte: str) -> str:
    """Upper case without spaces, 3 to 20 letters, digits and hyphens; fourteen digits must be a valid SIRET. Raises `CodeInvalide`."""
    code = re.sub(r"\s", "", texte).upper()
    if not _CODE_CENTRE.fullmatch(code) or (len(code) == 14 and code.isdigit() and not siret_valide(code)):
        raise CodeInvalide(texte)
    return code


def normalise_habilitation(texte: str) -> str:
    """Code of a tenant's own habilitation: upper case, 1 to 30 characters. Raises `CodeInvalide`."""
    code = re.sub(r"\s+", "_", texte.strip()).upper()
    if not _CODE_HABILITATION.fullmatch(code):
        raise CodeInvalide(texte)
    return code


def cle_tri(texte: str) -> str:
    """Key that sorts in French order whatever the database's collation: no accents, no case, punctuation as spaces."""
    sans_accents = unicodedata.normalize("NFKD", texte.translate(_LIGATURES))
    lettres = "".join(c for c in sans_accents if not unicodedata.combining(c)).casefold()
    return " ".join(re.findall(r"[^\W_]+", lettres))
