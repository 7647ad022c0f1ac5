"""States, deadlines, refunds, re-inspections, capacity, lanes, assignment, numbers."""

from datetime import UTC, date, datetime, timedelta
from itertools import permutations
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guichet.rdv.metier import affectation, capacite, contre_visite, delais, etats, numero
from guichet.rdv.metier.capacite import Equipement, fits_lanes
from guichet.rdv.metier.contre_visite import Initial, RefusContreVisite, find_droit
from guichet.rdv.metier.delais import Palier, RefusDeplacement
from guichet.rdv.metier.intervalles import Intervalle
from guichet.rdv.metier.types import MotifAnnulation, Resultat, Statut
from guichet.socle.calendrier import add_months

PARIS = ZoneInfo("Europe/Paris")
DEBUT = datetime(2026, 11, 23, 9, tzinfo=UTC)
HEURE = timedelta(hours=1)
AUTORISEES = {
    ("en_attente_paiement", "confirme"),
    ("en_attente_paiement", "annule"),
    ("confirme", "en_cours"),
    ("confirme", "absent"),
    ("confirme", "annule"),
    ("en_cours", "termine"),
    ("absent", "confirme"),
}


@pytest.mark.parametrize("avant", Statut)
@pytest.mark.parametrize("apres", Statut)
def test_only_the_written_transitions_exist(avant: Statut, apres: Statut):
    possible = etats.can_become(avant, apres, debut=DEBUT, maintenant=DEBUT + HEURE, zone=PARIS)
    assert possible == ((avant.value, apres.value) in AUTORISEES)


def test_nobody_is_absent_before_the_hour_and_an_absence_is_undone_the_same_day():
    assert not etats.can_become(Statut.CONFIRME, Statut.ABSENT, debut=DEBUT, maintenant=DEBUT - HEURE, zone=PARIS)
    assert etats.can_become(Statut.CONFIRME, Statut.ABSENT, debut=DEBUT, maintenant=DEBUT, zone=PARIS)
    for maintenant, possible in [(DEBUT + 13 * HEURE, True), (DEBUT + 14 * HEURE, False)]:
        assert (
            etats.can_become(Statut.ABSENT, Statut.CONFIRME, debut=DEBUT, maintenant=maintenant, zone=PARIS) is possible
        )


def test_a_hold_is_dead_at_its_deadline_without_any_job():
    tenu, expire = Statut.EN_ATTENTE_PAIEMENT, DEBUT
    assert etats.read_statut(tenu, None, expire, DEBUT - timedelta(microseconds=1)) == (tenu, None)
    assert etats.read_statut(tenu, None, expire, DEBUT) == (Statut.ANNULE, MotifAnnulation.EXPIRATION)
    assert etats.read_statut(tenu, None, None, DEBUT) == (tenu, None)
    assert etats.read_statut(Statut.CONFIRME, None, expire, DEBUT) == (Statut.CONFIRME, None)


def test_a_delay_is_elapsed_time_and_its_limit_is_inside():
    assert delais.within_delay(DEBUT, DEBUT - 24 * HEURE, 24)
    assert not delais.within_delay(DEBUT, DEBUT - 24 * HEURE + timedelta(microseconds=1), 24)


def test_a_delay_across_a_clock_change_counts_real_hours():
    debut = datetime(2026, 10, 26, 9, tzinfo=PARIS)
    meme_heure_la_veille = datetime(2026, 10, 24, 9, tzinfo=PARIS)
    assert debut.astimezone(UTC) - meme_heure_la_veille.astimezone(UTC) == 49 * HEURE
    assert delais.within_delay(debut.astimezone(UTC), meme_heure_la_veille.astimezone(UTC), 49)


def test_a_customer_moves_three_times_within_the_delay():
    avant = DEBUT - 24 * HEURE
    assert delais.check_move(DEBUT, avant, delai_heures=24, modifications=2) is None
    assert delais.check_move(DEBUT, avant, delai_heures=24, modifications=3) is RefusDeplacement.LIMITE
    assert delais.check_move(DEBUT, avant + HEURE, delai_heures=24, modifications=0) is RefusDeplacement.DELAI


def test_a_customer_cancels_until_the_start():
    assert delais.can_cancel(Statut.CONFIRME, DEBUT, DEBUT - timedelta(seconds=1))
    assert delais.can_cancel(Statut.EN_ATTENTE_PAIEMENT, DEBUT, DEBUT - HEURE)
    assert not delais.can_cancel(Statut.CONFIRME, DEBUT, DEBUT)
    assert not delais.can_cancel(Statut.TERMINE, DEBUT, DEBUT - HEURE)


