"""Ranges of a local day in minutes after midnight, half-open, and their instants in UTC."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo

MINUTES_JOUR: Final = 24 * 60


class HeureInvalide(ValueError):
    """Not an hour of the day written `HH:MM`."""


@dataclass(frozen=True, order=True, slots=True)
class Plage:
    """`[debut, fin)` in minutes after local midnight, `0 <= debut < fin <= 1440`."""

    debut: int
    fin: int

    def __post_init__(self) -> None:
        if not 0 <= self.debut < self.fin <= MINUTES_JOUR:
            raise ValueError(f"{self.debut}-{self.fin}")


Plages = tuple[Plage, ...]
Intervalle = tuple[datetime, datetime]
"""`[debut, fin)`, aware UTC."""


def parse_heure(texte: str) -> int:
    """Minutes after midnight of `HH:MM`; `24:00` is the end of the day. Raises `HeureInvalide`."""
    heures, deux_points, minutes = texte.strip().partition(":")
    if (
        deux_points
        and 1 <= len(heures) <= 2
        and len(minutes) == 2
        and (heures + minutes).isascii()
        and (heures + minutes).isdigit()
    ):
        total = int(heures) * 60 + int(minutes)
        if int(minutes) < 60 and total <= MINUTES_JOUR:
            return total
    raise HeureInvalide(texte)


def write_heure(minutes: int) -> str:
    """The inverse of `parse_heure`: 480 gives `08:00`."""
    return f"{minutes // 60:02d}:{minutes % 60:02d}"


def merge(plages: Iterable[Plage]) -> Plages:
    """The same minutes as sorted, disjoint ranges that do not touch."""
    sortie: list[Plage] = []
    for plage in sorted(plages):
        if sortie and plage.debut <= sortie[-1].fin:
            sortie[-1] = Plage(sortie[-1].debut, max(sortie[-1].fin, plage.fin))
        else:
            sortie.append(plage)
    return tuple(sortie)


def intersect(gauche: Iterable[Plage], droite: Iterable[Plage]) -> Plages:
    """Minutes that are in both."""
    droites = merge(droite)
    return tuple(
        Plage(max(g.debut, d.debut), min(g.fin, d.fin))
        for g in merge(gauche)
        for d in droites
        if max(g.debut, d.debut) < min(g.fin, d.fin)
    )


def subtract(plages: Iterable[Plage], retirees: Iterable[Plage]) -> Plages:
    """Minutes of the first that are not in the second."""
    libre: list[Plage] = []
    curseur = 0
    for retiree in merge(retirees):
        if curseur < retiree.debut:
            libre.append(Plage(curseur, retiree.debut))
        curseur = retiree.fin
    if curseur < MINUTES_JOUR:
        libre.append(Plage(curseur, MINUTES_JOUR))
    return intersect(plages, libre)


def _offset(zone: ZoneInfo, instant: datetime) -> timedelta:
    decalage = instant.astimezone(zone).utcoffset()
    return decalage if decalage is not None else timedelta()  # a ZoneInfo always has one; the type does not know


@lru_cache(maxsize=4096)
def _segments(fuseau: str, jour: date) -> tuple[tuple[datetime, datetime, timedelta], ...]:
    """The local day as stretches of constant offset: (start UTC, end UTC, offset).

    French territories change their clocks at most once a day, so one bisection finds the instant.
    """
    zone = ZoneInfo(fuseau)
    debut = datetime.combine(jour, time(), zone).astimezone(UTC)
    fin = datetime.combine(jour + timedelta(days=1), time(), zone).astimezone(UTC)
    avant, apres = _offset(zone, debut), _offset(zone, fin - timedelta(minutes=1))
    if avant == apres:
        return ((debut, fin, avant),)
    bas, haut = debut, fin
    while haut - bas > timedelta(minutes=1):
        milieu = bas + timedelta(minutes=int((haut - bas) / timedelta(minutes=2)))
        if _offset(zone, milieu) == avant:
            bas = milieu
        else:
            haut = milieu
    return ((debut, haut, avant), (haut, fin, apres))


def to_utc(jour: date, plages: Iterable[Plage], fuseau: str) -> tuple[Intervalle, ...]:
    """Instants at which the clock on the wall shows a time within `plages`, as disjoint UTC intervals in order.

    On the spring day the hour that does not exist disappears; on the autumn day the hour that exists twice counts twice.
    """
    minuit = datetime.combine(jour, time(), UTC)
    locales = merge(plages)
    sortie: list[Intervalle] = []
    for debut_segment, fin_segment, decalage in _segments(fuseau, jour):
        for plage in locales:
            debut = max(minuit + timedelta(minutes=plage.debut) - decalage, debut_segment)
            fin = min(minuit + timedelta(minutes=plage.fin) - decalage, fin_segment)
            if debut >= fin:
                continue
            if sortie and sortie[-1][1] == debut:
                sortie[-1] = (sortie[-1][0], fin)
            else:
                sortie.append((debut, fin))
    return tuple(sortie)
