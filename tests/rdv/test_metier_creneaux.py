"""Starts, grid, clock changes, horizon, alternatives: rules without a database."""

from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guichet.rdv.metier.creneaux import (
    Libre,
    Ouvert,
    RaisonSuggestion,
    RefusDebut,
    check_debut,
    choose_alternatives,
    choose_suggestions,
    dernier_jour,
    free_starts,
    niveau,
    niveau_jour,
    premier_debut,
    starts,
    why_empty,
)
from guichet.rdv.metier.heures import (
    GRILLES,
    DecalageFaux,
    HeureAmbigue,
    HeureInexistante,
    format_decalage,
    instant_local,
    jour_local,
    minuit,
    next_on_grid,
    on_grid,
)
from guichet.rdv.metier.intervalles import Intervalle, merge, subtract
from guichet.rdv.metier.types import Niveau, RaisonVide

PARIS, REUNION, GUADELOUPE = ZoneInfo("Europe/Paris"), ZoneInfo("Indian/Reunion"), ZoneInfo("America/Guadeloupe")
PRINTEMPS, AUTOMNE = date(2027, 3, 28), date(2026, 10, 25)
A, B = UUID(int=1), UUID(int=2)
VL = frozenset({"VL"})


def h(heure: int, minute: int = 0, jour: date = date(2026, 11, 23), zone: ZoneInfo = PARIS) -> datetime:
    return datetime.combine(jour, time(heure, minute), zone).astimezone(UTC)


def plage(debut: int, fin: int) -> Intervalle:
    return Intervalle(h(debut), h(fin))


def libres(ouverts, occupes=None, *, besoins=VL, duree=45, grille=15, a_partir=datetime(2026, 1, 1, tzinfo=UTC)):
    return free_starts(
        ouverts,
        occupes or {},
        besoins=besoins,
        duree=timedelta(minutes=duree),
        zone=PARIS,
        grille=grille,
        a_partir=a_partir,
    )


def test_an_empty_interval_does_not_exist():
    with pytest.raises(ValueError, match="empty"):
        Intervalle(h(9), h(9))


def test_touching_is_not_overlapping():
    assert not plage(8, 9).overlaps(plage(9, 10))
    assert plage(8, 10).overlaps(plage(9, 11))
    assert plage(8, 12).contains(plage(8, 9))
    assert not plage(9, 12).contains(plage(8, 10))
    assert plage(8, 9).duree == timedelta(hours=1)


instants = st.integers(0, 200).map(lambda n: datetime(2026, 11, 23, tzinfo=UTC) + timedelta(minutes=5 * n))
intervalles = st.tuples(instants, instants).filter(lambda p: p[0] < p[1]).map(lambda p: Intervalle(*p))


@given(st.lists(intervalles, max_size=8), st.lists(intervalles, max_size=8))
def test_what_is_left_is_in_the_first_and_never_in_the_second(ouverts, occupes):
    reste = subtract(ouverts, occupes)
    minute = timedelta(minutes=1)
    debut = datetime(2026, 11, 23, tzinfo=UTC)
    for n in range(0, 1000, 5):
        instant = Intervalle(debut + n * minute, debut + (n + 1) * minute)
        attendu = any(o.contains(instant) for o in ouverts) and not any(o.overlaps(instant) for o in occupes)
        assert any(r.contains(instant) for r in reste) == attendu
    assert all(a.fin < b.debut or a.fin == b.debut for a, b in pairwise(reste))


@given(st.lists(intervalles, max_size=8))
def test_merged_intervals_are_sorted_and_apart(tas):
    assert all(a.fin < b.debut for a, b in pairwise(merge(tas)))


def test_starts_follow_the_grid_and_fit_the_range():
    assert [d.astimezone(PARIS).strftime("%H:%M") for d in starts(plage(8, 9), timedelta(minutes=30), PARIS, 15)] == [
        "08:00",
        "08:15",
        "08:30",
    ]
    decale = Intervalle(h(8, 10), h(9))
    assert starts(decale, timedelta(minutes=45), PARIS, 15) == [h(8, 15)]
    assert starts(Intervalle(h(8, 20), h(9)), timedelta(minutes=45), PARIS, 15) == []


def test_a_start_needs_one_accredited_inspector_with_the_whole_duration():
    ouverts = [Ouvert(A, (plage(8, 10),), VL), Ouvert(B, (plage(9, 10),), frozenset({"VL", "Gaz"}))]
    occupes = {A: [Intervalle(h(8, 30), h(9, 15))]}
    assert [(x.debut, x.places) for x in libres(ouverts, occupes)] == [(h(9), 1), (h(9, 15), 2)]
    assert [x.debut for x in libres(ouverts, occupes, besoins=frozenset({"Gaz"}))] == [h(9), h(9, 15)]
    assert libres(ouverts, occupes, besoins=frozenset({"L"})) == []


