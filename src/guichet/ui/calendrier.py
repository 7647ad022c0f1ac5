"""Days and hours as screens draw them: the parts of an hour, of a date, the grid of a month."""

from calendar import Calendar
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from guichet.socle.horloge import now, today
from guichet.socle.i18n import current_locale, format_date, format_heure

PARIS = ZoneInfo("Europe/Paris")


@dataclass(frozen=True, kw_only=True)
class PartiesHeure:
    """An hour cut for display: figures in bold, what joins them in light."""

    heures: str
    entre: str
    minutes: str
    datetime: str


@dataclass(frozen=True, kw_only=True)
class PartiesDate:
    """A date cut for a ticket: weekday, large number, month."""

    semaine: str
    jour: str
    mois: str
    datetime: str


@dataclass(frozen=True, kw_only=True)
class Jour:
    """A square of a month."""

    iso: str
    numero: int
    long: str


@dataclass(frozen=True, kw_only=True)
class Entete:
    """The name of a column of a month."""

    court: str
    long: str


@dataclass(frozen=True, kw_only=True)
class Mois:
    """A month in weeks from Monday; squares of other months are None."""

    titre: str
    entetes: tuple[Entete, ...]
    semaines: tuple[tuple[Jour | None, ...], ...]


def local(instant: datetime) -> datetime:
    """An instant as people read it: UTC ones in Paris time, others in the zone they carry (the centre's)."""
    return instant.astimezone(PARIS) if instant.tzinfo is UTC else instant


def hour_parts(instant: datetime | time) -> PartiesHeure:
    """The parts of "14 h 30" (of "14:30" in English). An aware instant must carry the centre's zone."""
    if isinstance(instant, datetime):
        instant = local(instant)
    texte = format_heure(instant)
    heures, minutes = str(instant.hour), f"{instant.minute:02}"
    return PartiesHeure(
        heures=heures,
        entre=texte[len(heures) : -len(minutes)],
        minutes=minutes,
        datetime=instant.isoformat(timespec="minutes"),
    )


def date_parts(jour: date) -> PartiesDate:
    """The parts of "mardi 24 novembre"."""
    if isinstance(jour, datetime):
        jour = local(jour).date()
    semaine, reste = format_date(jour, "jour").split(" ", 1)
    numero, mois = reste.split("\u00a0", 1)
    return PartiesDate(semaine=semaine, jour=numero, mois=mois, datetime=jour.isoformat())


def month_grid(mois: date) -> Mois:
    """The grid of the month `mois` belongs to."""
    premier = mois.replace(day=1)
    lundi = date(2024, 1, 1)  # a Monday: only its weekday names are used
    entetes = []
    for n in range(7):
        long = format_date(lundi + timedelta(days=n), "jour").split(" ", 1)[0]
        entetes.append(Entete(court=long[:2], long=long))
    semaines = tuple(
        tuple(
            Jour(iso=j.isoformat(), numero=j.day, long=format_date(j, "jour")) if j.month == premier.month else None
            for j in semaine
        )
        for semaine in Calendar().monthdatescalendar(premier.year, premier.month)
    )
    titre = format_date(premier, "mois").split("\u00a0", 1)[1]
    return Mois(
        titre=titre.capitalize() if current_locale() == "fr" else titre, entetes=tuple(entetes), semaines=semaines
    )


def paris_today() -> date:
    """Today in Paris, by the one clock."""
    return today(PARIS)


def seconds_left(fin: datetime) -> int:
    """Whole seconds before `fin`, never negative."""
    return max(0, int((fin - now()).total_seconds()))


def format_secondes(secondes: int) -> str:
    """A short length of time to the second: "12 min 40 s"."""
    return f"{secondes // 60}\u00a0min {secondes % 60:02}\u00a0s"
