"""The closed lists of the trade: vehicles, fuels, inspections."""

from enum import StrEnum
from typing import Final


class VehiculeType(StrEnum):
    """What is inspected: car, van, motorcycle, moped."""

    VP = "VP"
    VU = "VU"
    MOTO = "Moto"
    CYCLO = "Cyclo"


class Carburant(StrEnum):
    """What the vehicle runs on."""

    ESSENCE = "Essence"
    DIESEL = "Diesel"
    GAZ = "Gaz"
    HYBRIDE = "Hybride"
    ELECTRIQUE = "Electrique"


class TypeControle(StrEnum):
    """Periodic, re-inspection, voluntary, complementary pollution check and its re-inspection."""

    CTP = "CTP"
    CVP = "CVP"
    CV = "CV"
    CTC = "CTC"
    CVC = "CVC"


CONTRE_VISITES: Final = {TypeControle.CVP: TypeControle.CTP, TypeControle.CVC: TypeControle.CTC}
"""Each re-inspection with the inspection it follows."""


def types_controle_possibles(vehicule_type: VehiculeType, carburant: Carburant | None) -> frozenset[TypeControle]:
    """Inspections that exist for a vehicle.

    The complementary pollution check is for vans that are not electric (arrêté of 18 June 1991, article R323-22 II).
    `carburant` None means "any fuel".
    """
    types = {TypeControle.CTP, TypeControle.CVP, TypeControle.CV}
    if vehicule_type is VehiculeType.VU and carburant is not Carburant.ELECTRIQUE:
        types |= {TypeControle.CTC, TypeControle.CVC}
    return frozenset(types)
