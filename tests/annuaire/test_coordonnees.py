"""Telephone numbers, addresses, SIRET and names as people type them."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guichet.annuaire.metier.coordonnees import (
    check_siret,
    cle_nom,
    format_telephone,
    is_mobile,
    normalise_email,
    normalise_nom,
    normalise_telephone,
)
from guichet.annuaire.metier.saisie import Motif, SaisieInvalide


@pytest.mark.parametrize(
    ("texte", "e164", "mobile"),
    [
        ("06 12 34 56 78", "+33612345678", True),
        ("0612345678", "+33612345678", True),
        ("06.12.34.56.78", "+33612345678", True),
        ("+33 (0)6 12 34 56 78", "+33612345678", True),
        ("0033612345678", "+33612345678", True),
        ("01 23 45 67 89", "+33123456789", False),
        ("09 70 12 34 56", "+33970123456", False),
        ("0692 12 34 56", "+262692123456", True),
        ("0262 20 00 00", "+262262200000", False),
        ("0696 20 12 34", "+596696201234", True),
        ("+32 470 12 34 56", "+32470123456", True),
        ("06 39 98 12 34", "+33639981234", True),
    ],
)
def test_a_number_is_understood_however_it_is_written(texte: str, e164: str, mobile: bool):
    assert normalise_telephone(texte) == e164
    assert is_mobile(e164) is mobile


@pytest.mark.parametrize(
    ("texte", "motif"),
    [
        ("", Motif.VIDE),
        ("   ", Motif.VIDE),
        ("0" * 31, Motif.TROP_LONG),
        ("bonjour", Motif.FORME),
        ("06 12 34 56 7", Motif.FORME),
        ("3639", Motif.FORME),
        ("08 92 12 34 56", Motif.SURTAXE),
    ],
)
def test_a_number_nobody_answers_at_is_refused(texte: str, motif: Motif):
    with pytest.raises(SaisieInvalide) as refus:
        normalise_telephone(texte)
    assert refus.value.motif is motif


def test_a_number_is_shown_the_way_people_read_it():
    assert format_telephone("+33612345678") == "06 12 34 56 78"
    assert format_telephone("+32470123456") == "+32 470 12 34 56"


@pytest.mark.parametrize(
    ("texte", "adresse"),
    [
        (" Jean.Dupont@Exemple.FR ", "Jean.Dupont@exemple.fr"),
        ("a+b@courriel.example", "a+b@courriel.example"),
        ("moi@été.fr", "moi@xn--t-9fab.fr"),
    ],
)
def test_an_address_keeps_its_local_part_and_folds_its_domain(texte: str, adresse: str):
    assert normalise_email(texte) == adresse


@pytest.mark.parametrize(
    ("texte", "motif"),
    [
        ("", Motif.VIDE),
        ("a" * 250 + "@b.fr", Motif.TROP_LONG),
        ("a" * 65 + "@b.fr", Motif.FORME),
        ("dupont", Motif.FORME),
        ("@b.fr", Motif.FORME),
        ("a@b", Motif.FORME),
        ("a@b..fr", Motif.FORME),
        ("a@-b.fr", Motif.FORME),
        ("a@1.2.3.4", Motif.FORME),
        ("a b@c.fr", Motif.FORME),
        (".a@c.fr", Motif.FORME),
        ("a@c.fr\r\nBcc: x@y.fr", Motif.FORME),
    ],
)
def test_what_is_no_address_is_refused(texte: str, motif: Motif):
    with pytest.raises(SaisieInvalide) as refus:
        normalise_email(texte)
    assert refus.value.motif is motif


def test_a_siret_needs_its_check_digit():
    assert check_siret("732 829 320 00074") == "73282932000074"
    for texte, motif in [("", Motif.VIDE), ("732 829 320 00075", Motif.CLE), ("7328", Motif.FORME)]:
        with pytest.raises(SaisieInvalide) as refus:
            check_siret(texte)
        assert refus.value.motif is motif


def test_names_keep_their_accents_and_lose_their_spaces():
    assert normalise_nom("  Le   Goff-Péan ") == "Le Goff-Péan"
    assert cle_nom("D’Été-Ève  Cœur") == "d ete eve coeur"
    for texte, motif in [
        ("  ", Motif.VIDE),
        ("x" * 101, Motif.TROP_LONG),
        ("123", Motif.FORME),
        ("a\x00b", Motif.FORME),
    ]:
        with pytest.raises(SaisieInvalide) as refus:
            normalise_nom(texte)
        assert refus.value.motif is motif


@given(st.text(max_size=40))
def test_the_key_of_a_key_is_itself(texte: str):
    assert cle_nom(cle_nom(texte)) == cle_nom(texte)


@pytest.mark.parametrize("normalise", [normalise_telephone, normalise_email, check_siret, normalise_nom])
@given(texte=st.text(max_size=40))
def test_any_text_gives_a_value_or_a_reason_and_a_value_is_stable(normalise, texte: str):
    with suppress(SaisieInvalide):
        valeur = normalise(texte)
        assert normalise(valeur) == valeur
