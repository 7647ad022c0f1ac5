"""What follows an inspection: a re-inspection to plan, or the next legal due date."""

from dataclasses import dataclass
from datetime import date
from typing import Final

from guichet.annuaire.facade import Echeance, prochaine_echeance
from guichet.rdv.metier.contre_visite import LIMITE_LEGALE_MOIS, is_contre_visite
from guichet.rdv.metier.types import ECHECS, Resultat
from guichet.reseau.facade import Carburant, TypeControle, VehiculeType
from guichet.socle.calendrier import add_months

SUITE_DE: Final = {"CTP": "CVP", "CV": "CVP", "CVP": "CVP", "CTC": "CVC", "CVC": "CVC"}
"""Which re-inspection follows a failure."""
PERIODIQUES: Final = frozenset({"CTP", "CVP"})


@dataclass(frozen=True, slots=True)
class Suite:
    """After a failure: which re-inspection, its last day, the last one it is free on (None: it is not). After a success:
    the next legal due date, None where nothing known allows to say it."""

    type_controle: str | None = None
    limite: date | None = None
    offerte: date | None = None
    echeance: Echeance | None = None


def find_suite(
    *,
    type_controle: TypeControle,
    resultat: Resultat,
    jour: date,
    initial: date | None,
    vehicule_type: VehiculeType,
    carburant: Carburant,
    delai_offert_mois: int,
) -> Suite:
    """What follows an inspection of the local date `jour`; `initial` is the date of the one a re-inspection follows.

    A re-inspection moves neither the legal limit nor the next due date: both count from the first inspection. A voluntary
    inspection or a pollution check says nothing of the periodic one.
    """
    depart = initial or jour
    if resultat in ECHECS:
        offerte = delai_offert_mois > 0 and not is_contre_visite(type_controle)
        return Suite(
            type_controle=SUITE_DE[type_controle],
            limite=add_months(depart, LIMITE_LEGALE_MOIS),
            offerte=add_months(depart, delai_offert_mois) if offerte else None,
        )
    if type_controle not in PERIODIQUES:
        return Suite()
    return Suite(echeance=prochaine_echeance(vehicule_type, carburant, None, depart))
