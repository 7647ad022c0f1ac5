"""Which free inspector takes an appointment (rule 8): keep rare accreditations free, balance the day, leave no gap."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from guichet.rdv.metier.intervalles import Intervalle


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


def trou_perdu(libre: Intervalle, voulu: Intervalle) -> timedelta:
    """What an appointment placed in a free stretch leaves on its two sides, counted only where it is too short for another."""
    cotes = (voulu.debut - libre.debut, libre.fin - voulu.fin)
    return sum((c for c in cotes if c < voulu.duree), timedelta())


def choose_controleur(candidats: Iterable[Candidat]) -> UUID | None:
    """The inspector to take, or None when nobody is free.

    Fewest accreditations first (a gas inspector is kept for gas), then the lightest day, then the smallest unusable gap,
    then the identifier, so that the choice is always the same one.
    """
    rangs = rank_controleurs(candidats)
    return rangs[0].controleur_id if rangs else None


def rank_controleurs(candidats: Iterable[Candidat]) -> list[Candidat]:
    """The same rule for all of them, the best first."""
    return sorted(candidats, key=lambda c: (c.capacites, c.charge, c.trou, c.controleur_id.bytes))
