"""What follows an inspection: limits count from the first one, dates fall on the months' end, nothing unknown is said."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guichet.annuaire.facade import Nature
from guichet.rdv.metier.contre_visite import Droit, Initial, find_droit
from guichet.rdv.metier.suites import Suite, find_suite
from guichet.rdv.metier.types import ECHECS, Resultat
from guichet.reseau.facade import Carburant, TypeControle, VehiculeType
from guichet.socle.calendrier import add_months

JOUR = date(2026, 12, 30)


def suite(type_controle: str = "CTP", resultat: str = "favorable", **fields: object) -> Suite:
    values: dict[str, object] = {
        "jour": JOUR, "initial": None, "vehicule_type": VehiculeType.VP, "carburant": Carburant.DIESEL, "delai_offert_mois": 2,
    }  # fmt: skip
    return find_suite(
        type_controle=TypeControle(type_controle), resultat=Resultat(resultat), **(values | fields)
    )  # fmt: skip


def test_a_failure_opens_a_free_reinspection_until_the_end_of_a_shorter_month():
    vue = suite(resultat="contre_visite")
    assert (vue.type_controle, vue.limite, vue.offerte) == ("CVP", date(2027, 2, 28), date(2027, 2, 28))


@pytest.mark.parametrize(("mois", "offerte"), [(0, None), (1, date(2027, 1, 30)), (2, date(2027, 2, 28))])
def test_how_long_it_is_free_is_the_tenants(mois: int, offerte: date | None):
    assert suite(resultat="defavorable", delai_offert_mois=mois).offerte == offerte


def test_after_a_failed_reinspection_the_limit_is_still_the_first_ones_and_the_next_is_paid():
    vue = suite("CVP", "contre_visite", jour=date(2027, 1, 20), initial=JOUR)
    assert (vue.type_controle, vue.limite, vue.offerte) == ("CVP", date(2027, 2, 28), None)


@pytest.mark.parametrize(("controle", "suivi"), [("CTC", "CVC"), ("CVC", "CVC"), ("CV", "CVP")])
def test_a_pollution_check_is_followed_by_its_own_reinspection(controle: str, suivi: str):
    assert suite(controle, "contre_visite", vehicule_type=VehiculeType.VU).type_controle == suivi


def test_a_pass_counts_two_years_from_the_first_inspection():
    vue = suite("CVP", jour=date(2027, 1, 20), initial=JOUR)
    assert vue.echeance is not None
    assert (vue.echeance.limite, vue.echeance.nature) == (date(2028, 12, 30), Nature.PERIODIQUE)


def test_a_van_owes_a_pollution_check_first():
    vue = suite(vehicule_type=VehiculeType.VU)
    assert vue.echeance is not None
    assert (vue.echeance.limite, vue.echeance.nature) == (date(2027, 12, 30), Nature.POLLUTION)


@pytest.mark.parametrize("controle", ["CV", "CTC", "CVC"])
def test_nothing_is_said_of_the_next_date_after_what_does_not_move_it(controle: str):
    assert suite(controle) == Suite()


@given(
    jour=st.dates(date(2024, 1, 1), date(2030, 12, 31)),
    resultat=st.sampled_from(sorted(ECHECS)),
    controle=st.sampled_from(["CTP", "CV"]),
    mois=st.integers(0, 2),
    jours=st.integers(0, 70),
)
def test_what_is_promised_is_what_a_booking_grants(
    jour: date, resultat: Resultat, controle: str, mois: int, jours: int
):
    vue = suite(controle, resultat, jour=jour, delai_offert_mois=mois)
    assert vue.limite is not None
    plus_tard = date.fromordinal(jour.toordinal() + jours)
    droit = find_droit(
        [Initial(id=None, type_controle=controle, jour=jour, resultat=resultat)],
        type_controle="CVP",
        jour=plus_tard,
        delai_offert_mois=mois,
    )
    assert isinstance(droit, Droit) == (plus_tard <= vue.limite)
    if isinstance(droit, Droit):
        assert droit.offerte == (vue.offerte is not None and plus_tard <= vue.offerte)
        assert vue.limite == add_months(jour, 2)
