"""Which inspector may inspect what, on which day (rule 3 of booking).

Source: light vehicles (highway code, R323-22) and category L (R323-27, inspected since 15 April 2024) are two
accreditations; since 1 January 2011 a gas vehicle needs an inspector trained for gas. Habilitations are a tenant's own.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from guichet.reseau.metier.types import Carburant, VehiculeType


class AgrementType(StrEnum):
    """Accreditations of the trade: light vehicles, category L, gas."""

    VL = "VL"
    L = "L"
    GAZ = "Gaz"


@dataclass(frozen=True, slots=True, kw_only=True)
class Titre:
    """An accreditation (`VL`, `L`, `Gaz`) or a habilitation of the tenant's own, both ends included."""

    code: str
    valide_du: date | None = None
    valide_au: date

    def valid_on(self, jour: date) -> bool:
        """True from the first day to the last, included."""
        return (self.valide_du is None or self.valide_du <= jour) and jour <= self.valide_au


@dataclass(frozen=True, slots=True, kw_only=True)
class Exigence:
    """A habilitation a tenant requires for a vehicle type, a fuel, or both; None means any."""

    code: str
    vehicule_type: VehiculeType | None = None
    carburant: Carburant | None = None

    def concerns(self, vehicule_type: VehiculeType, carburant: Carburant) -> bool:
        """True when it applies to that vehicle."""
        return self.vehicule_type in {None, vehicule_type} and self.carburant in {None, carburant}


def titres_valides(titres: Iterable[Titre], jour: date) -> frozenset[str]:
    """Codes valid on a day."""
    return frozenset(t.code for t in titres if t.valid_on(jour))


def agrements_requis(vehicule_type: VehiculeType, carburant: Carburant) -> frozenset[AgrementType]:
    """Accreditations a vehicle needs: VP and VU need VL, Moto and Cyclo need L, gas needs Gaz as well."""
    deux_roues = vehicule_type in {VehiculeType.MOTO, VehiculeType.CYCLO}
    requis = {AgrementType.L if deux_roues else AgrementType.VL}
    if carburant is Carburant.GAZ:
        requis.add(AgrementType.GAZ)
    return frozenset(requis)


def titres_requis(
    vehicule_type: VehiculeType, carburant: Carburant, exigences: Iterable[Exigence] = ()
) -> tuple[frozenset[str], frozenset[str]]:
    """(accreditations, habilitations) an inspector needs for a vehicle."""
    habilitations = frozenset(e.code for e in exigences if e.concerns(vehicule_type, carburant))
    return frozenset(a.value for a in agrements_requis(vehicule_type, carburant)), habilitations


def peut_controler(
    *,
    agrements: Iterable[Titre],
    habilitations: Iterable[Titre],
    jour: date,
    vehicule_type: VehiculeType,
    carburant: Carburant,
    exigences: Iterable[Exigence] = (),
) -> bool:
    """True when every accreditation and habilitation the vehicle needs is valid on that day."""
    requis, habilitations_requises = titres_requis(vehicule_type, carburant, exigences)
    return requis <= titres_valides(agrements, jour) and habilitations_requises <= titres_valides(habilitations, jour)
