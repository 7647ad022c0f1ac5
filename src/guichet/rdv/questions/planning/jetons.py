"""The token of a dry run: the entry, what it would become, and what its days looked like. Signed, not secret."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

from guichet.socle.errors import GuichetError, Invalid
from guichet.socle.i18n import _
from guichet.socle.signature import sign, verify

USAGE: Final = "planning"
VALIDITE: Final = timedelta(hours=24)


@dataclass(frozen=True, kw_only=True)
class JetonPlanning:
    """What a token says: the entry and its version, the fingerprint of its days, the change it applies (None: itself)."""

    evenement_id: UUID
    version: int
    empreinte: str
    modifie: dict[str, Any] | None


def write_jeton(evenement_id: UUID, version: int, empreinte: str, modifie: dict[str, Any] | None) -> str:
    """The token of a dry run."""
    return sign(USAGE, {"e": evenement_id.hex, "v": version, "f": empreinte, "m": modifie}, validite=VALIDITE)


def read_jeton(texte: str) -> JetonPlanning:
    """What a token stands for. Raises `JETON_INVALIDE` (422) for anything we did not write, or more than a day ago."""
    try:
        contenu = verify(USAGE, texte)
    except GuichetError:
        message = _("Ce jeton n'est pas reconnu, ou trop ancien : recommencez la demande.")
        raise Invalid(message, code="JETON_INVALIDE", champs={"jeton": message}) from None
    return JetonPlanning(
        evenement_id=UUID(hex=contenu["e"]),
        version=contenu["v"],
        empreinte=contenu["f"],
        modifie=contenu["m"],
    )
