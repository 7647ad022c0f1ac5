"""The rules of money, by example and by property."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guichet.paiements.metier.cartes import find_card_fields, is_card_number, refuse_carte
from guichet.paiements.metier.constats import (
    Constat,
    EtatSession,
    RemboursementConstate,
    Suite,
    TentativeConstatee,
    decide,
    is_settled,
)
from guichet.paiements.metier.delais import ECHELLE, next_try
from guichet.paiements.metier.montants import LignePaiement, credit_lines, share, total, totals_by_rate
from guichet.paiements.metier.pieces import build_code, choose_serie, is_sealed, seal
from guichet.paiements.metier.types import Issue, MotifEchec, Serie, Statut, StatutRemboursement
from guichet.socle.errors import Invalid
from tests.paiements.fabrique import MAINTENANT

LIMITE = MAINTENANT + timedelta(minutes=15)
lignes = st.lists(
    st.builds(
        LignePaiement,
        libelle=st.just("x"),
        montant_cents=st.integers(0, 10**9),
        taux_tva_pour_mille=st.sampled_from([0, 21, 55, 85, 100, 200]),
    ),
    min_size=1,
    max_size=6,
)


@pytest.mark.parametrize(
    ("ttc", "taux", "ht"), [(7_900, 200, 6_583), (1, 200, 1), (0, 200, 0), (6_000, 0, 6_000), (1_055, 55, 1_000)]
)
def test_the_tax_is_found_back_from_the_price(ttc: int, taux: int, ht: int):
    ligne = LignePaiement(libelle="x", montant_cents=ttc, taux_tva_pour_mille=taux)
    assert (ligne.ht_cents, ligne.tva_cents) == (ht, ttc - ht)


@given(lignes)
def test_net_and_tax_always_add_up_to_the_price(payees: list[LignePaiement]):
    assert sum(t.ht_cents + t.tva_cents for t in totals_by_rate(payees)) == total(payees)
    assert all(0 <= ligne.tva_cents <= ligne.montant_cents for ligne in payees)


@given(st.integers(0, 10**10), st.lists(st.integers(0, 10**9), min_size=1).filter(any))
def test_shares_add_up_and_are_fair_to_the_cent(montant: int, poids: list[int]):
    parts = share(montant, poids)
    assert sum(parts) == montant
    assert all(abs(part * sum(poids) - montant * p) < sum(poids) for part, p in zip(parts, poids, strict=True))


def test_nothing_is_shared_by_nothing():
    with pytest.raises(ValueError, match="share"):
        share(1, [0, 0])


@given(lignes.filter(lambda ls: total(ls) > 0), st.data())
def test_a_credit_note_adds_up_to_what_is_given_back_at_the_rates_of_the_document(
    payees: list[LignePaiement], data: st.DataObject
):
    rendu = data.draw(st.integers(1, total(payees)))
    avoir = credit_lines(payees, rendu)
    assert total(avoir) == rendu
    assert {ligne.taux_tva_pour_mille for ligne in avoir} <= {ligne.taux_tva_pour_mille for ligne in payees}


@pytest.mark.parametrize(("montant", "taux"), [(-1, 200), (1, -1), (1, 1_001)])
def test_a_line_that_makes_no_sense_is_refused(montant: int, taux: int):
    with pytest.raises(ValueError, match="line"):
        LignePaiement(libelle="x", montant_cents=montant, taux_tva_pour_mille=taux)


def judge(constat: Constat, statut: Statut = Statut.PENDING, encaisse: int = 0, apres: int = 0) -> Suite:
    return decide(
        constat,
        statut=statut,
        encaisse_cents=encaisse,
        expire_a=LIMITE,
        maintenant=LIMITE + timedelta(seconds=apres),
    )


def constat(etat: EtatSession = EtatSession.OUVERTE, encaisse: int = 0, refus: int = 0) -> Constat:
    tentatives = tuple(TentativeConstatee(ref=str(n), issue=Issue.REFUSEE) for n in range(refus))
    return Constat(session_id="s", etat=etat, encaisse_cents=encaisse, tentatives=tentatives)


def test_money_is_on_time_until_the_deadline_itself():
    assert judge(constat(EtatSession.PAYEE, 100), apres=-1) == Suite(encaisse_cents=100)
    assert judge(constat(EtatSession.PAYEE, 100), apres=0) == Suite(encaisse_cents=100, tardif=True)


def test_money_taken_on_what_had_failed_is_late():
    assert judge(constat(EtatSession.PAYEE, 100), Statut.FAILED, apres=-60) == Suite(encaisse_cents=100, tardif=True)


def test_money_already_written_is_not_new():
    assert judge(constat(EtatSession.PAYEE, 100), Statut.SUCCEEDED, 100) == Suite()
    assert judge(constat(EtatSession.EXPIREE, 0), Statut.SUCCEEDED, 100) == Suite()


@pytest.mark.parametrize(
    ("vu", "echec"),
    [
        (constat(EtatSession.ABANDONNEE), MotifEchec.ABANDON),
        (constat(EtatSession.EXPIREE), MotifEchec.EXPIRATION),
        (constat(refus=5), MotifEchec.TENTATIVES),
        (constat(refus=4), None),
        (constat(), None),
    ],
)
def test_a_waiting_payment_fails_when_nobody_can_pay_it_any_more(vu: Constat, echec: MotifEchec | None):
    assert judge(vu) == Suite(echec=echec)
    assert judge(vu, Statut.FAILED) == Suite()


@pytest.mark.parametrize(
    ("etat", "rendu", "fini"),
    [
        (EtatSession.OUVERTE, None, False),
        (EtatSession.PAYEE, None, True),
        (EtatSession.PAYEE, StatutRemboursement.EN_ATTENTE, False),
        (EtatSession.PAYEE, StatutRemboursement.EFFECTUE, True),
    ],
)
def test_a_provider_is_asked_until_it_has_nothing_more_to_say(
    etat: EtatSession, rendu: StatutRemboursement | None, fini: bool
):
    rendus = (RemboursementConstate(ref="r", reference="", montant_cents=1, statut=rendu),) if rendu else ()
    assert is_settled(Constat(session_id="s", etat=etat, remboursements=rendus)) is fini


@given(st.integers(1, 1_000))
def test_the_last_wait_repeats_for_ever(essais: int):
    attente = next_try(essais, MAINTENANT) - MAINTENANT
    assert ECHELLE[0] <= attente <= ECHELLE[-1]


def test_a_company_gets_an_invoice_and_a_person_a_receipt():
    assert (choose_serie("73282932000074"), choose_serie("")) == (Serie.FACTURE, Serie.RECU)
    assert build_code(Serie.AVOIR, 2026, 42) == "A-2026-000042"


@given(st.dictionaries(st.text(), st.text() | st.integers()), st.text(min_size=1))
def test_a_seal_notices_any_change(contenu: dict[str, object], ajout: str):
    texte, empreinte = seal(contenu)
    assert is_sealed(texte, empreinte)
    assert not is_sealed(texte + ajout, empreinte)


@pytest.mark.parametrize("texte", ["4242424242424242", "4242 4242 4242 4242", "4242-4242-4242-4242", "378282246310005"])
def test_a_card_number_is_recognised_however_it_is_written(texte: str):
    assert is_card_number(texte)


@pytest.mark.parametrize("texte", ["", "4242", "4242424242424241", "0478000000", "AB-123-CD", "x4242424242424242"])
def test_other_figures_are_no_card_number(texte: str):
    assert not is_card_number(texte)


def test_card_data_is_found_by_its_name_and_by_its_figures():
    corps = {
        "rdv_id": "018f4e2a-7b1c-7def-8123-456789abcdef",
        "montant": 7_900,
        "ok": True,
        "card": {"number": "x"},
        "notes": "4242 4242 4242 4242",
        "liste": [{"CVC": 1}, 4242424242424242],
    }
    assert list(find_card_fields(corps)) == ["card", "notes", "liste.0.CVC", "liste.1"]
    assert list(find_card_fields([4242424242424242])) == ["0"]
    assert list(find_card_fields("4242424242424242")) == ["corps"]


def test_card_data_is_refused_by_the_field_and_never_repeated():
    with pytest.raises(Invalid) as error:
        refuse_carte({"card_number": "4242424242424242"})
    assert error.value.code == "CARTE_INTERDITE"
    assert list(error.value.champs) == ["card_number"]
    assert "4242" not in str(error.value.champs)
    refuse_carte({"rdv_id": "018f4e2a-7b1c-7def-8123-456789abcdef"})
