"""How dates, hours, money and counts are written for people, in French and in English.

Written here rather than through a library because lists show hundreds of them; the words come from CLDR, read once.
"""

from datetime import date, datetime, time, timedelta
from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache
from zoneinfo import ZoneInfo

from babel import Locale

from guichet.socle.horloge import now
from guichet.socle.i18n.catalogues import current_locale
from guichet.socle.i18n.phrases import _, ngettext
from guichet.socle.i18n.typographie import FINE, INSECABLE


@lru_cache
def _noms(locale: str) -> tuple[dict[int, str], dict[int, str], dict[int, str], dict[int, str]]:
    cldr = Locale.parse("en_GB" if locale == "en" else "fr_FR")
    days, months = cldr.days["format"], cldr.months["format"]
    return (
        {i: days["wide"][i] for i in range(7)},
        {i: days["abbreviated"][i] for i in range(7)},
        {i: months["wide"][i] for i in range(1, 13)},
        {i: months["abbreviated"][i] for i in range(1, 13)},
    )


def format_date(jour: date, forme: str = "long") -> str:
    """A date in words or figures.

    `forme`: `long` "vendredi 20 novembre 2026", `jour` "vendredi 20 novembre", `mois` "20 novembre 2026",
    `abrege` "ven. 20 nov.", `court` "20/11/2026". An aware datetime must already be in the reader's zone.
    """
    if forme == "court":
        return f"{jour.day:02}/{jour.month:02}/{jour.year}"
    french = current_locale() == "fr"
    days, short_days, months, short_months = _noms(current_locale())
    number = "1er" if french and jour.day == 1 else str(jour.day)
    if forme == "abrege":
        return f"{short_days[jour.weekday()]}{INSECABLE}{number}{INSECABLE}{short_months[jour.month]}"
    text = f"{number}{INSECABLE}{months[jour.month]}"
    if forme in {"long", "jour"}:
        text = f"{days[jour.weekday()]} {text}"
    if forme in {"long", "mois"}:
        text = f"{text} {jour.year}"
    return text


def format_heure(heure: time | datetime, *, court: bool = False, zone: ZoneInfo | None = None) -> str:
    """An hour of the day: "14 h 30". `court` leaves out ":00" ("8 h"); `zone` converts an aware datetime first."""
    if zone is not None and isinstance(heure, datetime):
        heure = heure.astimezone(zone)
    if current_locale() == "en":
        return f"{heure.hour}:{heure.minute:02}"
    if court and heure.minute == 0:
        return f"{heure.hour}{INSECABLE}h"
    return f"{heure.hour}{FINE}h{FINE}{heure.minute:02}"


def format_instant(instant: datetime, zone: ZoneInfo, forme: str = "long") -> str:
    """A date and an hour in a zone: "vendredi 20 novembre 2026 à 14 h 30"."""
    local = instant.astimezone(zone)
    return _("{date} à {heure}", date=format_date(local, forme), heure=format_heure(local))


def format_nombre(nombre: float | Decimal, decimales: int = 0) -> str:
    """A count: "12 345", "3,5". Halves round away from zero."""
    step = Decimal(1).scaleb(-decimales)
    exact = Decimal(str(nombre)).quantize(step, rounding=ROUND_HALF_UP)
    text = f"{exact:,.{decimales}f}"
    if current_locale() == "en":
        return text
    return text.replace(",", FINE).replace(".", ",").replace("-", "−")


def format_montant(centimes: int) -> str:
    """An amount of euros given in cents: "1 234,50 €"."""
    amount = format_nombre(Decimal(abs(centimes)) / 100, 2)
    sign = "−" if centimes < 0 else ""
    return f"{sign}€{amount}" if current_locale() == "en" else f"{sign}{amount}{INSECABLE}€"


def format_duree(minutes: int) -> str:
    """A length of time given in minutes: "45 min", "1 h 30"."""
    hours, rest = divmod(minutes, 60)
    if hours == 0:
        return f"{rest}{INSECABLE}min"
    return f"{hours}{INSECABLE}h" if rest == 0 else f"{hours}{FINE}h{FINE}{rest:02}"


_STEPS: tuple[tuple[timedelta, timedelta], ...] = (
    (timedelta(hours=1), timedelta(minutes=1)),
    (timedelta(days=1), timedelta(hours=1)),
    (timedelta(days=45), timedelta(days=1)),
)


def format_relatif(instant: datetime, reference: datetime | None = None) -> str:
    """How far an instant is from now (or from `reference`): "il y a 24 min", "dans 4 jours"; a date beyond 45 days."""
    base = reference or now()
    gap = instant - base
    distance = abs(gap)
    if distance < timedelta(minutes=1):
        return _("à l’instant") if gap <= timedelta(0) else _("dans un instant")
    past = gap < timedelta(0)
    for rank, (limit, unit) in enumerate(_STEPS):
        if distance < limit:
            return _relative(rank, distance // unit, past=past)
    return format_date(instant, "mois")


def _relative(rank: int, n: int, *, past: bool) -> str:
    if rank == 0:
        return _("il y a {n} min", n=n) if past else _("dans {n} min", n=n)
    if rank == 1:
        return _("il y a {n} h", n=n) if past else _("dans {n} h", n=n)
    if past:
        return ngettext("il y a {n} jour", "il y a {n} jours", n)
    return ngettext("dans {n} jour", "dans {n} jours", n)
