"""Territory and time zone from the postal code."""

from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guichet.reseau.metier.territoires import FUSEAUX, CodePostalInconnu, Territoire, departement_of, locate_code_postal


@pytest.mark.parametrize(
    ("code_postal", "territoire", "fuseau"),
    [
        ("35000", Territoire.METROPOLE, "Europe/Paris"),
        ("01000", Territoire.METROPOLE, "Europe/Paris"),
        ("20200", Territoire.METROPOLE, "Europe/Paris"),
        ("95880", Territoire.METROPOLE, "Europe/Paris"),
        ("57000", Territoire.ALSACE_MOSELLE, "Europe/Paris"),
        ("67000", Territoire.ALSACE_MOSELLE, "Europe/Paris"),
        ("68100", Territoire.ALSACE_MOSELLE, "Europe/Paris"),
        ("97110", Territoire.GUADELOUPE, "America/Guadeloupe"),
        ("97133", Territoire.SAINT_BARTHELEMY, "America/St_Barthelemy"),
        ("97150", Territoire.SAINT_MARTIN, "America/Marigot"),
        ("97200", Territoire.MARTINIQUE, "America/Martinique"),
        ("97300", Territoire.GUYANE, "America/Cayenne"),
        ("97400", Territoire.REUNION, "Indian/Reunion"),
        ("97500", Territoire.SAINT_PIERRE_ET_MIQUELON, "America/Miquelon"),
        ("97600", Territoire.MAYOTTE, "Indian/Mayotte"),
        ("98600", Territoire.WALLIS_ET_FUTUNA, "Pacific/Wallis"),
        ("98714", Territoire.POLYNESIE, "Pacific/Tahiti"),
        ("98742", Territoire.POLYNESIE, "Pacific/Marquesas"),
        ("98755", Territoire.POLYNESIE, "Pacific/Gambier"),
        ("98800", Territoire.NOUVELLE_CALEDONIE, "Pacific/Noumea"),
    ],
)
def test_each_territory_is_found_by_its_postal_codes(code_postal: str, territoire: Territoire, fuseau: str):
    assert locate_code_postal(code_postal) == (territoire, fuseau)


@pytest.mark.parametrize(
    "code_postal", ["", "3500", "350000", "3500A", "98000", "96000", "00100", "٣٥٠٠٠", "98400", "97900"]
)
def test_what_is_no_french_postal_code_is_refused(code_postal: str):
    with pytest.raises(CodePostalInconnu):
        locate_code_postal(code_postal)


@given(st.from_regex(r"\A[0-9]{5}\Z"))
def test_any_five_digits_have_a_territory_with_a_real_time_zone_or_are_refused(code_postal: str):
    try:
        territoire, fuseau = locate_code_postal(code_postal)
    except CodePostalInconnu:
        return
    assert fuseau in FUSEAUX
    assert ZoneInfo(fuseau).key == fuseau
    assert (territoire in {Territoire.METROPOLE, Territoire.ALSACE_MOSELLE}) == (fuseau == "Europe/Paris")


@pytest.mark.parametrize(
    ("code_postal", "departement"), [("35000", "35"), ("97400", "974"), ("98800", "988"), ("20200", "20")]
)
def test_the_department_has_two_digits_and_three_overseas(code_postal: str, departement: str):
    assert departement_of(code_postal) == departement
