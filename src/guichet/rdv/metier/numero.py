"""The number a customer reads out on the telephone: `RDV-` and eight characters that cannot be taken for one another."""

import re
import secrets
from typing import Final

ALPHABET: Final = "23456789ABCDEFGHJKMNPQRSTVWXYZ"
LONGUEUR: Final = 8
_FORME = re.compile(rf"RDV-[{ALPHABET}]{{{LONGUEUR}}}")


def draw_numero() -> str:
    """A new number. Not guessable; uniqueness is the database's."""
    return "RDV-" + "".join(secrets.choice(ALPHABET) for _ in range(LONGUEUR))


def normalise_numero(texte: str) -> str | None:
    """The number meant by what was typed or read out, None when it is not one."""
    brut = re.sub(r"[\s.-]+", "", texte.upper()).removeprefix("RDV")
    numero = f"RDV-{brut}"
    return numero if _FORME.fullmatch(numero) else None
