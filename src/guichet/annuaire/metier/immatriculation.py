"""French number plates: recognised, normalised, and refused with the reason.

Two systems are accepted. SIV, since 15 April 2009: `AA-123-AA`, without the letters I, O and U, the left block neither
SS nor WW, the right block not SS. FNI, from 1950 to 2009: one to four digits, one to three letters, a department;
I and O were never used, U only until 1984, the series SS and TT were skipped. WW marks a provisional plate in both
systems (`WW-123-AA`, `1234-WW-75`) and is accepted as such. Sources conflict on whether FNI plates are still valid on
the road: they are accepted as input.
"""

import re
import unicodedata
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from guichet.annuaire.metier.saisie import Motif, SaisieInvalide


class Forme(StrEnum):
    """The numbering system a plate belongs to."""

    SIV = "SIV"
    FNI = "FNI"
    WW = "WW"


@dataclass(frozen=True)
class Immatriculation:
    """A plate in its one canonical writing: `AA-123-AA` or `1234-AB-75`."""

    forme: Forme
    valeur: str

    def __str__(self) -> str:
        return self.valeur


JAMAIS_SIV: Final = frozenset("IOU")
JAMAIS_FNI: Final = frozenset("IO")
SERIES_FNI_SAUTEES: Final = frozenset({"SS", "TT"})
LONGUEUR_MAX: Final = 20

_SIV = re.compile(r"([A-Z]{2})(\d{3})([A-Z]{2})")
_FNI = re.compile(r"(\d{1,4})([A-Z]{1,3})(\d{2,3}|2[AB])")
_SEPARATEURS = re.compile(r"[\s.·•_/\\-]+")
_TIRETS = dict.fromkeys(map(ord, "‐‑‒–—―−﹣-"), "-")

DEPARTEMENTS_FNI: Final = frozenset(
    {f"{n:02d}" for n in range(1, 96)} | {"2A", "2B", "971", "972", "973", "974", "975", "976", "985"}
)
"""Departments seen on FNI plates: 20 is Corsica before 1976, 985 was Mayotte before 2011."""


def compact(texte: str) -> str:
    """Upper-case letters and digits of a typed plate, without separators of any kind.

    Full-width and decorated characters are folded first (NFKC), so that a plate pasted from a phone is understood.
    """
    plie = unicodedata.normalize("NFKC", texte).translate(_TIRETS).upper()
    return _SEPARATEURS.sub("", plie)


def normalise_immatriculation(texte: str) -> Immatriculation:
    """The plate meant by `texte`, in its canonical writing.

    Raises `SaisieInvalide` with the reason: VIDE, TROP_LONG, FORME (not a plate), LETTRE_INTERDITE, BLOC_RESERVE,
    NUMERO_NUL (000 was never issued) or DEPARTEMENT.
    """
    if len(texte) > LONGUEUR_MAX:
        raise SaisieInvalide(Motif.TROP_LONG)
    brut = compact(texte)
    if not brut:
        raise SaisieInvalide(Motif.VIDE)
    if siv := _SIV.fullmatch(brut):
        return _siv(*siv.groups())
    if fni := _FNI.fullmatch(brut):
        return _fni(*fni.groups())
    raise SaisieInvalide(Motif.FORME)


def _siv(gauche: str, chiffres: str, droite: str) -> Immatriculation:
    if JAMAIS_SIV & set(gauche + droite):
        raise SaisieInvalide(Motif.LETTRE_INTERDITE)
    if chiffres == "000":
        raise SaisieInvalide(Motif.NUMERO_NUL)
    if "SS" in {gauche, droite}:
        raise SaisieInvalide(Motif.BLOC_RESERVE)
    forme = Forme.WW if gauche == "WW" else Forme.SIV
    return Immatriculation(forme, f"{gauche}-{chiffres}-{droite}")


def _fni(chiffres: str, lettres: str, departement: str) -> Immatriculation:
    if JAMAIS_FNI & set(lettres):
        raise SaisieInvalide(Motif.LETTRE_INTERDITE)
    if int(chiffres) == 0 or chiffres.startswith("0"):
        raise SaisieInvalide(Motif.NUMERO_NUL)
    if lettres in SERIES_FNI_SAUTEES:
        raise SaisieInvalide(Motif.BLOC_RESERVE)
    if departement not in DEPARTEMENTS_FNI:
        raise SaisieInvalide(Motif.DEPARTEMENT)
    forme = Forme.WW if lettres == "WW" else Forme.FNI
    return Immatriculation(forme, f"{chiffres}-{lettres}-{departement}")
