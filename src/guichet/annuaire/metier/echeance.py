"""When a vehicle must next be inspected by law.

Cars and light vans (highway code, R323-22): first within the six months before the fourth anniversary of the first
registration, then every two years. Light vans also owe a pollution check within the two months before one year after
each inspection, electric ones excepted. Two- and three-wheelers (R323-27): first within the six months before the
fifth anniversary, then every three years, with dates of their own for vehicles registered before 2022. Collection
vehicles, taxis and resale follow other rules, which a booking does not know.
"""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final

from guichet.annuaire.metier.vehicule import CATEGORIE_L, MiseCirculation
from guichet.reseau.facade import Carburant, VehiculeType
from guichet.socle.calendrier import add_months

MOIS_AVANT_PREMIER: Final = 6
MOIS_AVANT_POLLUTION: Final = 2
AN: Final = 12


class Nature(StrEnum):
    """What is due."""

    PERIODIQUE = "periodique"
    POLLUTION = "pollution"


@dataclass(frozen=True)
class Echeance:
    """A legal due date: `limite` is the last day, `des` the first day on which it is usual to come.

    `approximative` when only the year of first registration is known; the earliest possible date is then given, so
    that nobody is told too late.
    """

    nature: Nature
    des: date
    limite: date
    approximative: bool = False


def prochaine_echeance(
    vehicule_type: VehiculeType,
    carburant: Carburant,
    mise_circulation: MiseCirculation | None,
    dernier_controle: date | None = None,
    derniere_pollution: date | None = None,
) -> Echeance | None:
    """The next legal due date, or None when nothing known allows to say it.

    In: `dernier_controle` is the last periodic inspection, `derniere_pollution` the last complementary pollution check
    (light vans). The earliest of what is due wins.
    """
    periodique = _periodique(vehicule_type, mise_circulation, dernier_controle)
    pollution = _pollution(vehicule_type, carburant, dernier_controle, derniere_pollution)
    dues = [e for e in (periodique, pollution) if e is not None]
    return min(dues, key=lambda e: e.limite) if dues else None


def _periodique(
    vehicule_type: VehiculeType, mise_circulation: MiseCirculation | None, dernier: date | None
) -> Echeance | None:
    deux_roues = vehicule_type in CATEGORIE_L
    if dernier is not None:
        limite = add_months(dernier, (3 if deux_roues else 2) * AN)
        return Echeance(Nature.PERIODIQUE, add_months(limite, -MOIS_AVANT_PREMIER), limite)
    if mise_circulation is None:
        return None
    limite = _premiere_categorie_l(mise_circulation.jour) if deux_roues else add_months(mise_circulation.jour, 4 * AN)
    des = add_months(limite, -MOIS_AVANT_PREMIER)
    return Echeance(Nature.PERIODIQUE, des, limite, approximative=mise_circulation.annee_seule)


def _premiere_categorie_l(jour: date) -> date:
    if jour.year < 2017:
        return date(2024, 12, 31)
    if jour.year < 2020:
        return date(2025, 12, 31)
    if jour.year < 2022:
        anniversaire = add_months(jour, (2026 - jour.year) * AN)
        return min(add_months(anniversaire, 4), date(2026, 12, 31))
    return add_months(jour, 5 * AN)


def _pollution(
    vehicule_type: VehiculeType, carburant: Carburant, dernier: date | None, derniere_pollution: date | None
) -> Echeance | None:
    if vehicule_type is not VehiculeType.VU or carburant is Carburant.ELECTRIQUE or dernier is None:
        return None
    limite = add_months(dernier, AN)
    if derniere_pollution is not None and derniere_pollution > dernier:
        return None
    return Echeance(Nature.POLLUTION, add_months(limite, -MOIS_AVANT_POLLUTION), limite)
