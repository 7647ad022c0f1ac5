"""Business contact details as people type them."""

import pytest

from guichet.reseau.metier.coordonnees import CoordonneeInvalide, normalise_email, normalise_site, normalise_telephone
from guichet.reseau.metier.territoires import Territoire


@pytest.mark.parametrize(
    ("typed", "territoire", "e164"),
    [
        ("04 65 71 00 42", Territoire.METROPOLE, "+33465710042"),
        ("+33 4 65 71 00 42", Territoire.REUNION, "+33465710042"),
        ("0262.30.00.00", Territoire.REUNION, "+262262300000"),
        ("0596 30 00 00", Territoire.MARTINIQUE, "+596596300000"),
        ("40 50 60 70", Territoire.POLYNESIE, "+68940506070"),
        ("27 12 34", Territoire.NOUVELLE_CALEDONIE, "+687271234"),
        ("04 65 71 00 42", Territoire.WALLIS_ET_FUTUNA, "+33465710042"),
    ],
)
def test_a_number_is_read_in_the_national_form_of_its_territory(typed: str, territoire: Territoire, e164: str):
    assert normalise_telephone(typed, territoire) == e164


@pytest.mark.parametrize("typed", ["", "bonjour", "12", "04 65 71", "+99 999"])
def test_what_is_no_number_is_refused(typed: str):
    with pytest.raises(CoordonneeInvalide):
        normalise_telephone(typed)


@pytest.mark.parametrize("typed", ["Accueil@Exemple.FR", " a.b+c@sous.domaine.example "])
def test_an_address_is_kept_in_lower_case(typed: str):
    assert normalise_email(typed) == typed.strip().lower()


@pytest.mark.parametrize(
    "typed", ["", "x", "x@", "@x.fr", "x@y", "a b@x.fr", "a@x..fr", f"{'a' * 250}@x.fr", "<a@x.fr>"]
)
def test_what_is_no_address_is_refused(typed: str):
    with pytest.raises(CoordonneeInvalide):
        normalise_email(typed)


@pytest.mark.parametrize(
    ("typed", "site"),
    [("exemple.fr", "https://exemple.fr"), ("http://exemple.fr:8080/a?b#c", "http://exemple.fr:8080/a?b#c")],
)
def test_a_web_address_has_its_scheme(typed: str, site: str):
    assert normalise_site(typed) == site


@pytest.mark.parametrize("typed", ["", "exemple", "javascript:alert(1)", "ftp://exemple.fr", "https://exemple.fr/<x>"])
def test_what_is_no_web_address_is_refused(typed: str):
    with pytest.raises(CoordonneeInvalide):
        normalise_site(typed)
