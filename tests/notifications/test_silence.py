"""Quiet hours are the wall clock's, also on the days it changes."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guichet.notifications.metier import Silence, is_quiet, leave_quiet

PARIS = ZoneInfo("Europe/Paris")
FUSEAUX = [PARIS, ZoneInfo("Indian/Reunion"), ZoneInfo("America/Martinique"), ZoneInfo("America/Miquelon")]
NUIT = Silence()
MINUTES = st.integers(0, 24 * 60 - 1).map(lambda m: time(m // 60, m % 60))
SILENCES = st.builds(Silence, MINUTES, MINUTES)
JANVIER = datetime(2024, 1, 1, tzinfo=UTC)
INSTANTS = st.integers(0, 4 * 366 * 86_400).map(lambda s: JANVIER + timedelta(seconds=s))


def a_paris(texte: str) -> datetime:
    return datetime.fromisoformat(texte).replace(tzinfo=PARIS).astimezone(UTC)


@pytest.mark.parametrize(
    ("instant", "depart"),
    [
        ("2026-11-20T20:59", "2026-11-20T20:59"),
        ("2026-11-20T21:00", "2026-11-21T08:00"),
        ("2026-11-20T23:30", "2026-11-21T08:00"),
        ("2026-11-21T00:00", "2026-11-21T08:00"),
        ("2026-11-21T07:59", "2026-11-21T08:00"),
        ("2026-11-21T08:00", "2026-11-21T08:00"),
        ("2026-03-28T22:00", "2026-03-29T08:00"),
        ("2026-10-24T22:00", "2026-10-25T08:00"),
    ],
)
def test_a_message_of_the_night_leaves_at_eight(instant: str, depart: str):
    assert leave_quiet(a_paris(instant), fuseau=PARIS, silence=NUIT) == a_paris(depart)


def test_an_end_the_clock_jumps_over_is_the_jump():
    silence = Silence(time(21), time(2, 30))
    depart = leave_quiet(datetime(2026, 3, 28, 23, tzinfo=UTC), fuseau=PARIS, silence=silence)
    assert depart == datetime(2026, 3, 29, 1, tzinfo=UTC)


def test_an_end_that_comes_twice_is_its_first_coming_and_the_hour_after_is_quiet_again():
    silence = Silence(time(21), time(2, 30))
    premiere = datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    assert leave_quiet(datetime(2026, 10, 24, 23, tzinfo=UTC), fuseau=PARIS, silence=silence) == premiere
    assert leave_quiet(premiere, fuseau=PARIS, silence=silence) == premiere
    revenue = datetime(2026, 10, 25, 1, 10, tzinfo=UTC)
    assert leave_quiet(revenue, fuseau=PARIS, silence=silence) == datetime(2026, 10, 25, 1, 30, tzinfo=UTC)


def test_equal_ends_are_never_quiet():
    assert not is_quiet(a_paris("2026-11-20T03:00"), fuseau=PARIS, silence=Silence(time(8), time(8)))


def test_a_silence_within_the_day():
    silence = Silence(time(12), time(14))
    assert leave_quiet(a_paris("2026-11-20T13:15"), fuseau=PARIS, silence=silence) == a_paris("2026-11-20T14:00")
    assert not is_quiet(a_paris("2026-11-20T23:00"), fuseau=PARIS, silence=silence)


@given(INSTANTS, st.sampled_from(FUSEAUX), SILENCES)
def test_the_hour_found_is_the_first_that_disturbs_nobody(instant: datetime, fuseau: ZoneInfo, silence: Silence):
    depart = leave_quiet(instant, fuseau=fuseau, silence=silence)
    assert depart >= instant
    assert not is_quiet(depart, fuseau=fuseau, silence=silence)
    assert depart - instant <= timedelta(hours=25)
    if depart > instant:
        assert is_quiet(instant, fuseau=fuseau, silence=silence)
        assert is_quiet(depart - timedelta(minutes=1), fuseau=fuseau, silence=silence) or depart - instant < timedelta(
            minutes=1
        )
    assert leave_quiet(depart, fuseau=fuseau, silence=silence) == depart
