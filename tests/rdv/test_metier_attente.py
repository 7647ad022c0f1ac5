"""Who is offered a freed place, and until when."""

from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guichet.rdv.metier import attente
from guichet.rdv.metier.attente import APRES_ISSUE, IssueOffre, Souhait, StatutInscription

PARIS = ZoneInfo("Europe/Paris")
LUNDI = date(2026, 11, 23)
NEUF = datetime(2026, 11, 23, 8, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def souhait(n: int, *, apres: int = 0, **champs) -> Souhait:
    valeurs = {
        "depuis": NEUF - timedelta(days=3) + apres * MINUTE,
        "priorite": False,
        "du": LUNDI,
        "au": LUNDI,
    }
    return Souhait(UUID(int=n), **(valeurs | champs))


def test_priority_comes_first_then_whoever_came_first():
    liste = [souhait(1, apres=5), souhait(2, apres=9, priorite=True), souhait(3), souhait(4)]
    assert [s.id.int for s in sorted(liste, key=attente.rank_key)] == [2, 3, 4, 1]


@given(st.lists(st.tuples(st.integers(0, 5), st.booleans()), max_size=8), st.randoms())
def test_the_order_does_not_depend_on_the_order_of_reading(tirages, hasard):
    liste = [souhait(n, apres=a, priorite=p) for n, (a, p) in enumerate(tirages)]
    melangee = sorted(hasard.sample(liste, len(liste)), key=attente.rank_key)
    assert melangee == sorted(liste, key=attente.rank_key)
    for avant, apres in pairwise(melangee):
        assert (not avant.priorite, avant.depuis) <= (not apres.priorite, apres.depuis)


@pytest.mark.parametrize(
    ("champs", "convient"),
    [
        ({}, True),
        ({"du": date(2026, 11, 24), "au": date(2026, 11, 24)}, False),
        ({"du": date(2026, 11, 20), "au": date(2026, 11, 22)}, False),
        ({"du": date(2026, 11, 20), "au": date(2026, 11, 23)}, True),
        ({"heure_du": time(9)}, True),
        ({"heure_du": time(9, 1)}, False),
        ({"heure_au": time(9)}, True),
        ({"heure_au": time(8, 59)}, False),
        ({"rdv_debut": NEUF}, False),
        ({"rdv_debut": NEUF + MINUTE}, True),
        ({"deja": frozenset({NEUF})}, False),
        ({"deja": frozenset({NEUF + MINUTE})}, True),
    ],
)
def test_a_start_suits_by_day_and_hour_and_only_if_earlier_and_new(champs, convient):
    assert attente.suits(souhait(1, **champs), NEUF, PARIS) is convient


def test_days_and_hours_are_those_of_the_centre():
    tard = datetime(2026, 11, 23, 20, 30, tzinfo=UTC)
    reunion = ZoneInfo("Indian/Reunion")
    assert not attente.suits(souhait(1), tard, reunion)
    assert attente.suits(souhait(1, au=date(2026, 11, 24), heure_au=time(1)), tard, reunion)


@given(
    st.sets(st.integers(0, 20), max_size=12),
    st.integers(-2, 22),
    st.sets(st.integers(0, 20), max_size=4),
    st.tuples(st.integers(0, 12), st.integers(12, 23)),
    st.sets(st.integers(0, 20), max_size=6),
)
def test_the_start_chosen_is_the_earliest_that_suits(heures, rdv, deja, fenetre, pris):
    debuts = [NEUF + h * 60 * MINUTE for h in heures]
    voulu = souhait(
        1,
        au=LUNDI + timedelta(days=1),
        heure_du=time(fenetre[0]),
        heure_au=time(fenetre[1]),
        rdv_debut=NEUF + rdv * 60 * MINUTE,
        deja=frozenset(NEUF + h * 60 * MINUTE for h in deja),
    )
    demandes = []

    def can_have(debut: datetime) -> bool:
        demandes.append(debut)
        return debut not in {NEUF + h * 60 * MINUTE for h in pris}

    choisi = attente.choose_start(voulu, debuts, PARIS, can_have)
    conviennent = [d for d in debuts if attente.suits(voulu, d, PARIS)]
    assert set(demandes) <= set(conviennent)
    possibles = [d for d in conviennent if can_have(d)]
    assert choisi == min(possibles, default=None)
    assert choisi is None or attente.suits(voulu, choisi, PARIS)


def test_an_offer_lapses_at_its_deadline_and_never_after_the_start():
    assert attente.deadline(NEUF, minutes=15, debut=NEUF + timedelta(hours=1)) == NEUF + 15 * MINUTE
    assert attente.deadline(NEUF, minutes=15, debut=NEUF + 5 * MINUTE) == NEUF + 5 * MINUTE


def test_an_offer_cut_short_was_taken_back_by_the_centre():
    assert attente.issue_of_dead(NEUF, ecourtee_a=NEUF) is IssueOffre.EXPIREE
    assert attente.issue_of_dead(NEUF, ecourtee_a=NEUF - MINUTE) is IssueOffre.RETIREE


def test_saying_nothing_leaves_the_list_saying_no_does_not():
    assert APRES_ISSUE == {
        IssueOffre.ACCEPTEE: StatutInscription.SERVIE,
        IssueOffre.EXPIREE: StatutInscription.EXPIREE,
        IssueOffre.REFUSEE: StatutInscription.ATTENTE,
        IssueOffre.RETIREE: StatutInscription.ATTENTE,
    }
