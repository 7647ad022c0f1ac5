"""Accreditations and habilitations: who may inspect what, on which day."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guichet.reseau.metier.agrements import (
    AgrementType,
    Exigence,
    Titre,
    agrements_requis,
    peut_controler,
    titres_requis,
    titres_valides,
)
from guichet.reseau.metier.types import Carburant, VehiculeType

FIN = date(2026, 12, 31)
VL, L, GAZ = (Titre(code=c, valide_au=FIN) for c in ("VL", "L", "Gaz"))


@pytest.mark.parametrize(
    ("vehicule", "carburant", "requis"),
    [
        ("VP", "Essence", {"VL"}),
        ("VU", "Diesel", {"VL"}),
        ("Moto", "Essence", {"L"}),
        ("Cyclo", "Electrique", {"L"}),
        ("VP", "Gaz", {"VL", "Gaz"}),
        ("Moto", "Gaz", {"L", "Gaz"}),
    ],
)
def test_what_each_vehicle_needs(vehicule: str, carburant: str, requis: set[str]):
    assert agrements_requis(VehiculeType(vehicule), Carburant(carburant)) == {AgrementType(r) for r in requis}


def test_an_accreditation_is_valid_from_its_first_day_to_its_last():
    titre = Titre(code="VL", valide_du=date(2026, 1, 1), valide_au=FIN)
    assert [titre.valid_on(j) for j in (date(2025, 12, 31), date(2026, 1, 1), FIN, FIN + timedelta(1))] == [
        False,
        True,
        True,
        False,
    ]
    assert titres_valides([titre, L], date(2025, 6, 1)) == {"L"}


def test_gas_needs_both_accreditations():
    def can(*agrements: Titre) -> bool:
        return peut_controler(
            agrements=agrements, habilitations=(), jour=FIN, vehicule_type=VehiculeType.VP, carburant=Carburant.GAZ
        )

    assert not can(VL)
    assert not can(GAZ)
    assert can(VL, GAZ)


def test_a_tenants_own_habilitation_is_required_where_it_says():
    exigences = [
        Exigence(code="VE", carburant=Carburant.ELECTRIQUE),
        Exigence(code="UTIL", vehicule_type=VehiculeType.VU),
    ]
    assert titres_requis(VehiculeType.VU, Carburant.ELECTRIQUE, exigences) == (
        frozenset({"VL"}),
        frozenset({"VE", "UTIL"}),
    )
    assert titres_requis(VehiculeType.VP, Carburant.DIESEL, exigences) == (frozenset({"VL"}), frozenset())
    ve = Titre(code="VE", valide_au=FIN)

    def can(jour: date, *habilitations: Titre) -> bool:
        return peut_controler(
            agrements=[Titre(code="VL", valide_au=date.max)],
            habilitations=habilitations,
            jour=jour,
            vehicule_type=VehiculeType.VP,
            carburant=Carburant.ELECTRIQUE,
            exigences=exigences,
        )

    assert not can(FIN)
    assert can(FIN, ve)
    assert not can(FIN + timedelta(1), ve)


@given(st.dates(), st.sampled_from(list(VehiculeType)), st.sampled_from(list(Carburant)))
def test_nobody_inspects_after_the_last_day_of_every_accreditation(
    jour: date, vehicule: VehiculeType, carburant: Carburant
):
    tous = [Titre(code=a.value, valide_au=FIN) for a in AgrementType]
    assert peut_controler(agrements=tous, habilitations=(), jour=jour, vehicule_type=vehicule, carburant=carburant) == (
        jour <= FIN
    )
