"""The world of the demonstration is the same for the same seed, and what it draws is valid."""

import re
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guichet.socle.demo import Monde, Tailles, create_monde
from guichet.socle.demo.monde import split
from guichet.socle.demo.noms import NOMS, PRENOMS_FEMININS, PRENOMS_MASCULINS
from guichet.socle.demo.vehicules import MODELES, draw_immatriculation

JOUR = date(2025, 11, 20)


def create(seed: int = 1, **tailles: int) -> Monde:
    return create_monde(seed=seed, today=JOUR, tailles=Tailles(**tailles))


@given(st.integers(0, 10_000_000), st.lists(st.integers(1, 500), min_size=1, max_size=6))
def test_shares_add_up_and_follow_the_weights(total, poids):
    parts = split(total, poids)
    assert sum(parts) == total
    assert all(abs(part - total * p / sum(poids)) < 1 for part, p in zip(parts, poids, strict=True))


def test_the_ordinary_demonstration_has_the_founding_sizes():
    tenants = create().tenants
    assert [t.slug for t in tenants] == ["controle-auto-france", "auto-securite-pro", "ct-express"]
    assert [t.controleurs for t in tenants] == [36, 16, 8]
    assert sum(t.agences for t in tenants) == 15
    assert sum(t.centres for t in tenants) == 30
    assert sum(t.rdv for t in tenants) == 500
    assert all(t.domaine.endswith(".example") for t in tenants)
    assert all(t.max_agences is not None and t.agences <= t.max_agences for t in tenants)


def test_what_exceeds_the_demonstration_goes_to_an_unlimited_tenant():
    tenants = create(centres=2000, rdv=1_000_000).tenants
    assert sum(t.centres for t in tenants) == 2000
    assert sum(t.rdv for t in tenants) == 1_000_000
    assert tenants[3].grand
    assert tenants[3].max_users is None


def test_more_appointments_alone_also_go_to_the_unlimited_tenant():
    grand = create(rdv=10_000).tenants[3]
    assert (grand.centres, grand.rdv) == (1, 9_500)


def test_a_smaller_demonstration_leaves_out_tenants_without_a_centre():
    tenants = create(centres=1, rdv=10).tenants
    assert [(t.centres, t.agences, t.controleurs) for t in tenants] == [(1, 1, 2)]


@pytest.mark.parametrize("tailles", [{"centres": 0}, {"rdv": -1}, {"jours": 0}])
def test_impossible_sizes_are_refused(tailles):
    with pytest.raises(ValueError, match="taille"):
        Tailles(**tailles)


def draw_all(monde: Monde) -> list[object]:
    rng = monde.rng("essai")
    return [
        *(monde.personne(rng) for _ in range(50)),
        *(monde.vehicule(rng) for _ in range(50)),
        *(monde.telephone(rng) for _ in range(50)),
        monde.uuid(rng),
        monde.tenant.id,
    ]


def test_the_same_seed_draws_the_same_and_another_seed_does_not():
    assert draw_all(create(7)) == draw_all(create(7))
    assert draw_all(create(7)) != draw_all(create(8))


def test_streams_are_told_apart_by_name_and_by_tenant():
    monde = create()
    autre = monde.for_tenant(monde.tenants[1])
    suites = [m.rng(nom).random() for m in (monde, autre) for nom in ("rdv", "reseau")]
    assert len(set(suites)) == 4
    assert monde.rng("rdv").random() == suites[0]


def test_names_are_many_and_distinct():
    for liste in (NOMS, PRENOMS_FEMININS, PRENOMS_MASCULINS):
        assert len(set(liste)) == len(liste)
    assert len(NOMS) > 150
    assert "Le Gall" in NOMS


def test_addresses_are_ascii_and_belong_to_nobody():
    monde = create()
    rng = monde.rng("adresses")
    for _ in range(300):
        personne = monde.personne(rng)
        adresses = {monde.email(personne), monde.email(personne, rng), monde.email_pro(personne, 2)}
        assert len(adresses) == 3
        assert all(re.fullmatch(r"[a-z.\-]+\d*@[a-z\-]+\.example", a) for a in adresses)


def test_telephone_numbers_are_those_kept_for_fiction():
    monde = create()
    rng = monde.rng("telephones")
    assert all(re.fullmatch(r"\+3363998\d{4}", monde.telephone(rng)) for _ in range(100))
    fixes = [monde.telephone(rng, mobile=False) for _ in range(100)]
    assert all(re.fullmatch(r"\+33(19900|26191|35301|46571|53649)\d{4}", numero) for numero in fixes)


def test_models_have_coherent_years_and_energies():
    assert len(MODELES) > 150
    assert {m.categorie for m in MODELES} == {"VP", "VU", "Moto", "Cyclo"}
    assert all(m.debut <= m.fin and m.energies and m.poids > 0 for m in MODELES)


@pytest.mark.parametrize("categorie", [None, "VP", "VU", "Moto", "Cyclo"])
def test_vehicles_are_registered_before_today_with_a_valid_plate(categorie):
    monde = create()
    rng = monde.rng("vehicules")
    for _ in range(500):
        vehicule = monde.vehicule(rng, categorie=categorie)
        assert categorie in {None, vehicule.categorie}
        assert vehicule.date_mise_circulation < JOUR
        assert vehicule.carburant in {"Essence", "Diesel", "Hybride", "Electrique", "Gaz"}
        siv = re.fullmatch(r"[A-HJ-NP-TV-Z]{2}-(\d{3})-(?!SS)[A-HJ-NP-TV-Z]{2}", vehicule.immatriculation)
        fni = re.fullmatch(r"\d{2,4} [A-HJ-NP-TV-Z]{2} (\d{2}|2A)", vehicule.immatriculation)
        assert siv or fni
        assert siv is None or siv[1] != "000"


def test_plates_follow_the_order_of_time():
    rng = create().rng("plaques")
    assert draw_immatriculation(rng, date(2009, 4, 20), JOUR).startswith("AA")
    assert draw_immatriculation(rng, date(2023, 9, 15), JOUR).startswith("GQ")


def test_days_count_from_today_and_progress_is_silent_by_default():
    monde = create()
    assert monde.jour(-1) == date(2025, 11, 19)
    monde.progression("centres", 10, 1)
