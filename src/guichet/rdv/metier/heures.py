"""The centre's wall clock: local times, the two clock changes, the grid of starts."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

GRILLES: Final = (5, 10, 15, 20, 30, 60)
"""Grids a tenant may choose, in minutes: divisors of the hour, so that the wall clock agrees on both clock-change days."""


class HeureInexistante(ValueError):
    """A local time that the spring clock change skips."""


class HeureAmbigue(ValueError):
    """A local time that the autumn clock change shows twice; an offset must say which."""


class DecalageFaux(ValueError):
    """An offset the place does not have at that time."""


def instant_local(jour: date, heure: time, zone: ZoneInfo, decalage: timedelta | None = None) -> datetime:
    """The instant (UTC) at which the wall clock of `zone` shows `heure` on `jour`.

    `decalage` is the offset from UTC the caller meant. Raises `HeureInexistante`, `HeureAmbigue` (no offset given) or
    `DecalageFaux`.
    """
    locale = datetime.combine(jour, heure)
    candidats = {
        instant
        for fold in (0, 1)
        if (instant := locale.replace(tzinfo=zone, fold=fold).astimezone(UTC)).astimezone(zone).replace(tzinfo=None)
        == locale
    }
    if not candidats:
        raise HeureInexistante
    if decalage is not None:
        voulus = [i for i in candidats if i.astimezone(zone).utcoffset() == decalage]
        if not voulus:
            raise DecalageFaux
        return voulus[0]
    if len(candidats) > 1:
        raise HeureAmbigue
    return candidats.pop()


def jour_local(instant: datetime, zone: ZoneInfo) -> date:
    """The date on the wall of the place at an instant."""
    return instant.astimezone(zone).date()


def minuit(jour: date, zone: ZoneInfo) -> datetime:
    """The first instant (UTC) of a local day."""
    return datetime.combine(jour, time(), zone).astimezone(UTC)


def on_grid(instant: datetime, zone: ZoneInfo, grille: int) -> bool:
    """True when the wall clock shows a time of the grid (whole minutes, a multiple of `grille` within the hour)."""
    local = instant.astimezone(zone)
    return local.second == 0 and local.microsecond == 0 and local.minute % grille == 0


def next_on_grid(instant: datetime, zone: ZoneInfo, grille: int) -> datetime:
    """The first instant of the grid that is not before `instant`."""
    local = instant.astimezone(zone)
    au_dela = timedelta(minutes=local.minute % grille, seconds=local.second, microseconds=local.microsecond)
    return instant if not au_dela else instant - au_dela + timedelta(minutes=grille)


def format_decalage(instant: datetime, zone: ZoneInfo) -> str:
    """The offset of a place at an instant, as ISO 8601 writes it (`+02:00`)."""
    return instant.astimezone(zone).isoformat()[-6:]
