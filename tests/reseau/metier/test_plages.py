"""Ranges of a day and their instants, on ordinary days and on both clock-change days."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from guichet.reseau.metier.plages import (
    MINUTES_JOUR,
    HeureInvalide,
    Plage,
    intersect,
    merge,
    parse_heure,
    subtract,
    to_utc,
    write_heure,
)
from guichet.reseau.metier.territoires import FUSEAUX

PARIS = "Europe/Paris"
PRINTEMPS, AUTOMNE = date(2026, 3, 29), date(2026, 10, 25)


def plage(debut: str, fin: str) -> Plage:
    return Plage(parse_heure(debut), parse_heure(fin))


def minutes(plages: object) -> set[int]:
    return {m for p in plages for m in range(p.debut, p.fin)}  # type: ignore[attr-defined]


@st.composite
def des_plages(draw: st.DrawFn, maximum: int = 6) -> list[Plage]:
    bornes = st.tuples(st.integers(0, MINUTES_JOUR - 1), st.integers(1, MINUTES_JOUR))
    return [Plage(d, f) for d, f in draw(st.lists(bornes, max_size=maximum)) if d < f]


@pytest.mark.parametrize(
    ("texte", "attendu"), [("00:00", 0), ("8:05", 485), (" 08:00 ", 480), ("23:59", 1439), ("24:00", 1440)]
)
def test_an_hour_is_read_in_minutes(texte: str, attendu: int):
    assert parse_heure(texte) == attendu


@pytest.mark.parametrize(
    "texte", ["", "8h00", "08", "08:0", "008:00", "24:01", "12:60", "-1:00", "aa:bb", "٠٨:٠٠", "08:00:00", ":30"]
)
def test_what_is_no_hour_is_refused(texte: str):
    with pytest.raises(HeureInvalide):
        parse_heure(texte)


@given(st.integers(0, MINUTES_JOUR))
def test_writing_then_reading_an_hour_changes_nothing(total: int):
    assert parse_heure(write_heure(total)) == total


@pytest.mark.parametrize(("debut", "fin"), [(480, 480), (480, 400), (-1, 10), (0, 1441)])
def test_a_range_is_never_empty_nor_outside_the_day(debut: int, fin: int):
    with pytest.raises(ValueError, match="-"):
        Plage(debut, fin)


@given(des_plages(), des_plages())
def test_ranges_are_sets_of_minutes(gauche: list[Plage], droite: list[Plage]):
    assert minutes(merge(gauche)) == minutes(gauche)
    assert minutes(intersect(gauche, droite)) == minutes(gauche) & minutes(droite)
    assert minutes(subtract(gauche, droite)) == minutes(gauche) - minutes(droite)


@given(des_plages(), des_plages())
def test_results_are_sorted_disjoint_and_do_not_touch(gauche: list[Plage], droite: list[Plage]):
    for resultat in (merge(gauche), intersect(gauche, droite), subtract(gauche, droite)):
        assert all(a.fin < b.debut for a, b in pairwise(resultat))


def test_an_ordinary_winter_morning_in_paris():
    assert to_utc(date(2026, 1, 12), [plage("08:00", "12:00")], PARIS) == (
        (datetime(2026, 1, 12, 7, tzinfo=UTC), datetime(2026, 1, 12, 11, tzinfo=UTC)),
    )


def test_la_reunion_is_four_hours_ahead_of_utc_all_year():
    for jour in (date(2026, 1, 12), date(2026, 7, 13)):
        ((debut, fin),) = to_utc(jour, [plage("08:00", "12:00")], "Indian/Reunion")
        assert (debut.hour, fin.hour) == (4, 8)


def test_a_day_of_polynesia_begins_on_the_same_day_in_utc_and_ends_on_the_next():
    ((debut, fin),) = to_utc(date(2026, 1, 12), [plage("08:00", "18:00")], "Pacific/Tahiti")
    assert (debut, fin) == (datetime(2026, 1, 12, 18, tzinfo=UTC), datetime(2026, 1, 13, 4, tzinfo=UTC))


@pytest.mark.parametrize(("jour", "heures"), [(PRINTEMPS, 23), (AUTOMNE, 25), (date(2026, 6, 1), 24)])
def test_a_whole_day_lasts_as_long_as_it_really_lasts(jour: date, heures: int):
    ((debut, fin),) = to_utc(jour, [plage("00:00", "24:00")], PARIS)
    assert fin - debut == timedelta(hours=heures)


def test_in_spring_the_hour_that_does_not_exist_disappears():
    assert to_utc(PRINTEMPS, [plage("02:00", "03:00")], PARIS) == ()
    ((debut, fin),) = to_utc(PRINTEMPS, [plage("01:30", "03:30")], PARIS)
    assert fin - debut == timedelta(hours=1)
    ((debut, _),) = to_utc(PRINTEMPS, [plage("02:30", "05:00")], PARIS)
    assert debut == datetime(2026, 3, 29, 1, tzinfo=UTC)


def test_in_autumn_the_hour_that_exists_twice_counts_twice():
    ((debut, fin),) = to_utc(AUTOMNE, [plage("02:00", "03:00")], PARIS)
    assert fin - debut == timedelta(hours=2)
    deux_fois = to_utc(AUTOMNE, [plage("02:15", "02:45")], PARIS)
    assert [fin - debut for debut, fin in deux_fois] == [timedelta(minutes=30)] * 2


def test_office_hours_of_both_clock_change_days_keep_their_wall_clock():
    for jour, heure_utc in ((PRINTEMPS - timedelta(1), 7), (PRINTEMPS, 6), (AUTOMNE - timedelta(1), 6), (AUTOMNE, 7)):
        ((debut, fin),) = to_utc(jour, [plage("08:00", "12:00")], PARIS)
        assert debut.hour == heure_utc
        assert fin - debut == timedelta(hours=4)


@given(st.dates(date(2008, 1, 1), date(2035, 12, 31)), des_plages(4), st.sampled_from(sorted(FUSEAUX)))
@example(PRINTEMPS, [Plage(90, 150), Plage(170, 200)], PARIS)
@example(AUTOMNE, [Plage(90, 150), Plage(150, 200)], PARIS)
@example(date(2026, 3, 8), [Plage(90, 150), Plage(170, 200)], "America/Miquelon")
@example(date(2026, 11, 1), [Plage(70, 100), Plage(110, 200)], "America/Miquelon")
def test_open_instants_are_exactly_those_whose_wall_clock_is_in_a_range(jour: date, plages: list[Plage], fuseau: str):
    zone = ZoneInfo(fuseau)
    intervalles = to_utc(jour, plages, fuseau)
    ouvertes = minutes(plages)
    debut = datetime.combine(jour, datetime.min.time(), zone).astimezone(UTC) - timedelta(hours=1)
    for pas in range(27 * 4):
        instant = debut + timedelta(minutes=15 * pas)
        local = instant.astimezone(zone)
        attendu = local.date() == jour and local.hour * 60 + local.minute in ouvertes
        assert attendu == any(d <= instant < f for d, f in intervalles), local


@given(st.dates(date(2008, 1, 1), date(2035, 12, 31)), des_plages(), st.sampled_from(sorted(FUSEAUX)))
def test_intervals_never_overlap_and_stay_within_the_local_day(jour: date, plages: list[Plage], fuseau: str):
    intervalles = to_utc(jour, plages, fuseau)
    assert all(d < f for d, f in intervalles)
    assert all(a[1] < b[0] for a, b in pairwise(intervalles))
    zone = ZoneInfo(fuseau)
    for debut, fin in intervalles:
        assert debut.astimezone(zone).date() == jour
        assert (fin - timedelta(microseconds=1)).astimezone(zone).date() == jour
