"""Hours, dates and months as screens cut them."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from guichet.socle.horloge import frozen
from guichet.socle.i18n import use_locale
from guichet.ui.calendrier import date_parts, format_secondes, hour_parts, month_grid, paris_today, seconds_left


def test_an_hour_is_cut_around_its_h():
    parts = hour_parts(time(8, 5))
    assert (parts.heures, parts.entre, parts.minutes, parts.datetime) == ("8", "\u202fh\u202f", "05", "08:05")


def test_an_english_hour_has_a_colon():
    with use_locale("en"):
        assert hour_parts(time(14, 30)).entre == ":"


def test_an_instant_is_shown_in_the_zone_it_carries_and_utc_in_paris():
    instant = datetime(2026, 11, 24, 13, 30, tzinfo=UTC)
    assert hour_parts(instant).heures == "14"
    assert hour_parts(instant.astimezone(ZoneInfo("Indian/Reunion"))).heures == "17"


def test_a_date_is_cut_for_a_ticket():
    parts = date_parts(date(2026, 11, 24))
    assert (parts.semaine, parts.jour, parts.mois, parts.datetime) == ("mardi", "24", "novembre", "2026-11-24")


def test_the_date_of_an_instant_is_that_of_its_zone():
    late = datetime(2026, 11, 24, 23, 30, tzinfo=UTC)
    assert date_parts(late).jour == "25"


@given(st.dates(date(1990, 1, 1), date(2100, 12, 31)))
def test_a_month_holds_each_of_its_days_once_under_its_weekday(day):
    grid = month_grid(day)
    days = [square for week in grid.semaines for square in week if square]
    first = day.replace(day=1)
    after = (first + timedelta(days=32)).replace(day=1)
    assert [d.numero for d in days] == list(range(1, (after - first).days + 1))
    for week in grid.semaines:
        assert len(week) == 7
        for column, square in enumerate(week):
            assert square is None or date.fromisoformat(square.iso).weekday() == column


def test_a_month_is_named_in_the_language_of_the_page():
    assert month_grid(date(2026, 11, 3)).titre == "Novembre 2026"
    assert [e.court for e in month_grid(date(2026, 11, 3)).entetes][:2] == ["lu", "ma"]
    with use_locale("en"):
        assert month_grid(date(2026, 11, 3)).titre == "November 2026"


def test_today_and_the_time_left_follow_the_one_clock():
    noon = datetime(2026, 11, 20, 23, 30, tzinfo=UTC)
    with frozen(noon):
        assert paris_today() == date(2026, 11, 21)
        assert seconds_left(noon + timedelta(seconds=90, milliseconds=700)) == 90
        assert seconds_left(noon - timedelta(seconds=5)) == 0


def test_seconds_are_written_on_two_figures():
    assert format_secondes(760) == "12\u00a0min 40\u00a0s"
    assert format_secondes(48) == "0\u00a0min 48\u00a0s"
    assert format_secondes(65) == "1\u00a0min 05\u00a0s"
