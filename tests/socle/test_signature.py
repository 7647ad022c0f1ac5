"""Signed values: only ours, only for their purpose, only until their date."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guichet.socle.crypto import KeyRing, set_key_ring
from guichet.socle.errors import Forbidden, Gone, GuichetError
from guichet.socle.horloge import frozen
from guichet.socle.signature import sign, verify

INSTANT = datetime(2026, 11, 20, 9, tzinfo=UTC)
JSON = st.dictionaries(st.text(max_size=5), st.integers() | st.text(max_size=8) | st.none() | st.booleans(), max_size=4)


@pytest.fixture(autouse=True)
def ring():
    set_key_ring(KeyRing({"a": b"1" * 32}, "a"))
    yield
    set_key_ring(None)


@given(JSON)
def test_what_is_signed_is_read_back(payload):
    assert verify("essai", sign("essai", payload)) == payload


@given(JSON, st.data())
def test_one_character_changed_is_refused(payload, data):
    token = sign("essai", payload)
    place = data.draw(st.integers(0, len(token) - 1))
    other = data.draw(st.sampled_from([c for c in "aZ0-_.é" if c != token[place]]))
    with pytest.raises(Forbidden):
        verify("essai", token[:place] + other + token[place + 1 :])


@given(st.text(max_size=30))
def test_anything_else_is_refused(text):
    with pytest.raises(Forbidden):
        verify("essai", text)


def test_a_token_serves_one_purpose_only():
    with pytest.raises(Forbidden) as refused:
        verify("lien", sign("cookie", {"a": 1}))
    assert refused.value.code == "LIEN_INVALIDE"


def test_a_token_ends_at_its_date():
    with frozen(INSTANT):
        token = sign("lien", {}, validite=timedelta(hours=1))
        assert verify("lien", token) == {}
    with frozen(INSTANT + timedelta(hours=1)), pytest.raises(Gone) as refused:
        verify("lien", token)
    assert refused.value.code == "LIEN_EXPIRE"


def test_a_new_key_leaves_old_tokens_good_until_the_old_key_goes():
    token = sign("lien", {"a": 1})
    set_key_ring(KeyRing({"b": b"2" * 32, "a": b"1" * 32}, "b"))
    assert verify("lien", token) == {"a": 1}
    assert sign("lien", {}).startswith("b.")
    set_key_ring(KeyRing({"b": b"2" * 32}, "b"))
    with pytest.raises(GuichetError):
        verify("lien", token)
