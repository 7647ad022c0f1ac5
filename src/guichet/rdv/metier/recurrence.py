"""A series of stretches: the daily and weekly part of RFC 5545, repeated on the centre's wall clock.

What starts at nine starts at nine all year, whatever the clocks do; an hour that spring skips is not in the series, an hour
that autumn repeats is in it twice.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo

from dateutil.rrule import DAILY, WEEKLY, rrule

from guichet.rdv.metier.intervalles import Intervalle, merge
from guichet.reseau.facade import Plage, to_utc

JOURS: Final = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
DUREE_MAX: Final = timedelta(days=366)
"""Neither one stretch nor the way from the first to the last start is longer."""
INTERVALLE_MAX: Final = 53
CLES: Final = frozenset({"FREQ", "INTERVAL", "BYDAY", "UNTIL", "COUNT"})


class RefusRecurrence(StrEnum):
    """What is wrong with a series."""

    ILLISIBLE = "illisible"
    SANS_FIN = "sans_fin"
    TROP_LONGUE = "trop_longue"
    VIDE = "vide"
    SECONDES = "secondes"


class RecurrenceInvalide(ValueError):
    """A series that cannot be kept; `refus` says why."""

    def __init__(self, refus: RefusRecurrence) -> None:
        super().__init__(refus.value)
        self.refus = refus


class Frequence(StrEnum):
    """How often."""

    JOUR = "DAILY"
    SEMAINE = "WEEKLY"


@dataclass(frozen=True, slots=True, kw_only=True)
class Recurrence:
    """Every `intervalle` days or weeks, on `jours` (0 is Monday; empty: the first one's), until a local date or a count."""

    frequence: Frequence
    intervalle: int = 1
    jours: tuple[int, ...] = ()
    jusqu_au: date | None = None
    nombre: int | None = None

    def __str__(self) -> str:
        parties = [f"FREQ={self.frequence}"]
        if self.intervalle != 1:
            parties.append(f"INTERVAL={self.intervalle}")
        if self.jours:
            parties.append("BYDAY=" + ",".join(JOURS[j] for j in self.jours))
        parties.append(f"UNTIL={self.jusqu_au:%Y%m%d}" if self.jusqu_au else f"COUNT={self.nombre}")
        return ";".join(parties)


def parse_recurrence(texte: str, fuseau: str) -> Recurrence:
    """A series from the text of an RRULE. `UNTIL` is a date, or an instant taken at its date in `fuseau`; included.

    Raises `RecurrenceInvalide`: anything but the daily and weekly part, no end, both ends.
    """
    parties = [p.partition("=") for p in texte.strip().upper().removeprefix("RRULE:").split(";") if p]
    champs = {cle: valeur for cle, _egal, valeur in parties}
    if len(champs) != len(parties) or not champs.keys() <= CLES:
        raise RecurrenceInvalide(RefusRecurrence.ILLISIBLE)
    if "UNTIL" not in champs and "COUNT" not in champs:
        raise RecurrenceInvalide(RefusRecurrence.SANS_FIN)
    try:
        recurrence = Recurrence(
            frequence=Frequence(champs.get("FREQ", "")),
            intervalle=_whole(champs.get("INTERVAL", "1"), INTERVALLE_MAX),
            jours=tuple(sorted({JOURS.index(j) for j in champs["BYDAY"].split(",")})) if "BYDAY" in champs else (),
            jusqu_au=_read_until(champs["UNTIL"], fuseau) if "UNTIL" in champs else None,
            nombre=_whole(champs["COUNT"], DUREE_MAX.days) if "COUNT" in champs else None,
        )
    except (ValueError, OverflowError):
        raise RecurrenceInvalide(RefusRecurrence.ILLISIBLE) from None
    if recurrence.jusqu_au is not None and recurrence.nombre is not None:
        raise RecurrenceInvalide(RefusRecurrence.ILLISIBLE)
    return recurrence


def _whole(texte: str, maximum: int) -> int:
    if not (texte.isascii() and texte.isdigit() and 1 <= int(texte[:9]) <= maximum):
        raise ValueError(texte)
    return int(texte)


def _read_until(texte: str, fuseau: str) -> date:
    if texte.endswith("Z"):
        instant = datetime.strptime(texte, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
        return instant.astimezone(ZoneInfo(fuseau)).date()
    return datetime.strptime(texte, "%Y%m%d").replace(tzinfo=UTC).date()


@lru_cache(maxsize=1024)
def occurrences(debut: datetime, fin: datetime, recurrence: Recurrence | None, fuseau: str) -> tuple[Intervalle, ...]:
    """Every stretch of a series, sorted, touching ones joined, as UTC instants; without series the one stretch.

    In: the first stretch, aware. Raises `RecurrenceInvalide` for a series that never happens, spans more than a year, or
    does not begin and end on whole minutes.
    """
    if recurrence is None:
        return (Intervalle(debut.astimezone(UTC), fin.astimezone(UTC)),)
    zone = ZoneInfo(fuseau)
    premier, dernier = (i.astimezone(zone).replace(tzinfo=None) for i in (debut, fin))
    if premier.second or premier.microsecond or dernier.second or dernier.microsecond or premier >= dernier:
        raise RecurrenceInvalide(RefusRecurrence.SECONDES)
    limite = premier + DUREE_MAX
    regle = rrule(
        DAILY if recurrence.frequence is Frequence.JOUR else WEEKLY,
        dtstart=premier,
        interval=recurrence.intervalle,
        byweekday=recurrence.jours or None,
        count=recurrence.nombre,
        until=datetime.combine(recurrence.jusqu_au, time.max) if recurrence.jusqu_au else None,
    )
    morceaux: list[Intervalle] = []
    for depart in regle:
        if depart > limite:
            raise RecurrenceInvalide(RefusRecurrence.TROP_LONGUE)
        morceaux.extend(_on_the_wall(depart, depart + (dernier - premier), fuseau))
    if not morceaux:
        raise RecurrenceInvalide(RefusRecurrence.VIDE)
    return tuple(merge(morceaux))


def _on_the_wall(depart: datetime, arrivee: datetime, fuseau: str) -> list[Intervalle]:
    """The instants at which the wall clock shows a time of `[depart, arrivee)`."""
    sortie: list[Intervalle] = []
    jour = depart.date()
    while datetime.combine(jour, time()) < arrivee:
        bornes = [
            min(max(int((borne - datetime.combine(jour, time())) / timedelta(minutes=1)), 0), 24 * 60)
            for borne in (depart, arrivee)
        ]
        sortie.extend(Intervalle(d, f) for d, f in to_utc(jour, [Plage(bornes[0], bornes[1])], fuseau))
        jour += timedelta(days=1)
    return sortie
