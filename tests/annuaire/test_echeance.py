"""When a vehicle is next due, by the texts quoted in the rule."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guichet.annuaire.metier.echeance import Nature, prochaine_echeance
from guichet.annuaire.metier.saisie import Motif, SaisieInvalide
from guichet.annuaire.metier.vehicule import MiseCirculation, parse_mise_circulation
from guichet.reseau.facade import Carburant, VehiculeType

VP, VU, MOTO, CYCLO = VehiculeType
DIESEL, ELECTRIQUE = Carburant.DIESEL, Carburant.ELECTRIQUE


def limite(vehicule, mise=None, dernier=None, carburant=DIESEL, pollution=None):
    echeance = prochaine_echeance(vehicule, carburant, mise and MiseCirculation(mise), dernier, pollution)
    return echeance and (echeance.limite, echeance.des, echeance.nature)


@pytest.mark.parametrize("vehicule", [VP, VU])
def test_a_car_or_van_comes_first_before_its_fourth_anniversary(vehicule: VehiculeType):
    assert limite(vehicule, date(2023, 3, 10)) == (date(2027, 3, 10), date(2026, 9, 10), Nature.PERIODIQUE)


def test_a_leap_day_is_clamped():
    assert limite(VP, date(2024, 2, 29), dernier=date(2024, 2, 29))[0] == date(2026, 2, 28)


def test_a_car_comes_back_every_two_years():
    assert limite(VP, date(2015, 1, 1), dernier=date(2025, 6, 30))[0] == date(2027, 6, 30)


def test_a_van_owes_a_pollution_check_one_year_after_each_inspection():
    assert limite(VU, dernier=date(2025, 6, 30)) == (date(2026, 6, 30), date(2026, 4, 30), Nature.POLLUTION)


def test_a_pollution_check_done_leaves_the_periodic_inspection():
    assert limite(VU, dernier=date(2025, 6, 30), pollution=date(2026, 5, 2))[2] is Nature.PERIODIQUE
    assert limite(VU, dernier=date(2025, 6, 30), pollution=date(2024, 5, 2))[2] is Nature.POLLUTION


def test_an_electric_van_owes_no_pollution_check():
    assert limite(VU, dernier=date(2025, 6, 30), carburant=ELECTRIQUE)[2] is Nature.PERIODIQUE


@pytest.mark.parametrize("vehicule", [MOTO, CYCLO])
@pytest.mark.parametrize(
    ("mise", "attendue"),
    [
        (date(2010, 5, 1), date(2024, 12, 31)),
        (date(2016, 12, 31), date(2024, 12, 31)),
        (date(2017, 1, 1), date(2025, 12, 31)),
        (date(2019, 12, 31), date(2025, 12, 31)),
        (date(2020, 3, 1), date(2026, 7, 1)),
        (date(2021, 11, 1), date(2026, 12, 31)),
        (date(2022, 1, 1), date(2027, 1, 1)),
    ],
)
def test_two_wheels_follow_the_calendar_of_their_year(vehicule: VehiculeType, mise: date, attendue: date):
    assert limite(vehicule, mise)[0] == attendue


def test_two_wheels_come_back_every_three_years():
    assert limite(MOTO, dernier=date(2024, 5, 2))[0] == date(2027, 5, 2)


def test_nothing_known_gives_no_date():
    assert limite(VP) is None


def test_a_year_alone_gives_an_approximate_date_that_is_never_too_late():
    mise = parse_mise_circulation("2023", date(2026, 1, 1))
    echeance = prochaine_echeance(VP, DIESEL, mise)
    assert echeance is not None
    assert (echeance.limite, echeance.approximative, str(mise)) == (date(2027, 1, 1), True, "2023")


def test_a_date_of_first_registration_is_a_past_day_or_year():
    aujourdhui = date(2026, 11, 20)
    assert str(parse_mise_circulation(" 2020-05-04 ", aujourdhui)) == "2020-05-04"
    for texte, motif in [
        ("hier", Motif.FORME),
        ("20", Motif.FORME),
        ("2020-13-01", Motif.FORME),
        ("0000", Motif.FORME),
        ("2027", Motif.INCONNU),
        ("2026-11-21", Motif.INCONNU),
        ("1899", Motif.INCONNU),
    ]:
        with pytest.raises(SaisieInvalide) as refus:
            parse_mise_circulation(texte, aujourdhui)
        assert refus.value.motif is motif


jours = st.dates(date(2010, 1, 1), date(2035, 12, 31))


@given(
    st.sampled_from(VehiculeType), st.sampled_from(Carburant), st.none() | jours, st.none() | jours, st.none() | jours
)
def test_a_due_date_comes_after_what_it_counts_from_and_its_season_before_it(
    vehicule: VehiculeType, carburant: Carburant, mise: date | None, dernier: date | None, pollution: date | None
):
    echeance = prochaine_echeance(vehicule, carburant, mise and MiseCirculation(mise), dernier, pollution)
    assert (echeance is None) == (mise is None and dernier is None)
    if echeance is None:
        return
    assert echeance.des < echeance.limite
    if dernier is not None:
        assert echeance.limite > dernier
    if echeance.nature is Nature.POLLUTION:
        assert (vehicule, carburant is ELECTRIQUE) == (VU, False)


@given(st.sampled_from(VehiculeType), jours, jours)
def test_an_inspection_made_later_never_brings_the_next_one_nearer(vehicule: VehiculeType, un: date, autre: date):
    tot, tard = sorted((un, autre))
    assert limite(vehicule, dernier=tot)[0] <= limite(vehicule, dernier=tard)[0]
