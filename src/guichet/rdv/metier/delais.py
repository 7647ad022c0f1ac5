"""Deadlines and refunds (rule 7). Elapsed time, also across a clock change; the limit itself is still inside."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Final

from guichet.rdv.metier.types import MotifAnnulation, Statut

MODIFICATIONS_MAX: Final = 3
"""A customer may move an appointment three times; the centre has no such limit."""


@dataclass(frozen=True, slots=True)
class Palier:
    """One step of a refund policy: from `heures_avant` hours before the start, `pourcentage` is given back."""

    heures_avant: int
    pourcentage: int


POLITIQUE_PAR_DEFAUT: Final = (Palier(24, 100), Palier(0, 0))


def within_delay(debut: datetime, maintenant: datetime, heures: int) -> bool:
    """True while at least `heures` real hours remain before the start, in whatever zone the two instants are written."""
    return debut.astimezone(UTC) - maintenant.astimezone(UTC) >= timedelta(hours=heures)


class RefusDeplacement(StrEnum):
    """Why a customer may not move an appointment; the codes of the API."""

    DELAI = "DELAI_DEPASSE"
    LIMITE = "LIMITE_MODIFICATIONS"


def check_move(
    debut: datetime, maintenant: datetime, *, delai_heures: int, modifications: int
) -> RefusDeplacement | None:
    """Why a customer may not move the appointment any more, None when they may."""
    if not within_delay(debut, maintenant, delai_heures):
        return RefusDeplacement.DELAI
    return RefusDeplacement.LIMITE if modifications >= MODIFICATIONS_MAX else None


def can_cancel(statut: Statut, debut: datetime, maintenant: datetime) -> bool:
    """A customer may cancel what has not started: until the start, that instant excluded."""
    return statut in {Statut.CONFIRME, Statut.EN_ATTENTE_PAIEMENT} and maintenant < debut


def percentage(debut: datetime, maintenant: datetime, politique: Sequence[Palier]) -> int:
    """Share given back now, by the first step whose hours still remain; nothing when none does."""
    for palier in sorted(politique, key=lambda p: -p.heures_avant):
        if within_delay(debut, maintenant, palier.heures_avant):
            return palier.pourcentage
    return 0


def refund(
    paye_cents: int,
    *,
    debut: datetime,
    maintenant: datetime,
    motif: MotifAnnulation,
    politique: Sequence[Palier] = POLITIQUE_PAR_DEFAUT,
) -> int:
    """Cents given back when an appointment is cancelled. The centre's own cancellation gives everything back.

    The kept part rounds half up to the cent.
    """
    if motif is not MotifAnnulation.CLIENT:
        return paye_cents
    garde_pour_cent = 100 - percentage(debut, maintenant, politique)
    garde = (paye_cents * garde_pour_cent + 50) // 100
    return paye_cents - garde