@pytest.mark.parametrize(
    ("heures", "motif", "rendu"),
    [
        (24, MotifAnnulation.CLIENT, 7_900),
        (23, MotifAnnulation.CLIENT, 0),
        (1, MotifAnnulation.CENTRE, 7_900),
        (0, MotifAnnulation.EXPIRATION, 7_900),
    ],
)
def test_the_default_policy_refunds_all_until_a_day_before(heures: int, motif: MotifAnnulation, rendu: int):
    assert delais.refund(7_900, debut=DEBUT, maintenant=DEBUT - heures * HEURE, motif=motif) == rendu


def test_the_kept_amount_rounds_half_up():
    politique = [Palier(48, 100), Palier(24, 50)]
    rendu = delais.refund(
        7_901, debut=DEBUT, maintenant=DEBUT - 30 * HEURE, motif=MotifAnnulation.CLIENT, politique=politique
    )
    assert rendu == 3_950
    assert delais.percentage(DEBUT, DEBUT - HEURE, politique) == 0


@given(st.integers(0, 1_000_000), st.integers(0, 100), st.integers(0, 100))
def test_a_refund_is_never_negative_nor_more_than_was_paid(paye: int, heures: int, pour_cent: int):
    rendu = delais.refund(
        paye,
        debut=DEBUT,
        maintenant=DEBUT - 50 * HEURE,
        motif=MotifAnnulation.CLIENT,
        politique=[Palier(heures, pour_cent)],
    )
    assert 0 <= rendu <= paye


def initial(jour: date, resultat=Resultat.CONTRE_VISITE, type_controle="CTP", suites=0, n=1) -> Initial:
    return Initial(UUID(int=n), type_controle, jour, resultat, suites)


def droit(inspections, jour, *, type_controle="CVP", delai=2, date_initiale=None):
    return find_droit(
        inspections, type_controle=type_controle, jour=jour, delai_offert_mois=delai, date_initiale=date_initiale
    )


def test_a_failed_inspection_opens_a_free_reinspection_for_two_calendar_months():
    echec = initial(date(2026, 12, 30))
    accorde = droit([echec], date(2027, 2, 28))
    assert (accorde.initial, accorde.limite, accorde.offerte) == (echec, date(2027, 2, 28), True)
    assert droit([echec], date(2027, 3, 1)) is RefusContreVisite.HORS_DELAI


@pytest.mark.parametrize("resultat", [Resultat.CONTRE_VISITE, Resultat.DEFAVORABLE])
def test_major_and_critical_defects_both_open_the_right(resultat: Resultat):
    assert droit([initial(date(2026, 11, 2), resultat)], date(2026, 11, 20)).offerte


@pytest.mark.parametrize(
    "inspections",
    [
        [],
        [initial(date(2026, 11, 2), Resultat.FAVORABLE)],
        [initial(date(2026, 11, 2), type_controle="CTC")],
        [initial(date(2026, 11, 21))],
    ],
)
def test_without_a_failure_of_the_right_kind_before_it_there_is_no_reinspection(inspections):
    assert droit(inspections, date(2026, 11, 20)) is RefusContreVisite.SANS_ECHEC


def test_a_pollution_reinspection_follows_a_pollution_check():
    pollution = initial(date(2026, 11, 2), type_controle="CTC")
    assert droit([pollution], date(2026, 11, 20), type_controle="CVC").offerte


def test_the_given_date_must_be_the_inspections():
    echec = initial(date(2026, 11, 2))
    assert droit([echec], date(2026, 11, 20), date_initiale=date(2026, 11, 2)).offerte
    assert droit([echec], date(2026, 11, 20), date_initiale=date(2026, 11, 3)) is RefusContreVisite.SANS_ECHEC


def test_the_latest_failure_counts():
    ancien, recent = initial(date(2026, 8, 1), n=1), initial(date(2026, 11, 1), n=2)
    assert droit([recent, ancien], date(2026, 11, 20)).initial == recent


def test_free_once_and_within_the_tenants_delay_then_at_the_tariff():
    jour = date(2026, 11, 20)
    assert not droit([initial(date(2026, 11, 2), suites=1)], jour).offerte
    assert not droit([initial(date(2026, 11, 2))], jour, delai=0).offerte
    un_mois = droit([initial(date(2026, 10, 19))], jour, delai=1)
    assert not un_mois.offerte
    assert contre_visite.price(un_mois, 2_500) == 2_500
    assert contre_visite.price(droit([initial(date(2026, 11, 2))], jour), 2_500) == 0
    assert contre_visite.is_contre_visite("CVC")
    assert not contre_visite.is_contre_visite("CTP")


