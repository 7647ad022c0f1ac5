"""Public holidays of every French territory, for any year.

Source: Code du travail, articles L3133-1 (the eleven legal holidays) and L3422-2 (abolition of slavery overseas), local
law of Alsace-Moselle (ordinance of 16 August 1892). Customary local days are left to each centre's exceptional closings.
"""

from collections.abc import Mapping
from datetime import date, timedelta
from functools import cache
from types import MappingProxyType
from typing import Final

from guichet.reseau.metier.territoires import Territoire

_FIXES: Final = (
    (1, 1, "1er janvier"),
    (5, 1, "1er mai"),
    (5, 8, "8 mai"),
    (7, 14, "14 juillet"),
    (8, 15, "Assomption"),
    (11, 1, "Toussaint"),
    (11, 11, "11 novembre"),
    (12, 25, "Jour de Noël"),
)
_MOBILES: Final = ((1, "Lundi de Pâques"), (39, "Ascension"), (50, "Lundi de Pentecôte"))
_ABOLITION: Final = {
    Territoire.MAYOTTE: (4, 27),
    Territoire.MARTINIQUE: (5, 22),
    Territoire.GUADELOUPE: (5, 27),
    Territoire.GUYANE: (6, 10),
    Territoire.SAINT_BARTHELEMY: (10, 9),
    Territoire.REUNION: (12, 20),
}
_SAINT_MARTIN_28_MAI_DEPUIS: Final = 2018


def paques(annee: int) -> date:
    """Easter Sunday of a Gregorian year (algorithm of Meeus, Jones and Butcher)."""
    siecle, reste = divmod(annee, 100)
    or_ = annee % 19
    epacte = (19 * or_ + siecle - siecle // 4 - (siecle - (siecle + 8) // 25 + 1) // 3 + 15) % 30
    jour = (32 + 2 * (siecle % 4) + 2 * (reste // 4) - epacte - reste % 4) % 7
    correction = (or_ + 11 * epacte + 22 * jour) // 451
    mois, rang = divmod(epacte + jour - 7 * correction + 114, 31)
    return date(annee, mois, rang + 1)


@cache
def jours_feries(territoire: Territoire, annee: int) -> Mapping[date, str]:
    """Holidays of a year, in date order; the French name is also the key for translation.

    Two holidays on one day (1 May 2008 was also Ascension) keep the fixed one's name.
    """
    feries = {date(annee, mois, jour): nom for mois, jour, nom in _FIXES}
    dimanche = paques(annee)
    for ecart, nom in _MOBILES:
        feries.setdefault(dimanche + timedelta(days=ecart), nom)
    if territoire is Territoire.ALSACE_MOSELLE:
        feries.setdefault(dimanche - timedelta(days=2), "Vendredi saint")
        feries[date(annee, 12, 26)] = "2ème jour de Noël"
    abolition = _ABOLITION.get(territoire)
    if territoire is Territoire.SAINT_MARTIN:
        abolition = (5, 28) if annee >= _SAINT_MARTIN_28_MAI_DEPUIS else (5, 27)
    if abolition:
        feries.setdefault(date(annee, *abolition), "Abolition de l'esclavage")
    return MappingProxyType(dict(sorted(feries.items())))


def jour_ferie(territoire: Territoire, jour: date) -> str | None:
    """French name of the holiday on that day, or None."""
    return jours_feries(territoire, jour.year).get(jour)
