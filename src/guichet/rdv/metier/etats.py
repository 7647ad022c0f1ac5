"""The life of an appointment: which state may follow which (the founding documents' states; ADR 77 for holds)."""

from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from guichet.rdv.metier.heures import jour_local
from guichet.rdv.metier.types import MotifAnnulation, Statut

TRANSITIONS: Final = {
    Statut.EN_ATTENTE_PAIEMENT: frozenset({Statut.CONFIRME, Statut.ANNULE}),
    Statut.CONFIRME: frozenset({Statut.EN_COURS, Statut.ABSENT, Statut.ANNULE}),
    Statut.EN_COURS: frozenset({Statut.TERMINE}),
    Statut.ABSENT: frozenset({Statut.CONFIRME}),
    Statut.TERMINE: frozenset[Statut](),
    Statut.ANNULE: frozenset[Statut](),
}
"""`annule` and `termine` are final; an absence may be taken back, the same day only."""


def can_become(avant: Statut, apres: Statut, *, debut: datetime, maintenant: datetime, zone: ZoneInfo) -> bool:
    """True when the state may change now. Nobody is absent before the hour; an absence is undone on its own day."""
    if apres not in TRANSITIONS[avant]:
        return False
    if apres is Statut.ABSENT:
        return maintenant >= debut
    if avant is Statut.ABSENT:
        return jour_local(maintenant, zone) == jour_local(debut, zone)
    return True


def can_start(debut: datetime, maintenant: datetime, *, zone: ZoneInfo) -> bool:
    """An inspection begins on the local day of its appointment, early or late."""
    return jour_local(maintenant, zone) == jour_local(debut, zone)


def can_check_in(
    debut: datetime, fin: datetime, maintenant: datetime, *, zone: ZoneInfo, avance: timedelta | None
) -> bool:
    """Whether an arrival may be noted now: on the local day, and when `avance` is given, from that long before the start
    until the end."""
    if jour_local(maintenant, zone) != jour_local(debut, zone):
        return False
    return avance is None or debut - avance <= maintenant < fin


def is_dead_hold(statut: Statut, expire_a: datetime | None, maintenant: datetime) -> bool:
    """A hold is dead at its deadline, whether or not anything has cleaned it up (rule 6)."""
    return statut is Statut.EN_ATTENTE_PAIEMENT and expire_a is not None and expire_a <= maintenant


def read_statut(
    statut: Statut, motif: MotifAnnulation | None, expire_a: datetime | None, maintenant: datetime
) -> tuple[Statut, MotifAnnulation | None]:
    """State and reason as they must be shown: a dead hold reads as cancelled by expiry."""
    if is_dead_hold(statut, expire_a, maintenant):
        return Statut.ANNULE, MotifAnnulation.EXPIRATION
    return statut, motif