@given(st.dates(date(1990, 1, 1), date(2090, 1, 1)), st.integers(-60, 60))
def test_months_are_calendar_months(jour: date, mois: int):
    autre = add_months(jour, mois)
    assert (autre.year * 12 + autre.month) - (jour.year * 12 + jour.month) == mois
    assert autre.day == jour.day or (autre.day < jour.day and (autre + timedelta(days=1)).day == 1)


@pytest.mark.parametrize(("base", "attendu"), [(9, 0), (20, 2), (50, 5), (0, 0), (-3, 0)])
def test_overbooking_is_integer_arithmetic(base: int, attendu: int):
    assert capacite.places_surnombre(base, 10) == attendu


def test_nominal_sales_stop_at_the_capacity():
    assert not capacite.is_nominal_full(7, None)
    assert not capacite.is_nominal_full(7, 8)
    assert capacite.is_nominal_full(8, 8)


def test_overbooking_opens_only_when_nothing_nominal_is_left():
    base = {"capacite": 20, "tolerance_pour_cent": 10}
    assert not capacite.can_surbook(nominaux=19, surnombre=0, reste_une_place=True, **base)
    assert capacite.can_surbook(nominaux=19, surnombre=0, reste_une_place=False, **base)
    assert capacite.can_surbook(nominaux=20, surnombre=1, reste_une_place=True, **base)
    assert not capacite.can_surbook(nominaux=20, surnombre=2, reste_une_place=False, **base)


def stretch(debut: int, fin: int) -> Intervalle:
    return Intervalle(DEBUT + debut * HEURE, DEBUT + fin * HEURE)


def test_lanes_limit_what_runs_at_once():
    voiture, moto = frozenset({"VP", "VU"}), frozenset({"Moto"})
    lignes = [Equipement("1", voiture), Equipement("2", voiture | moto)]
    assert fits_lanes([], [(stretch(0, 2), "VP")] * 9, stretch(0, 1), "VP")
    assert fits_lanes(lignes, [(stretch(0, 1), "VP")], stretch(0, 1), "Moto")
    assert fits_lanes(lignes, [(stretch(0, 1), "Moto")], stretch(0, 1), "VP")
    assert not fits_lanes(lignes, [(stretch(0, 1), "Moto")], stretch(0, 1), "Moto")
    assert not fits_lanes(lignes, [(stretch(0, 2), "VP"), (stretch(1, 2), "VU")], stretch(0, 3), "VP")
    assert fits_lanes(lignes, [(stretch(0, 1), "VP"), (stretch(1, 2), "VU")], stretch(0, 3), "VP")
    fermee = [Equipement("1", voiture), Equipement("2", voiture, en_service=False)]
    assert not fits_lanes(fermee, [(stretch(0, 1), "VP")], stretch(0, 1), "VP")


@given(
    st.lists(st.sets(st.sampled_from("abc"), min_size=1).map(frozenset), max_size=4),
    st.lists(st.sampled_from("abc"), min_size=1, max_size=4),
)
def test_lane_matching_agrees_with_trying_everything(lignes, vehicules):
    essais = permutations([*lignes, *[frozenset()] * len(vehicules)], len(vehicules))
    attendu = not lignes or any(all(v in ligne for v, ligne in zip(vehicules, essai, strict=True)) for essai in essais)
    equipements = [Equipement(str(n), accepte) for n, accepte in enumerate(lignes)]
    en_cours = [(stretch(0, 1), v) for v in vehicules[1:]]
    if lignes:
        assert fits_lanes(equipements, en_cours, stretch(0, 1), vehicules[0]) is attendu


def test_the_inspector_chosen_keeps_rare_accreditations_then_balances_then_leaves_no_gap():
    gaz = affectation.Candidat(UUID(int=1), 2, 0 * HEURE, 0 * HEURE)
    charge = affectation.Candidat(UUID(int=2), 1, 3 * HEURE, 0 * HEURE)
    troue = affectation.Candidat(UUID(int=3), 1, 2 * HEURE, HEURE / 4)
    net = affectation.Candidat(UUID(int=4), 1, 2 * HEURE, 0 * HEURE)
    jumeau = affectation.Candidat(UUID(int=5), 1, 2 * HEURE, 0 * HEURE)
    assert affectation.choose_controleur([gaz, charge, troue, net, jumeau]) == net.controleur_id
    assert affectation.choose_controleur([gaz, charge]) == charge.controleur_id
    assert affectation.choose_controleur([]) is None


def test_a_number_has_no_look_alikes_and_is_found_however_it_is_said():
    tire = numero.draw_numero()
    assert tire.startswith("RDV-")
    assert not set(tire[4:]) & set("01OILU")
    assert numero.normalise_numero(tire.lower().replace("-", " ")) == tire
    assert numero.normalise_numero(tire[4:]) == tire
    assert numero.normalise_numero("RDV-ABC") is None
