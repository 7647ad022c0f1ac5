"""Calendar months, as the law and deadlines count them."""

import calendar
from datetime import date


def add_months(jour: date, mois: int) -> date:
    """`jour` moved by whole calendar months, clamped to the month's end: 30 December + 2 months = 28 February."""
    annee, rang = divmod(jour.year * 12 + jour.month - 1 + mois, 12)
    return date(annee, rang + 1, min(jour.day, calendar.monthrange(annee, rang + 1)[1]))
