"""Opaque secrets."""

from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guichet.identite.metier.secrets import Genre, digest, new_api_key, new_secret, tenant_of

TENANT = uuid4()


@pytest.mark.parametrize("genre", list(Genre))
def test_a_secret_says_its_kind_and_tenant_and_never_repeats(genre: Genre):
    one, two = new_secret(genre, TENANT), new_secret(genre, TENANT)
    assert one != two
    assert one.startswith(genre.value)
    assert tenant_of(genre, one) == TENANT
    assert all(tenant_of(other, one) is None for other in Genre if other is not genre)


@given(st.text(max_size=120).map(lambda t: f"gs_{t}"))
def test_any_other_text_names_no_tenant_or_a_made_up_one(text: str):
    tenant_of(Genre.SESSION, text)


def test_a_shortened_secret_names_nothing():
    assert tenant_of(Genre.SESSION, new_secret(Genre.SESSION, TENANT)[:-4]) is None
    assert tenant_of(Genre.SESSION, "gs_" + "a" * 200) is None


def test_what_is_shown_of_a_key_does_not_open():
    key, shown = new_api_key()
    assert key.startswith(f"{shown}_")
    assert len(key) - len(shown) == 44
    assert digest(key) != digest(shown)
