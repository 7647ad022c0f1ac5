"""Holidays of every territory, checked against the official calendar (Etalab, 2006 to 2031) when this was written."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guichet.reseau.metier.feries import jour_ferie, jours_feries, paques
from guichet.reseau.metier.territoires import Territoire

# Easter Sundays of the official calendar's years.
PAQUES = {
    2006: (4, 16), 2007: (4, 8), 2008: (3, 23), 2009: (4, 12), 2010: (4, 4), 2011: (4, 24), 2012: (4, 8),
    2013: (3, 31), 2014: (4, 20), 2015: (4, 5), 2016: (3, 27), 2017: (4, 16), 2018: (4, 1), 2019: (4, 21),
    2020: (4, 12), 2021: (4, 4), 2022: (4, 17), 2023: (4, 9), 2024: (3, 31), 2025: (4, 20), 2026: (4, 5),
    2027: (3, 28), 2028: (4, 16), 2029: (4, 1), 2030: (4, 21), 2031: (4, 13),
}  # fmt: skip
NATIONAUX = ("01-01", "05-01", "05-08", "07-14", "08-15", "11-01", "11-11", "12-25")
LOCAUX = {
    Territoire.GUADELOUPE: "05-27",
    Territoire.MARTINIQUE: "05-22",
    Territoire.GUYANE: "06-10",
    Territoire.REUNION: "12-20",
    Territoire.MAYOTTE: "04-27",
    Territoire.SAINT_BARTHELEMY: "10-09",
}


def official(territoire: Territoire, annee: int) -> set[date]:
    """The official list, written from the calendar's own rules rather than from the code under test."""
    dimanche = date(annee, *PAQUES[annee])
    jours = {date.fromisoformat(f"{annee}-{jour}") for jour in NATIONAUX}
    jours |= {dimanche + timedelta(1), dimanche + timedelta(39), dimanche + timedelta(50)}
    if territoire in LOCAUX:
        jours.add(date.fromisoformat(f"{annee}-{LOCAUX[territoire]}"))
    if territoire is Territoire.ALSACE_MOSELLE:
        jours |= {dimanche - timedelta(2), date(annee, 12, 26)}
    if territoire is Territoire.SAINT_MARTIN:
        jours.add(date(annee, 5, 27 if annee < 2018 else 28))
    return jours


@pytest.mark.parametrize("territoire", list(Territoire))
def test_every_territory_has_the_official_holidays_of_2006_to_2031(territoire: Territoire):
    for annee in PAQUES:
        assert set(jours_feries(territoire, annee)) == official(territoire, annee), annee


@pytest.mark.parametrize(
    ("territoire", "jour", "nom"),
    [
        (Territoire.METROPOLE, "2006-06-05", "Lundi de Pentecôte"),  # left out by many lists: worked in 2006 and 2007
        (Territoire.METROPOLE, "2007-05-28", "Lundi de Pentecôte"),
        (Territoire.METROPOLE, "2026-12-26", None),
        (Territoire.METROPOLE, "2026-04-03", None),
        (Territoire.ALSACE_MOSELLE, "2026-04-03", "Vendredi saint"),
        (Territoire.ALSACE_MOSELLE, "2026-12-26", "2ème jour de Noël"),
        (Territoire.GUADELOUPE, "2026-05-27", "Abolition de l'esclavage"),
        (Territoire.GUADELOUPE, "2026-04-03", None),
        (Territoire.GUADELOUPE, "2026-07-21", None),
        (Territoire.MARTINIQUE, "2026-05-22", "Abolition de l'esclavage"),
        (Territoire.GUYANE, "2026-06-10", "Abolition de l'esclavage"),
        (Territoire.REUNION, "2026-12-20", "Abolition de l'esclavage"),
        (Territoire.MAYOTTE, "2026-04-27", "Abolition de l'esclavage"),
        (Territoire.SAINT_BARTHELEMY, "2007-10-09", "Abolition de l'esclavage"),
        (Territoire.SAINT_MARTIN, "2017-05-27", "Abolition de l'esclavage"),
        (Territoire.SAINT_MARTIN, "2017-05-28", None),
        (Territoire.SAINT_MARTIN, "2018-05-28", "Abolition de l'esclavage"),
        (Territoire.SAINT_PIERRE_ET_MIQUELON, "2026-07-14", "14 juillet"),
        (Territoire.WALLIS_ET_FUTUNA, "2026-07-29", None),
        (Territoire.POLYNESIE, "2026-03-05", None),
        (Territoire.NOUVELLE_CALEDONIE, "2026-09-24", None),
    ],
)
def test_known_days_of_each_territory(territoire: Territoire, jour: str, nom: str | None):
    assert jour_ferie(territoire, date.fromisoformat(jour)) == nom


def test_ascension_on_the_first_of_may_keeps_the_fixed_name():
    assert jours_feries(Territoire.METROPOLE, 2008)[date(2008, 5, 1)] == "1er mai"


@pytest.mark.parametrize(
    ("annee", "attendu"), [(1583, (4, 10)), (1818, (3, 22)), (1943, (4, 25)), (2100, (3, 28)), (2285, (3, 22))]
)
def test_easter_of_years_far_away(annee: int, attendu: tuple[int, int]):
    assert paques(annee) == date(annee, *attendu)


@given(st.integers(1583, 9998), st.sampled_from(list(Territoire)))
def test_holidays_of_any_year_are_sorted_and_within_it(annee: int, territoire: Territoire):
    jours = list(jours_feries(territoire, annee))
    assert jours == sorted(jours)
    assert {j.year for j in jours} == {annee}
    assert 10 <= len(jours) <= 13
    assert paques(annee).weekday() == 6
