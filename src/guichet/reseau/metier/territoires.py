"""Where a centre stands: territory (for its holidays) and time zone, from its postal code."""

from enum import StrEnum
from typing import Final


class Territoire(StrEnum):
    """French territories whose public holidays differ."""

    METROPOLE = "metropole"
    ALSACE_MOSELLE = "alsace-moselle"
    GUADELOUPE = "guadeloupe"
    MARTINIQUE = "martinique"
    GUYANE = "guyane"
    REUNION = "la-reunion"
    SAINT_PIERRE_ET_MIQUELON = "saint-pierre-et-miquelon"
    MAYOTTE = "mayotte"
    SAINT_BARTHELEMY = "saint-barthelemy"
    SAINT_MARTIN = "saint-martin"
    WALLIS_ET_FUTUNA = "wallis-et-futuna"
    POLYNESIE = "polynesie-francaise"
    NOUVELLE_CALEDONIE = "nouvelle-caledonie"


class CodePostalInconnu(ValueError):
    """The postal code belongs to no French territory."""


FUSEAU_METROPOLE: Final = "Europe/Paris"

# Longest prefix first: islands that share a department's numbers come before it.
_PREFIXES: Final[tuple[tuple[str, Territoire, str], ...]] = (
    ("97133", Territoire.SAINT_BARTHELEMY, "America/St_Barthelemy"),
    ("97150", Territoire.SAINT_MARTIN, "America/Marigot"),
    ("98755", Territoire.POLYNESIE, "Pacific/Gambier"),
    ("98792", Territoire.POLYNESIE, "Pacific/Gambier"),
    ("98793", Territoire.POLYNESIE, "Pacific/Gambier"),
    ("98796", Territoire.POLYNESIE, "Pacific/Marquesas"),
    ("9874", Territoire.POLYNESIE, "Pacific/Marquesas"),
    ("971", Territoire.GUADELOUPE, "America/Guadeloupe"),
    ("972", Territoire.MARTINIQUE, "America/Martinique"),
    ("973", Territoire.GUYANE, "America/Cayenne"),
    ("974", Territoire.REUNION, "Indian/Reunion"),
    ("975", Territoire.SAINT_PIERRE_ET_MIQUELON, "America/Miquelon"),
    ("976", Territoire.MAYOTTE, "Indian/Mayotte"),
    ("985", Territoire.MAYOTTE, "Indian/Mayotte"),
    ("977", Territoire.SAINT_BARTHELEMY, "America/St_Barthelemy"),
    ("978", Territoire.SAINT_MARTIN, "America/Marigot"),
    ("986", Territoire.WALLIS_ET_FUTUNA, "Pacific/Wallis"),
    ("987", Territoire.POLYNESIE, "Pacific/Tahiti"),
    ("988", Territoire.NOUVELLE_CALEDONIE, "Pacific/Noumea"),
    ("57", Territoire.ALSACE_MOSELLE, FUSEAU_METROPOLE),
    ("67", Territoire.ALSACE_MOSELLE, FUSEAU_METROPOLE),
    ("68", Territoire.ALSACE_MOSELLE, FUSEAU_METROPOLE),
)

FUSEAUX: Final = frozenset({FUSEAU_METROPOLE} | {fuseau for _, _, fuseau in _PREFIXES})
"""Every time zone a centre may have."""


def locate_code_postal(code_postal: str) -> tuple[Territoire, str]:
    """Territory and IANA time zone of a five-digit postal code.

    Raises `CodePostalInconnu` for anything that is not a postal code of a French territory (Monaco included).
    """
    if len(code_postal) != 5 or not (code_postal.isascii() and code_postal.isdigit()):
        raise CodePostalInconnu(code_postal)
    for prefixe, territoire, fuseau in _PREFIXES:
        if code_postal.startswith(prefixe):
            return territoire, fuseau
    if 1 <= int(code_postal[:2]) <= 95:
        return Territoire.METROPOLE, FUSEAU_METROPOLE
    raise CodePostalInconnu(code_postal)


def departement_of(code_postal: str) -> str:
    """Department number of a postal code: two digits, three overseas; Corsica stays `20` (the code alone cannot split it)."""
    return code_postal[:3] if code_postal.startswith(("97", "98")) else code_postal[:2]
