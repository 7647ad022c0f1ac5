"""Which free inspector takes an appointment (rule 8): keep rare accreditations free, balance the day, leave no gap."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Candidat:
    """An accredited inspector whose time is free.

    `capacites` counts everything they may inspect that day, `charge` what they already give that day, `trou` the minutes
    next to the appointment that would stay too short for another one of its length.
    """

    controleur_id: UUID
    capacites: int
    charge: timedelta
    trou: timedelta


def choose_controleur(candidats: Iterable[Candidat]) -> UUID | None:
    """The inspector to take, or None when nobody is free.

    Fewest accreditations first (a gas inspector is kept for gas), then the lightest day, then the smallest unusable gap,
    then the identifier, so that the choice is always the same one.
    """
    rangs = [(c.capacites, c.charge, c.trou, c.controleur_id.bytes, c.controleur_id) for c in candidats]
    return min(rangs)[-1] if rangs else None
