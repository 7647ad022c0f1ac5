"""How long an inspection takes (rule 1 of booking). No official figure exists: every value is a setting."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from guichet.reseau.metier.types import Carburant, TypeControle, VehiculeType

DUREE_MIN: Final = 5
DUREE_MAX: Final = 480


@dataclass(frozen=True, slots=True, kw_only=True)
class Duree:
    """One cell of the matrix; a None fuel stands for every fuel without a cell of its own."""

    vehicule_type: VehiculeType
    carburant: Carburant | None = None
    type_controle: TypeControle
    minutes: int


_PAR_DEFAUT: Final = {
    (VehiculeType.VP, None): (45, 15, 45, None, None),
    (VehiculeType.VP, Carburant.GAZ): (60, 15, 60, None, None),
    (VehiculeType.VU, None): (45, 15, 45, 15, 15),
    (VehiculeType.VU, Carburant.GAZ): (60, 15, 60, 15, 15),
    (VehiculeType.MOTO, None): (30, 15, 30, None, None),
    (VehiculeType.CYCLO, None): (30, 15, 30, None, None),
}
_ORDRE: Final = (TypeControle.CTP, TypeControle.CVP, TypeControle.CV, TypeControle.CTC, TypeControle.CVC)

DUREES_PAR_DEFAUT: Final = tuple(
    Duree(vehicule_type=vehicule, carburant=carburant, type_controle=type_controle, minutes=minutes)
    for (vehicule, carburant), cellules in _PAR_DEFAUT.items()
    for type_controle, minutes in zip(_ORDRE, cellules, strict=True)
    if minutes is not None
)
"""A new tenant's matrix: 45 minutes for a car or a van, 30 for two wheels, 15 more for gas, 15 for a re-inspection."""

_DERNIER_RECOURS: Final = 45


def find_duree(
    matrice: Iterable[Duree], vehicule_type: VehiculeType, carburant: Carburant, type_controle: TypeControle
) -> int | None:
    """Minutes of the cell for that fuel, else of the cell for any fuel, else None."""
    toutes = None
    for cellule in matrice:
        if cellule.vehicule_type is not vehicule_type or cellule.type_controle is not type_controle:
            continue
        if cellule.carburant is carburant:
            return cellule.minutes
        if cellule.carburant is None:
            toutes = cellule.minutes
    return toutes


def resolve_duree(
    *,
    centre: Iterable[Duree],
    tenant: Iterable[Duree],
    vehicule_type: VehiculeType,
    carburant: Carburant,
    type_controle: TypeControle,
) -> int:
    """Minutes of an inspection: the centre's own cell, else the tenant's, else the default matrix."""
    for matrice in (centre, tenant, DUREES_PAR_DEFAUT):
        minutes = find_duree(matrice, vehicule_type, carburant, type_controle)
        if minutes is not None:
            return minutes
    return _DERNIER_RECOURS
