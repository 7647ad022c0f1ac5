"""The waiting list: who is offered a freed place, and until when (rule 5).

Priority entries first, then first come first served; only to whom the place suits. An offer holds the place until its
deadline, which is dead even if no job ran.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from typing import Final
from uuid import UUID
from zoneinfo import ZoneInfo

JOURS_MAX: Final = 62
"""Days one may wait for at once."""
CENTRES_MAX: Final = 10
REPRISE_PRIORITE: Final = timedelta(days=60)
"""How long a cancellation by the centre gives priority."""


class StatutInscription(StrEnum):
    """Where an entry stands: it waits, has an offer, was served, was given up, or let its offer lapse."""

    ATTENTE = "attente"
    OFFRE = "offre"
    SERVIE = "servie"
    RETIREE = "retiree"
    EXPIREE = "expiree"


VIVANTES: Final = (StatutInscription.ATTENTE, StatutInscription.OFFRE)


class IssueOffre(StrEnum):
    """What became of an offer. `retiree`: the centre, or the person's leaving the list, took it back."""

    ACCEPTEE = "acceptee"
    REFUSEE = "refusee"
    EXPIREE = "expiree"
    RETIREE = "retiree"


APRES_ISSUE: Final = {
    IssueOffre.ACCEPTEE: StatutInscription.SERVIE,
    IssueOffre.REFUSEE: StatutInscription.ATTENTE,
    IssueOffre.EXPIREE: StatutInscription.EXPIREE,
    IssueOffre.RETIREE: StatutInscription.ATTENTE,
}
"""Whoever says no keeps their rank; whoever says nothing leaves the list; a place the centre takes back costs nothing."""


@dataclass(frozen=True, slots=True)
class Souhait:
    """What an entry waits for. `du`..`au`: local days, `heure_du`..`heure_au`: starts on the wall clock; all included.

    `rdv_debut`: the start of the appointment the person already has and would give back for an earlier one. `deja`: the
    starts that were offered to them before.
    """

    id: UUID
    depuis: datetime
    priorite: bool
    du: date
    au: date
    heure_du: time | None = None
    heure_au: time | None = None
    rdv_debut: datetime | None = None
    deja: frozenset[datetime] = field(default=frozenset())


def suits(souhait: Souhait, debut: datetime, zone: ZoneInfo) -> bool:
    """Whether a start suits: on a wanted day and hour, earlier than the appointment already held, not offered before."""
    local = debut.astimezone(zone)
    heure = local.time()
    return (
        souhait.du <= local.date() <= souhait.au
        and (souhait.heure_du is None or souhait.heure_du <= heure)
        and (souhait.heure_au is None or heure <= souhait.heure_au)
        and (souhait.rdv_debut is None or debut < souhait.rdv_debut)
        and debut not in souhait.deja
    )


def choose_start(
    souhait: Souhait, debuts: Iterable[datetime], zone: ZoneInfo, can_have: Callable[[datetime], bool]
) -> datetime | None:
    """The earliest start that suits and can be had (asked only of those that suit); None when there is none."""
    return next((d for d in sorted(debuts) if suits(souhait, d, zone) and can_have(d)), None)


def rank_key(souhait: Souhait) -> tuple[bool, datetime, bytes]:
    """The order of the list: priority, then first come; the identifier separates those of one instant."""
    return not souhait.priorite, souhait.depuis, souhait.id.bytes


def deadline(envoyee_a: datetime, *, minutes: int, debut: datetime) -> datetime:
    """When an offer lapses: `minutes` of elapsed time after it was sent, at the start of the place at the latest."""
    return min(envoyee_a + timedelta(minutes=minutes), debut)


def is_lapsed(expire_a: datetime, maintenant: datetime) -> bool:
    """An offer is dead at its deadline, whether or not anything has cleaned it up."""
    return maintenant >= expire_a


def issue_of_dead(expire_a: datetime, *, ecourtee_a: datetime) -> IssueOffre:
    """Why an offer whose hold died is over: `expire_a` is the deadline that was given, `ecourtee_a` when its hold ended."""
    return IssueOffre.RETIREE if ecourtee_a < expire_a else IssueOffre.EXPIREE
