"""Durations and prices: which cell, which line."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guichet.reseau.metier.durees import DUREE_MAX, DUREE_MIN, DUREES_PAR_DEFAUT, Duree, resolve_duree
from guichet.reseau.metier.tarifs import Tarif, prix_min, resolve_prix
from guichet.reseau.metier.types import Carburant, TypeControle, VehiculeType, types_controle_possibles

VP, VU, MOTO = VehiculeType.VP, VehiculeType.VU, VehiculeType.MOTO
CTP, CVP, CV, CTC, CVC = TypeControle.CTP, TypeControle.CVP, TypeControle.CV, TypeControle.CTC, TypeControle.CVC
ESSENCE, GAZ, ELECTRIQUE = Carburant.ESSENCE, Carburant.GAZ, Carburant.ELECTRIQUE


def duree(
    minutes: int, carburant: Carburant | None = None, vehicule: VehiculeType = VP, controle: TypeControle = CTP
) -> Duree:
    return Duree(vehicule_type=vehicule, carburant=carburant, type_controle=controle, minutes=minutes)


def resolve(
    centre: list[Duree], tenant: list[Duree], carburant: Carburant = ESSENCE, controle: TypeControle = CTP
) -> int:
    return resolve_duree(centre=centre, tenant=tenant, vehicule_type=VP, carburant=carburant, type_controle=controle)


def test_the_centres_cell_comes_before_the_tenants_which_comes_before_the_default():
    assert resolve([], []) == 45
    assert resolve([], [duree(40)]) == 40
    assert resolve([duree(35)], [duree(40)]) == 35


@pytest.mark.parametrize("ordre", [1, -1])
def test_the_cell_of_the_fuel_comes_before_the_cell_of_any_fuel(ordre: int):
    matrice = [duree(40), duree(70, GAZ)][::ordre]
    assert resolve([], matrice, GAZ) == 70
    assert resolve([], matrice, ESSENCE) == 40


def test_a_centres_cell_for_any_fuel_comes_before_the_tenants_for_that_fuel():
    assert resolve([duree(35)], [duree(70, GAZ)], GAZ) == 35


def test_cells_of_another_vehicle_or_inspection_do_not_count():
    assert resolve([duree(5, vehicule=MOTO), duree(6, controle=CVP)], []) == 45


def test_an_inspection_no_matrix_knows_takes_the_last_resort():
    assert resolve([], [], controle=CTC) == 45


@given(st.sampled_from(list(VehiculeType)), st.sampled_from(list(Carburant)), st.sampled_from(list(TypeControle)))
def test_every_inspection_of_every_vehicle_has_a_duration(
    vehicule: VehiculeType, carburant: Carburant, controle: TypeControle
):
    minutes = resolve_duree(centre=(), tenant=(), vehicule_type=vehicule, carburant=carburant, type_controle=controle)
    assert DUREE_MIN <= minutes <= DUREE_MAX


def test_the_default_matrix_has_a_cell_for_each_inspection_that_exists():
    for vehicule in VehiculeType:
        cellules = {d.type_controle for d in DUREES_PAR_DEFAUT if d.vehicule_type is vehicule and d.carburant is None}
        assert cellules == types_controle_possibles(vehicule, None)


TARIFS = [
    Tarif(vehicule_type=VP, montant=7900, contre_visite=2000),
    Tarif(vehicule_type=VP, carburant=GAZ, montant=9900),
    Tarif(vehicule_type=VU, type_controle=CTC, montant=4500, contre_visite=1500),
    Tarif(vehicule_type=MOTO, montant=5000),
]


@pytest.mark.parametrize(
    ("vehicule", "carburant", "controle", "prix"),
    [
        (VP, ESSENCE, CTP, 7900),
        (VP, GAZ, CTP, 9900),
        (VP, ESSENCE, CVP, 2000),
        (VP, GAZ, CVP, None),
        (VP, ESSENCE, CV, 7900),
        (VU, ESSENCE, CTC, 4500),
        (VU, ESSENCE, CVC, 1500),
        (VU, ESSENCE, CTP, None),
        (VU, ESSENCE, CV, None),
        (VP, ESSENCE, CVC, None),
    ],
)
def test_the_price_of_each_inspection(
    vehicule: VehiculeType, carburant: Carburant, controle: TypeControle, prix: int | None
):
    assert resolve_prix(TARIFS, vehicule, carburant, controle) == prix
    assert resolve_prix(reversed(TARIFS), vehicule, carburant, controle) == prix


def test_a_voluntary_inspection_may_have_its_own_price():
    assert resolve_prix([*TARIFS, Tarif(vehicule_type=VP, type_controle=CV, montant=6000)], VP, ESSENCE, CV) == 6000


def test_the_lowest_price_shown_is_a_cars_when_there_is_one():
    assert prix_min(TARIFS) == 7900
    assert prix_min(TARIFS[2:]) == 5000
    assert prix_min([]) is None


@pytest.mark.parametrize(
    ("vehicule", "carburant", "pollution"),
    [(VU, ESSENCE, True), (VU, None, True), (VU, ELECTRIQUE, False), (VP, ESSENCE, False), (MOTO, None, False)],
)
def test_the_pollution_check_is_for_vans_that_are_not_electric(
    vehicule: VehiculeType, carburant: Carburant | None, pollution: bool
):
    types = types_controle_possibles(vehicule, carburant)
    assert ({CTC, CVC} <= types) == pollution
    assert {CTP, CVP, CV} <= types


cellules = st.lists(
    st.builds(
        duree,
        st.integers(DUREE_MIN, DUREE_MAX),
        st.sampled_from([None, *Carburant]),
        st.sampled_from([VP, VU]),
        st.sampled_from([CTP, CVP]),
    ),
    max_size=6,
    unique_by=lambda d: (d.vehicule_type, d.carburant, d.type_controle),
)


@given(cellules, cellules, st.sampled_from(list(Carburant)), st.sampled_from([CTP, CVP]), st.randoms())
def test_a_duration_is_the_first_that_is_written_centre_then_tenant_that_fuel_then_any(
    centre: list[Duree], tenant: list[Duree], carburant: Carburant, controle: TypeControle, hasard
):
    ecrites = [
        d.minutes
        for matrice in (centre, tenant)
        for quel in (carburant, None)
        for d in matrice
        if (d.vehicule_type, d.type_controle, d.carburant) == (VP, controle, quel)
    ]
    trouvee = resolve(hasard.sample(centre, len(centre)), hasard.sample(tenant, len(tenant)), carburant, controle)
    assert trouvee == (ecrites[0] if ecrites else resolve([], [], carburant, controle))


tarifs = st.lists(
    st.builds(
        Tarif,
        vehicule_type=st.sampled_from([VP, VU]),
        carburant=st.sampled_from([None, *Carburant]),
        type_controle=st.sampled_from([CTP, CV, CTC]),
        montant=st.integers(0, 20_000),
        contre_visite=st.none() | st.integers(0, 5_000),
    ),
    max_size=8,
    unique_by=lambda t: (t.vehicule_type, t.carburant, t.type_controle),
)


@given(tarifs, st.sampled_from([VP, VU]), st.sampled_from(list(Carburant)), st.randoms())
def test_a_price_is_one_the_centre_publishes_for_that_vehicle(
    lignes: list[Tarif], vehicule: VehiculeType, carburant: Carburant, hasard
):
    siennes = [t for t in lignes if t.vehicule_type is vehicule and t.carburant in {None, carburant}]
    for controle in TypeControle:
        prix = resolve_prix(hasard.sample(lignes, len(lignes)), vehicule, carburant, controle)
        suite = controle in {CVP, CVC}
        publies = {t.contre_visite if suite else t.montant for t in siennes} | {None}
        assert prix in publies
    if not any(t.type_controle is CV for t in siennes):
        assert resolve_prix(lignes, vehicule, carburant, CV) == resolve_prix(lignes, vehicule, carburant, CTP)
