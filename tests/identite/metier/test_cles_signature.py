"""The life of signing keys."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from guichet.identite.metier.cles_signature import (
    ANNONCE,
    ROTATION,
    Calendrier,
    first,
    following,
    needs_following,
    signing,
)
from guichet.identite.metier.jetons import VIE_ACCES

NOW = datetime(2026, 11, 20, 13, tzinfo=UTC)


def test_without_a_key_nothing_signs():
    assert signing([], NOW) is None
    assert not needs_following([], NOW)


def test_the_first_key_signs_at_once_and_is_followed_before_it_ends():
    key = first("a", NOW)
    assert signing([key], NOW) == key
    assert not needs_following([key], NOW + ROTATION - ANNONCE - timedelta(seconds=1))
    assert needs_following([key], NOW + ROTATION - ANNONCE)
    assert signing([key], NOW + ROTATION) is None


def test_the_next_key_is_announced_a_day_before_it_signs():
    key = first("a", NOW)
    then = NOW + ROTATION - ANNONCE
    after = following("b", key, then)
    assert after.signe_depuis == then + ANNONCE
    assert signing([key, after], then) == key
    assert signing([key, after], then + ANNONCE) == after
    assert not needs_following([key, after], then)


@given(st.lists(st.timedeltas(timedelta(hours=1), timedelta(days=40)), max_size=30))
def test_whatever_the_rhythm_of_the_routine_a_signed_token_can_always_be_read(steps: list[timedelta]):
    keys: list[Calendrier] = []
    now = NOW
    for n, step in enumerate(steps):
        key = signing(keys, now)
        if key is None:
            key = first(f"premiere{n}", now)
            keys.append(key)
        if needs_following(keys, now):
            keys.append(following(f"suivante{n}", keys[-1], now))
        assert now + VIE_ACCES < key.oubliee_le
        now += step
