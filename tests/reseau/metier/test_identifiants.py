"""Codes and sort keys."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guichet.reseau.metier.identifiants import (
    CodeInvalide,
    cle_tri,
    normalise_code_centre,
    normalise_habilitation,
    normalise_siret,
    siret_valide,
)


@pytest.mark.parametrize(
    ("typed", "siret"),
    [
        ("732 829 320 00074", "73282932000074"),
        ("12002503600035", "12002503600035"),
        ("356.000.000.00048", "35600000000048"),
    ],
)
def test_a_siret_is_read_with_its_usual_spaces(typed: str, siret: str):
    assert normalise_siret(typed) == siret


def test_an_office_of_la_poste_has_its_own_key():
    assert siret_valide("35600000049837") == (sum(map(int, "35600000049837")) % 5 == 0)
    assert siret_valide("35600000000001") is True
    assert siret_valide("35600000000002") is False


@pytest.mark.parametrize("typed", ["", "7328293200007", "73282932000075", "7328293200007A", "٧٣٢٨٢٩٣٢٠٠٠٠٧٤"])
def test_a_false_siret_is_refused(typed: str):
    with pytest.raises(CodeInvalide):
        normalise_siret(typed)


@given(st.text("0123456789", min_size=13, max_size=13))
def test_thirteen_digits_have_exactly_one_key(debut: str):
    if not debut.startswith("356000000"):
        assert sum(siret_valide(debut + cle) for cle in "0123456789") == 1


@pytest.mark.parametrize(
    ("typed", "code"), [("s035t123", "S035T123"), (" CAF-LYON-1 ", "CAF-LYON-1"), ("73282932000074", "73282932000074")]
)
def test_a_centre_code_is_upper_case_without_spaces(typed: str, code: str):
    assert normalise_code_centre(typed) == code


@pytest.mark.parametrize("typed", ["", "ab", "-AB", "A" * 21, "S035É123", "73282932000075", "A/B/C"])
def test_a_bad_centre_code_is_refused(typed: str):
    with pytest.raises(CodeInvalide):
        normalise_code_centre(typed)


def test_a_habilitation_code_is_upper_case():
    assert normalise_habilitation(" haute tension ") == "HAUTE_TENSION"
    with pytest.raises(CodeInvalide):
        normalise_habilitation("é")


def test_the_sort_key_puts_french_names_in_french_order():
    noms = ["Évreux", "Zuydcoote", "étampes", "Œuilly", "Orléans", "L'Haÿ-les-Roses", "Eu"]
    assert sorted(noms, key=cle_tri) == ["étampes", "Eu", "Évreux", "L'Haÿ-les-Roses", "Œuilly", "Orléans", "Zuydcoote"]
    assert cle_tri("  L’Haÿ-les-Roses ") == "l hay les roses"


@given(st.text())
def test_the_sort_key_is_stable(texte: str):
    assert cle_tri(cle_tri(texte)) == cle_tri(texte)