def test_a_start_that_wastes_nobodys_time_is_marked():
    ouverts = [Ouvert(A, (plage(8, 10),), VL)]
    assert [x.debut for x in libres(ouverts, duree=60) if x.sans_trou] == [h(8), h(9)]


def test_two_ranges_that_touch_are_one_stretch():
    ouverts = [Ouvert(A, (plage(8, 9), plage(9, 10)), VL)]
    assert h(8, 30) in [x.debut for x in libres(ouverts, duree=60)]


def test_nothing_is_offered_before_the_first_possible_start():
    assert [x.debut for x in libres([Ouvert(A, (plage(8, 9),), VL)], a_partir=h(8, 10))] == [h(8, 15)]


@pytest.mark.parametrize("zone", [PARIS, REUNION, GUADELOUPE])
@given(
    st.integers(0, 10**9).map(lambda n: datetime(2024, 1, 1, tzinfo=UTC) + timedelta(seconds=n % 190_000_000)),
    st.sampled_from(GRILLES),
)
def test_the_next_start_is_on_the_grid_and_less_than_one_step_away(zone: ZoneInfo, instant: datetime, grille: int):
    suivant = next_on_grid(instant, zone, grille)
    assert on_grid(suivant, zone, grille)
    assert timedelta() <= suivant - instant < timedelta(minutes=grille)


@given(st.dates(date(2024, 1, 1), date(2030, 1, 1)), st.times(), st.sampled_from([PARIS, REUNION, GUADELOUPE]))
def test_a_local_time_is_one_instant_or_says_why_not(jour: date, heure: time, zone: ZoneInfo):
    try:
        instant = instant_local(jour, heure, zone)
    except HeureInexistante:
        assert zone is PARIS
        assert jour.month == 3
    except HeureAmbigue:
        assert zone is PARIS
        assert jour.month == 10
    else:
        assert instant.astimezone(zone).replace(tzinfo=None) == datetime.combine(jour, heure)
        assert jour_local(instant, zone) == jour


def test_the_hour_spring_skips_does_not_exist():
    with pytest.raises(HeureInexistante):
        instant_local(PRINTEMPS, time(2, 30), PARIS)
    assert minuit(date(2027, 3, 29), PARIS) - minuit(PRINTEMPS, PARIS) == timedelta(hours=23)


def test_the_hour_autumn_repeats_needs_its_offset():
    with pytest.raises(HeureAmbigue):
        instant_local(AUTOMNE, time(2, 30), PARIS)
    ete = instant_local(AUTOMNE, time(2, 30), PARIS, timedelta(hours=2))
    hiver = instant_local(AUTOMNE, time(2, 30), PARIS, timedelta(hours=1))
    assert hiver - ete == timedelta(hours=1)
    assert (format_decalage(ete, PARIS), format_decalage(hiver, PARIS)) == ("+02:00", "+01:00")


def test_an_offset_the_place_does_not_have_is_refused():
    assert instant_local(date(2026, 11, 23), time(9), PARIS, timedelta(hours=1)) == h(9)
    with pytest.raises(DecalageFaux):
        instant_local(date(2026, 11, 23), time(9), PARIS, timedelta(hours=2))


@pytest.mark.parametrize(("jour", "nombre"), [(PRINTEMPS, 5 * 4), (AUTOMNE, 7 * 4), (date(2026, 11, 23), 6 * 4)])
def test_a_night_range_has_five_six_or_seven_real_hours(jour: date, nombre: int):
    nuit = Intervalle(h(0, jour=jour), h(6, jour=jour))
    debuts = starts(nuit, timedelta(minutes=15), PARIS, 15)
    assert len(debuts) == nombre
    assert all(on_grid(d, PARIS, 15) for d in debuts)


MAINTENANT = h(9, 7)


def verdict(debut: datetime, preavis: int = 0, zone: ZoneInfo = PARIS) -> RefusDebut | None:
    return check_debut(debut, maintenant=MAINTENANT, zone=zone, grille=15, horizon_jours=120, preavis_minutes=preavis)


def test_a_start_is_refused_by_the_first_rule_it_breaks():
    assert verdict(MAINTENANT) is RefusDebut.PASSE
    assert verdict(h(9)) is RefusDebut.PASSE
    assert verdict(h(9, 20)) is RefusDebut.HORS_GRILLE
    assert verdict(h(9, 15) + timedelta(seconds=1)) is RefusDebut.HORS_GRILLE
    assert verdict(h(9, 15)) is None
    assert verdict(h(9, 15), preavis=60) is RefusDebut.PREAVIS
    assert verdict(h(10, 15), preavis=60) is None


