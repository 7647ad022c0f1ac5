"""Passwords: what is accepted, how they are kept."""

import bcrypt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from guichet.identite.metier.mots_de_passe import COUT_ESSAI, COUT_NORMAL, Cout, Defaut, Hacheur, defaut

HACHEUR = Hacheur(COUT_ESSAI)


@pytest.mark.parametrize(
    "text", ["cheval bleu agrafe", "Trois-Ponts-1871", "kZ8#pq!2mTw", "à l'ombre du grand tilleul"]
)
def test_a_long_enough_uncommon_password_is_accepted(text: str):
    assert defaut(text, indices=("camille@example.org", "Renaudin")) is None


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("court1!", Defaut.TROP_COURT),
        ("x" * 129, Defaut.TROP_LONG),
        ("Motdepasse123!", Defaut.TROP_COURANT),
        ("P@ssw0rd2026", Defaut.TROP_COURANT),
        ("bienvenue2026", Defaut.TROP_COURANT),
        ("aaaaaaaaaaaa", Defaut.TROP_SIMPLE),
        ("1234567890", Defaut.TROP_SIMPLE),
        ("poiuytreza", Defaut.TROP_SIMPLE),
        ("Renaudin2026", Defaut.PERSONNEL),
        ("camille.renaudin", Defaut.PERSONNEL),
    ],
)
def test_a_guessable_password_is_refused_with_its_reason(text: str, why: Defaut):
    assert defaut(text, indices=("camille@example.org", "Renaudin")) is why


@settings(max_examples=20)
@given(st.text(min_size=1, max_size=100))
def test_only_the_same_password_opens(text: str):
    empreinte = HACHEUR.hash(text)
    assert HACHEUR.verify(empreinte, text)
    assert not HACHEUR.verify(empreinte, text + "x")
    assert text not in empreinte or len(text) < 4


def test_composed_and_decomposed_accents_are_the_same_password():
    assert HACHEUR.verify(HACHEUR.hash("e\u0301te\u0301 a\u0300 paris"), "été à paris")


def test_an_account_without_password_never_opens_and_does_the_same_work():
    assert not HACHEUR.verify(None, "un compte qui n'existe pas")
    assert not HACHEUR.verify(None, "autre chose")


def test_a_broken_hash_never_opens():
    assert not HACHEUR.verify("$argon2id$abîmé", "x")
    assert not HACHEUR.verify("$2b$12$abime", "x")


def test_bcrypt_is_accepted_and_to_be_upgraded():
    empreinte = bcrypt.hashpw(b"cheval bleu agrafe", bcrypt.gensalt(4)).decode()
    assert HACHEUR.verify(empreinte, "cheval bleu agrafe")
    assert not HACHEUR.verify(empreinte, "cheval bleu")
    assert HACHEUR.is_stale(empreinte)
    assert HACHEUR.verify(bcrypt.hashpw(b"x" * 72, bcrypt.gensalt(4)).decode(), "x" * 80)


def test_a_hash_of_another_cost_is_to_be_upgraded():
    assert not HACHEUR.is_stale(HACHEUR.hash("x"))
    assert Hacheur(Cout(2, 64, 1)).is_stale(HACHEUR.hash("x"))


def test_hashes_are_argon2id_and_production_follows_rfc_9106():
    assert HACHEUR.hash("x").startswith("$argon2id$")
    assert (COUT_NORMAL.time_cost, COUT_NORMAL.memory_kib, COUT_NORMAL.parallelism) == (3, 65536, 4)
