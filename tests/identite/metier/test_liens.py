"""Signed links."""

import hashlib
import hmac
from datetime import UTC, datetime
from uuid import uuid4

from hypothesis import given
from hypothesis import strategies as st

from guichet.identite.metier.liens import Lien, read, write

LIEN = Lien(
    tenant_id=uuid4(),
    genre="rdv",
    cible=uuid4(),
    permissions=("rdv:cancel:own", "rdv:read:own"),
    expire_le=datetime(2026, 12, 1, tzinfo=UTC),
)


def seal(raw: bytes) -> bytes:
    return hmac.digest(b"clef", raw, hashlib.sha256)


def test_a_link_says_again_what_it_opens():
    assert read(write(LIEN, seal), seal) == LIEN


def test_a_link_fits_in_an_address():
    assert len(write(LIEN, seal)) < 260
    assert set(write(LIEN, seal)) <= set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.")


def test_another_key_reads_nothing():
    assert read(write(LIEN, seal), lambda raw: hmac.digest(b"autre", raw, hashlib.sha256)) is None


@given(st.integers(0, 250), st.characters(min_codepoint=33, max_codepoint=126))
def test_one_changed_character_reads_nothing(position: int, character: str):
    text = write(LIEN, seal)
    position %= len(text)
    changed = text[:position] + character + text[position + 1 :]
    assert changed == text or read(changed, seal) is None


@given(st.text(max_size=60))
def test_other_texts_read_nothing(text: str):
    assert read(text, seal) is None
    assert read(f"gl_{text}", seal) is None
    assert read("gl_" + "a" * 2000, seal) is None