def test_the_last_day_of_the_horizon_is_the_centres_own_and_still_inside():
    dernier = dernier_jour(MAINTENANT, PARIS, 120)
    assert dernier == date(2027, 3, 23)
    assert verdict(h(18, jour=dernier)) is None
    assert verdict(h(8, jour=dernier + timedelta(days=1))) is RefusDebut.HORS_HORIZON
    tard = h(23, 30)
    assert dernier_jour(tard, REUNION, 120) == dernier + timedelta(days=1)


def test_the_first_possible_start_is_after_now_and_after_the_notice():
    assert premier_debut(MAINTENANT, 0) > MAINTENANT
    assert premier_debut(MAINTENANT, 90) == MAINTENANT + timedelta(minutes=90)


@pytest.mark.parametrize(
    ("places", "total", "attendu"),
    [(3, 3, Niveau.LARGE), (2, 3, Niveau.LARGE), (1, 2, Niveau.MOYEN), (1, 3, Niveau.MOYEN), (1, 4, Niveau.FAIBLE)],
)
def test_three_levels_tell_the_share_left(places: int, total: int, attendu: Niveau):
    assert niveau(places, total) is attendu


@pytest.mark.parametrize(
    ("nombre", "attendu"),
    [(0, None), (1, Niveau.FAIBLE), (2, Niveau.MOYEN), (5, Niveau.MOYEN), (6, Niveau.LARGE)],
)
def test_a_day_has_three_levels_too(nombre: int, attendu: Niveau | None):
    assert niveau_jour(nombre) is attendu


@pytest.mark.parametrize(
    ("autres", "attendue"),
    [
        ({}, RaisonVide.COMPLET),
        ({"en_ligne": False}, RaisonVide.PAS_EN_LIGNE),
        ({"aujourdhui": date(2026, 11, 24)}, RaisonVide.PASSE),
        ({"dernier": date(2026, 11, 22)}, RaisonVide.HORS_HORIZON),
        ({"etat": "ferie"}, RaisonVide.FERIE),
        ({"etat": "ferme"}, RaisonVide.FERME),
        ({"etat": None}, RaisonVide.FERME),
        ({"dernier_debut": None}, RaisonVide.AUCUN_AGREMENT),
        ({"dernier_debut": h(8, 45)}, RaisonVide.PASSE),
    ],
)
def test_an_empty_day_says_why(autres: dict[str, Any], attendue: RaisonVide):
    ordinaire = {
        "en_ligne": True,
        "aujourdhui": date(2026, 11, 23),
        "dernier": date(2026, 11, 23),
        "etat": "ouvert",
        "dernier_debut": h(9),
        "depuis": h(9),
    }
    assert why_empty(date(2026, 11, 23), **(ordinaire | autres)) is attendue


def test_alternatives_are_the_nearest_free_starts_in_order():
    tous = [h(8), h(9), h(9, 45), h(11), h(17)]
    assert choose_alternatives(tous, h(10)) == [h(9), h(9, 45), h(11)]
    assert choose_alternatives([h(10), h(11)], h(10)) == [h(11)]
    assert choose_alternatives([], h(10)) == []
    assert choose_alternatives([h(9), h(11)], h(10), n=1) == [h(9)]


def test_suggestions_are_the_first_tidy_start_of_each_half_day():
    tous = [
        Libre(h(8), 1, 1, sans_trou=False),
        Libre(h(9), 1, 1, sans_trou=True),
        Libre(h(10), 1, 1, sans_trou=True),
        Libre(h(14), 1, 2, sans_trou=True),
        Libre(h(9, jour=date(2026, 11, 24)), 1, 1, sans_trou=True),
        Libre(h(15, jour=date(2026, 11, 24)), 1, 1, sans_trou=True),
    ]
    calme, trou = RaisonSuggestion.HEURE_CALME, RaisonSuggestion.COMBLE_UN_TROU
    assert choose_suggestions(tous, PARIS) == {h(9): calme, h(14): trou, h(9, jour=date(2026, 11, 24)): calme}


@given(st.lists(st.tuples(st.integers(8, 17), st.integers(1, 3), st.booleans()), max_size=8), st.integers(1, 4))
def test_what_is_suggested_is_free_tidy_and_never_twice_in_a_half_day(tirages, n):
    libres = [Libre(h(heure), places, 3, sans_trou=net) for heure, places, net in sorted(tirages)]
    suggeres = choose_suggestions(libres, PARIS, n)
    assert len(suggeres) <= n
    assert set(suggeres) <= {libre.debut for libre in libres if libre.sans_trou}
    assert len({debut.astimezone(PARIS).hour < 12 for debut in suggeres}) == len(suggeres)
