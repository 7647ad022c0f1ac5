"""Which free inspector takes an appointment (rule 8): keep rare accreditations free, balance the day, leave no gap."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
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


class RaisonAffectation(StrEnum):
    """What speaks for an inspector, in the order of the rule."""

    AGREMENTS_RARES_GARDES = "agrements_rares_gardes"
    CHARGE_LEGERE = "charge_legere"
    SANS_TROU = "sans_trou"


def explain_rank(candidat: Candidat, tous: Sequence[Candidat]) -> tuple[RaisonAffectation, ...]:
    """The reasons that hold: nobody free has fewer accreditations, nobody a lighter day, no unusable gap is left."""
    raisons = (
        (candidat.capacites == min(c.capacites for c in tous), RaisonAffectation.AGREMENTS_RARES_GARDES),
        (candidat.charge == min(c.charge for c in tous), RaisonAffectation.CHARGE_LEGERE),
        (not candidat.trou, RaisonAffectation.SANS_TROU),
    )
    return tuple(raison for vraie, raison in raisons if vraie)
