"""What an inspection costs in a centre, in cents, all taxes included (rule 2 of booking).

Source: prices are free and must be published, the re-inspection's too; each centre has its own.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from guichet.reseau.metier.types import CONTRE_VISITES, Carburant, TypeControle, VehiculeType

MONTANT_MAX: Final = 100_000
"""A thousand euros: beyond it, someone typed cents twice."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tarif:
    """Price of an inspection and of its re-inspection; a None fuel stands for every fuel without a price of its own.

    `contre_visite` None: the re-inspection's price is not published.
    """

    vehicule_type: VehiculeType
    carburant: Carburant | None = None
    type_controle: TypeControle = TypeControle.CTP
    montant: int
    contre_visite: int | None = None


def find_tarif(
    tarifs: Iterable[Tarif], vehicule_type: VehiculeType, carburant: Carburant, type_controle: TypeControle
) -> Tarif | None:
    """The line for that fuel, else the line for any fuel, else None."""
    tous = None
    for tarif in tarifs:
        if tarif.vehicule_type is not vehicule_type or tarif.type_controle is not type_controle:
            continue
        if tarif.carburant is carburant:
            return tarif
        if tarif.carburant is None:
            tous = tarif
    return tous


def resolve_prix(
    tarifs: Iterable[Tarif], vehicule_type: VehiculeType, carburant: Carburant, type_controle: TypeControle
) -> int | None:
    """Cents of an inspection, None when the centre publishes no price for it.

    A re-inspection has the `contre_visite` price of the inspection it follows. A voluntary inspection without a line of its
    own costs as much as the periodic one: it is the same work.
    """
    lignes = tuple(tarifs)
    suivie = CONTRE_VISITES.get(type_controle)
    if suivie is not None:
        tarif = find_tarif(lignes, vehicule_type, carburant, suivie)
        return tarif.contre_visite if tarif else None
    tarif = find_tarif(lignes, vehicule_type, carburant, type_controle)
    if tarif is None and type_controle is TypeControle.CV:
        tarif = find_tarif(lignes, vehicule_type, carburant, TypeControle.CTP)
    return tarif.montant if tarif else None


def prix_min(tarifs: Iterable[Tarif]) -> int | None:
    """Lowest published price of a periodic inspection of a car, else of any periodic inspection, else None."""
    periodiques = [t for t in tarifs if t.type_controle is TypeControle.CTP]
    voitures = [t.montant for t in periodiques if t.vehicule_type is VehiculeType.VP]
    return min(voitures or [t.montant for t in periodiques], default=None)
