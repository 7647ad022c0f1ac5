"""What the page of a centre says of its exceptional days."""

from datetime import date

import pytest

from guichet.rdv.pages.centre import exceptional_days
from guichet.reseau.facade import Exceptionnel, Plage

JOUR = date(2026, 12, 24)


def said(*, du: date = JOUR, au: date = JOUR, ouverture: bool = False, plages: tuple[tuple[int, int], ...] = ()) -> str:
    heures = tuple(Plage(debut * 60, fin * 60) for debut, fin in plages)
    jour = Exceptionnel(du=du, au=au, ouverture=ouverture, plages=heures)
    (phrase,) = exceptional_days([jour], aujourdhui=date(2026, 12, 1))
    return phrase.replace("\u00a0", " ").replace("\u202f", " ")


@pytest.mark.parametrize(
    ("jour", "phrase"),
    [
        ({}, "Fermé le jeudi 24 décembre."),
        ({"au": date(2026, 12, 26)}, "Fermé du jeudi 24 décembre au samedi 26 décembre."),
        ({"plages": ((16, 24),)}, "Fermé le jeudi 24 décembre, à partir de 16 h."),
        ({"plages": ((0, 10),)}, "Fermé le jeudi 24 décembre, jusqu’à 10 h."),
        ({"plages": ((12, 14),)}, "Fermé le jeudi 24 décembre, 12 h – 14 h."),
        ({"ouverture": True, "plages": ((9, 12), (14, 16))}, "Ouvert exceptionnellement le jeudi 24 décembre, 9 h – 12 h, 14 h – 16 h."),
    ],
)  # fmt: skip
def test_an_exceptional_day_is_said_in_plain_words(jour, phrase: str):
    assert said(**jour).replace("'", "’") == phrase


def test_days_that_are_over_or_far_away_are_left_out():
    passe = Exceptionnel(du=date(2026, 11, 1), au=date(2026, 11, 2), ouverture=False)
    loin = Exceptionnel(du=date(2027, 3, 1), au=date(2027, 3, 2), ouverture=False)
    assert exceptional_days([passe, loin], aujourdhui=date(2026, 12, 1)) == ()
