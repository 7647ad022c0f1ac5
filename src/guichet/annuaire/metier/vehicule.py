"""What is known of a vehicle beyond its plate: its category, its date of first registration as people know it."""

import re
from dataclasses import dataclass
from datetime import date
from typing import Final

from guichet.annuaire.metier.saisie import Motif, SaisieInvalide
from guichet.reseau.facade import VehiculeType

CATEGORIE_L: Final = frozenset({VehiculeType.MOTO, VehiculeType.CYCLO})
PREMIERE_ANNEE: Final = 1900
_ANNEE = re.compile(r"\d{4}")


@dataclass(frozen=True)
class MiseCirculation:
    """Date of first registration; `annee_seule` when only the year was given (then the first of January stands for it)."""

    jour: date
    annee_seule: bool = False

    def __str__(self) -> str:
        return str(self.jour.year) if self.annee_seule else self.jour.isoformat()


def parse_mise_circulation(texte: str, aujourdhui: date) -> MiseCirculation:
    """An ISO date or a year alone. Raises `SaisieInvalide`: FORME, or INCONNU for a date in the future or before 1900."""
    brut = texte.strip()
    annee_seule = _ANNEE.fullmatch(brut) is not None
    try:
        jour = date(int(brut), 1, 1) if annee_seule else date.fromisoformat(brut)
    except ValueError as illisible:
        raise SaisieInvalide(Motif.FORME) from illisible
    if jour > aujourdhui or jour.year < PREMIERE_ANNEE:
        raise SaisieInvalide(Motif.INCONNU)
    return MiseCirculation(jour, annee_seule)
