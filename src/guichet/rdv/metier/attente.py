"""The waiting list: who is offered a freed place, until when, and at what hours (rule 5).

Priority entries first, then first come first served; only to whom the place fits. An offer holds the place until its
deadline, which is dead even if no job ran; it is not sent in the quiet hours of the centre.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Final
from uuid import UUID
from zoneinfo import ZoneInfo

from guichet.rdv.metier.intervalles import Intervalle

CALME_DEBUT: Final = time(21)
CALME_FIN: Final = time(8)


@dataclass(frozen=True, slots=True)
class Inscription:
    """An entry of the list. `du`..`au`: the local days that suit, both included; `depuis`: when it was made.

    `rdv_debut`: the start of the appointment the person already has and would give back for an earlier one.
    """

    id: UUID
    depuis: datetime
    priorite: bool
    duree: timedelta
    besoins: frozenset[str]
    du: date
    au: date
    rdv_debut: datetime | None = None


@dataclass(frozen=True, slots=True)
class PlaceLibre:
    """A freed nominal place: an uninterrupted stretch of one inspector, what they may inspect, and its local day."""

    intervalle: Intervalle
    capacites: frozenset[str]
    jour: date


def fits(inscription: Inscription, place: PlaceLibre) -> bool:
    """Whether the place suits: long enough, accredited, on a wanted day, earlier than the appointment already held."""
    return (
        inscription.besoins <= place.capacites
        and inscription.duree <= place.intervalle.duree
        and inscription.du <= place.jour <= inscription.au
        and (inscription.rdv_debut is None or place.intervalle.debut < inscription.rdv_debut)
    )


def rank_inscriptions(inscriptions: Iterable[Inscription]) -> list[Inscription]:
    """The order of the list: priority, then first come; the identifier separates those of one instant."""
    return sorted(inscriptions, key=lambda i: (not i.priorite, i.depuis, i.id.bytes))


def choose_inscription(
    inscriptions: Iterable[Inscription], place: PlaceLibre, *, ecartees: frozenset[UUID] = frozenset()
) -> Inscription | None:
    """The first entry that fits; `ecartees` have had this place offered already."""
    convient = (i for i in rank_inscriptions(inscriptions) if i.id not in ecartees and fits(i, place))
    return next(convient, None)


def is_calme(instant: datetime, zone: ZoneInfo, debut: time = CALME_DEBUT, fin: time = CALME_FIN) -> bool:
    """True in the quiet hours `[debut, fin)` of a place's wall clock; they may span midnight. Equal bounds: never."""
    heure = instant.astimezone(zone).time()
    return debut <= heure < fin if debut <= fin else heure >= debut or heure < fin


def wait_for_calm(instant: datetime, zone: ZoneInfo, debut: time = CALME_DEBUT, fin: time = CALME_FIN) -> datetime:
    """The first instant from `instant` on that is not in the quiet hours (UTC kept as given outside them).

    An end that the spring clock change skips is the first instant after it; one it repeats in autumn is the second.
    """
    if not is_calme(instant, zone, debut, fin):
        return instant
    local = instant.astimezone(zone)
    jour = local.date() if local.time() < fin else local.date() + timedelta(days=1)
    sortie = datetime.combine(jour, fin, zone).astimezone(instant.tzinfo)
    if sortie < instant or is_calme(sortie, zone, debut, fin):
        sortie = datetime.combine(jour, fin, zone).replace(fold=1).astimezone(instant.tzinfo)
    return sortie


def deadline(envoyee_a: datetime, *, minutes: int, debut: datetime) -> datetime:
    """When an offer lapses: `minutes` of elapsed time after it was sent, at the start of the place at the latest."""
    return min(envoyee_a + timedelta(minutes=minutes), debut)


def is_lapsed(expire_a: datetime, maintenant: datetime) -> bool:
    """An offer is dead at its deadline, whether or not anything has cleaned it up."""
    return maintenant >= expire_a
