"""Who is offered a freed place, until when, at what hours."""

from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from guichet.rdv.metier import attente
from guichet.rdv.metier.attente import Inscription, PlaceLibre
from guichet.rdv.metier.intervalles import Intervalle

PARIS = ZoneInfo("Europe/Paris")
LUNDI = date(2026, 11, 23)
NEUF = datetime(2026, 11, 23, 8, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def inscription(n: int, *, apres: int = 0, **champs) -> Inscription:
    valeurs = {
        "depuis": NEUF - timedelta(days=3) + apres * MINUTE,
        "priorite": False,
        "duree": 30 * MINUTE,
        "besoins": frozenset({"VL"}),
        "du": LUNDI,
        "au": LUNDI,
    }
    return Inscription(UUID(int=n), **(valeurs | champs))


def place(minutes: int = 30, capacites: frozenset[str] = frozenset({"VL"})) -> PlaceLibre:
    return PlaceLibre(Intervalle(NEUF, NEUF + minutes * MINUTE), capacites, LUNDI)


def test_priority_comes_first_then_whoever_came_first():
    liste = [inscription(1, apres=5), inscription(2, apres=9, priorite=True), inscription(3), inscription(4)]
    assert [i.id.int for i in attente.rank_inscriptions(liste)] == [2, 3, 4, 1]
    assert attente.choose_inscription(liste, place()).id.int == 2
    assert attente.choose_inscription(liste, place(), ecartees=frozenset({UUID(int=2)})).id.int == 3
    assert attente.choose_inscription([], place()) is None


@pytest.mark.parametrize(
    ("champs", "convient"),
    [
        ({}, True),
        ({"duree": 31 * MINUTE}, False),
        ({"besoins": frozenset({"VL", "Gaz"})}, False),
        ({"du": date(2026, 11, 24), "au": date(2026, 11, 24)}, False),
        ({"du": date(2026, 11, 20), "au": date(2026, 11, 22)}, False),
        ({"du": date(2026, 11, 20), "au": date(2026, 11, 23)}, True),
        ({"rdv_debut": NEUF}, False),
        ({"rdv_debut": NEUF + MINUTE}, True),
    ],
)
def test_a_place_fits_by_length_accreditation_day_and_only_if_earlier(champs, convient):
    assert attente.fits(inscription(1, **champs), place()) is convient


def test_whoever_it_does_not_fit_is_passed_over_and_keeps_the_rank():
    liste = [inscription(1, duree=60 * MINUTE, priorite=True), inscription(2)]
    assert attente.choose_inscription(liste, place(30)).id.int == 2
    assert attente.choose_inscription(liste, place(60)).id.int == 1


@given(st.lists(st.tuples(st.integers(0, 5), st.booleans(), st.integers(15, 60)), max_size=8), st.randoms())
def test_nobody_the_place_fits_stood_before_the_one_chosen(tirages, hasard):
    liste = [inscription(n, apres=a, priorite=p, duree=d * MINUTE) for n, (a, p, d) in enumerate(tirages)]
    choisie = attente.choose_inscription(hasard.sample(liste, len(liste)), place())
    convient = [i for i in liste if i.duree <= 30 * MINUTE]
    assert (choisie is None) == (not convient)
    for autre in convient:
        assert choisie is autre or (not choisie.priorite, choisie.depuis) <= (not autre.priorite, autre.depuis)


@pytest.mark.parametrize(
    ("heure", "calme"),
    [("20:59", False), ("21:00", True), ("23:59", True), ("00:00", True), ("07:59", True), ("08:00", False)],
)
def test_quiet_hours_are_those_of_the_wall_clock_their_end_excluded(heure, calme):
    instant = datetime.combine(LUNDI, time.fromisoformat(heure), PARIS)
    assert attente.is_calme(instant.astimezone(UTC), PARIS) is calme


def test_an_offer_of_the_night_is_sent_at_eight_in_the_place():
    soir = datetime(2026, 11, 23, 22, 15, tzinfo=PARIS).astimezone(UTC)
    assert attente.wait_for_calm(soir, PARIS) == datetime(2026, 11, 24, 7, tzinfo=UTC)
    petit_matin = datetime(2026, 11, 24, 5, tzinfo=PARIS).astimezone(UTC)
    assert attente.wait_for_calm(petit_matin, PARIS) == datetime(2026, 11, 24, 7, tzinfo=UTC)
    assert attente.wait_for_calm(NEUF, PARIS) == NEUF
    reunion = ZoneInfo("Indian/Reunion")
    assert attente.wait_for_calm(datetime(2026, 11, 23, 18, tzinfo=UTC), reunion) == datetime(
        2026, 11, 24, 4, tzinfo=UTC
    )


def test_a_night_of_clock_change_still_ends_at_eight_on_the_wall():
    for veille, fin in [(date(2026, 3, 28), 6), (date(2026, 10, 24), 7)]:
        soir = datetime.combine(veille, time(22), PARIS).astimezone(UTC)
        matin = datetime.combine(veille + timedelta(days=1), time(fin), UTC)
        assert attente.wait_for_calm(soir, PARIS) == matin


def test_an_end_inside_the_repeated_hour_is_not_quiet_afterwards():
    nuit = datetime(2026, 10, 24, 22, tzinfo=PARIS).astimezone(UTC)
    sortie = attente.wait_for_calm(nuit, PARIS, time(21), time(2, 30))
    assert not attente.is_calme(sortie, PARIS, time(21), time(2, 30))
    repetee = datetime(2026, 10, 25, 2, 10, tzinfo=PARIS, fold=1).astimezone(UTC)
    assert attente.wait_for_calm(repetee, PARIS, time(21), time(2, 30)) == datetime(2026, 10, 25, 1, 30, tzinfo=UTC)


def test_equal_bounds_mean_no_quiet_hours():
    assert not attente.is_calme(NEUF, PARIS, time(9), time(9))


@given(
    st.integers(0, 2 * 365 * 24 * 60).map(lambda m: NEUF + m * MINUTE),
    st.sampled_from(["Europe/Paris", "Indian/Reunion", "America/Guadeloupe", "Pacific/Noumea"]),
    st.times(),
    st.times(),
)
def test_waiting_ends_outside_quiet_hours_within_a_day_and_never_in_the_past(instant, nom, debut, fin):
    zone = ZoneInfo(nom)
    assume(debut != fin)
    sortie = attente.wait_for_calm(instant, zone, debut, fin)
    assert instant <= sortie <= instant + timedelta(hours=26)
    assert not attente.is_calme(sortie, zone, debut, fin)


def test_an_offer_lapses_at_its_deadline_and_never_after_the_start():
    assert attente.deadline(NEUF, minutes=15, debut=NEUF + timedelta(hours=1)) == NEUF + 15 * MINUTE
    assert attente.deadline(NEUF, minutes=15, debut=NEUF + 5 * MINUTE) == NEUF + 5 * MINUTE
    assert not attente.is_lapsed(NEUF, NEUF - timedelta(microseconds=1))
    assert attente.is_lapsed(NEUF, NEUF)
