"""The brake on guessing."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guichet.identite.metier.freins import REGLES, Etat, after_failure, en_minutes, wait

NOW = datetime(2026, 11, 20, 13, tzinfo=UTC)
MIN = timedelta(minutes=1)


def fail(times: int, *, every: timedelta = timedelta(seconds=1), genre: str = "compte") -> Etat:
    etat = None
    for n in range(times):
        etat = after_failure(etat, NOW + n * every, REGLES[genre])
    assert etat is not None
    return etat


def test_four_failures_change_nothing_the_fifth_makes_wait():
    assert wait(None, NOW) is None
    assert wait(fail(4), NOW) is None
    assert wait(fail(5), NOW + 4 * timedelta(seconds=1)) == MIN


def test_each_further_failure_makes_wait_longer_up_to_a_quarter_of_an_hour():
    waits = [wait(fail(n, every=timedelta(0)), NOW) for n in range(5, 11)]
    assert waits == [MIN, 2 * MIN, 5 * MIN, 15 * MIN, 15 * MIN, 15 * MIN]


def test_the_wait_ends():
    assert wait(fail(5, every=timedelta(0)), NOW + MIN) is None


def test_failures_spread_over_hours_never_add_up():
    assert wait(fail(40, every=timedelta(minutes=16)), NOW + 39 * timedelta(minutes=16)) is None


def test_a_long_wait_is_not_forgotten_when_its_window_ends():
    etat = Etat(40, NOW - timedelta(hours=2), NOW + MIN)
    assert after_failure(etat, NOW, REGLES["ip"]).echecs == 41


@given(st.integers(1, 60))
def test_failing_more_never_shortens_the_wait(n: int):
    one, two = wait(fail(n, every=timedelta(0)), NOW), wait(fail(n + 1, every=timedelta(0)), NOW)
    assert (one or timedelta(0)) <= (two or timedelta(0))


@pytest.mark.parametrize(("seconds", "minutes"), [(1, 1), (59, 1), (60, 1), (61, 2), (900, 15)])
def test_a_wait_is_told_in_whole_minutes(seconds: int, minutes: int):
    assert en_minutes(timedelta(seconds=seconds)) == minutes
