"""The right to a re-inspection and what it costs (rules 2 and 11).

A failed inspection opens the right: two months by law for major defects (S) and critical ones (R) alike, after which it
is a whole inspection again (service-public, F37538). Calendar months: the day that bears the same number is included,
clamped to the month's end; some count one day less, the customer keeps it here. Within the tenant's free period, which is
the tenant's choice, the first re-inspection costs nothing.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final
from uuid import UUID

from guichet.rdv.metier.types import ECHECS, Resultat
from guichet.socle.calendrier import add_months

LIMITE_LEGALE_MOIS: Final = 2
SUIVIS: Final = {"CVP": frozenset({"CTP", "CV"}), "CVC": frozenset({"CTC"})}
"""Which inspections each re-inspection may follow."""


@dataclass(frozen=True, slots=True)
class Initial:
    """A finished inspection of the plate, as the tenant knows it. `suites`: its re-inspections, cancelled ones left out."""

    id: UUID
    type_controle: str
    jour: date
    resultat: Resultat
    suites: int = 0


class RefusContreVisite(StrEnum):
    """Why a re-inspection cannot be booked; the codes of the API."""

    SANS_ECHEC = "TYPE_CONTROLE_INCOHERENT"
    HORS_DELAI = "CONTRE_VISITE_HORS_DELAI"


@dataclass(frozen=True, slots=True)
class Droit:
    """The inspection followed, the last day, and whether this one is free."""

    initial: Initial
    limite: date
    offerte: bool


def is_contre_visite(type_controle: str) -> bool:
    """True for CVP and CVC."""
    return type_controle in SUIVIS


def find_droit(
    inspections: Iterable[Initial],
    *,
    type_controle: str,
    jour: date,
    delai_offert_mois: int,
    date_initiale: date | None = None,
) -> Droit | RefusContreVisite:
    """The right of a plate to a re-inspection on the local date `jour`.

    In: `inspections` of the plate in the whole tenant; `date_initiale` when the customer gives it (an anonymous caller
    must); `delai_offert_mois` 0 means never free. The latest failure counts. Out: the right, or why there is none.
    """
    echecs = [
        i
        for i in inspections
        if i.type_controle in SUIVIS[type_controle]
        and i.resultat in ECHECS
        and i.jour <= jour
        and date_initiale in {None, i.jour}
    ]
    if not echecs:
        return RefusContreVisite.SANS_ECHEC
    initial = max(echecs, key=lambda i: i.jour)
    limite = add_months(initial.jour, LIMITE_LEGALE_MOIS)
    if jour > limite:
        return RefusContreVisite.HORS_DELAI
    offerte = delai_offert_mois > 0 and initial.suites == 0 and jour <= add_months(initial.jour, delai_offert_mois)
    return Droit(initial, limite, offerte)


def price(droit: Droit, tarif_cents: int | None) -> int | None:
    """Cents of the re-inspection: nothing when it is free, else the tariff's (None: not published)."""
    return 0 if droit.offerte else tarif_cents
