"""Addresses of tenants."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guichet.identite.metier.tenants import LIMITES, Plan, is_slug, normalise_hote, slugify


@pytest.mark.parametrize("text", ["ct-express", "a", "controle-auto-france", "r2d2", "x" * 48])
def test_a_slug_is_short_lower_case_and_plain(text: str):
    assert is_slug(text)


@pytest.mark.parametrize(
    "text", ["", "-a", "a-", "CT", "é", "a_b", "a b", "x" * 49, "admin", "api", "www", "plateforme", "a\n"]
)
def test_what_is_not_a_slug_is_refused(text: str):
    assert not is_slug(text)


def test_a_name_suggests_its_slug():
    assert slugify("Contrôle Auto France") == "controle-auto-france"
    assert slugify("  L'Œil & Cie ! ") == "l-oeil-cie"
    assert slugify("???") == ""


@given(st.text(max_size=80))
def test_a_suggested_slug_is_a_slug_or_nothing(nom: str):
    slug = slugify(nom)
    assert slug == "" or is_slug(slug) or slug in {"admin", "api", "guichet", "plateforme", "www"}


@pytest.mark.parametrize(
    ("text", "hote"),
    [
        ("RDV.Example", "rdv.example"),
        ("rdv.example.:8443", "rdv.example"),
        ("rdv.example:443", "rdv.example"),
        ("localhost", "localhost"),
        ("[::1]:80", None),
        ("a b", None),
        ("", None),
        ("-a.example", None),
        ("x" * 64 + ".example", None),
        ("rdv.example/chemin", None),
    ],
)
def test_a_host_is_compared_without_case_and_port(text: str, hote: str | None):
    assert normalise_hote(text) == hote


def test_plans_give_the_limits_of_the_offer():
    assert {p: (LIMITES[p].users, LIMITES[p].agences) for p in Plan} == {
        "starter": (20, 5),
        "business": (50, 20),
        "enterprise": (100, 50),
    }
