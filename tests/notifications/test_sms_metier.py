"""What a text message weighs, who it comes from, what a receipt changes: rules without a network."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guichet.notifications.metier import (
    ECHELLES,
    Accuse,
    Canal,
    Encodage,
    Statut,
    asks_to_stop,
    follow_accuse,
    mask_address,
    read_accuse,
    simplify,
    sms_sender,
    weigh,
)
from guichet.notifications.metier.sms import GSM7, GSM7_ETENDU

GSM = st.text(st.sampled_from(sorted(GSM7 | GSM7_ETENDU)), max_size=700)
TOUT = st.text(st.characters(exclude_categories=("Cs",)), max_size=400)


@pytest.mark.parametrize(
    ("texte", "encodage", "unites", "segments"),
    [
        ("", Encodage.GSM7, 0, 1),
        ("a" * 160, Encodage.GSM7, 160, 1),
        ("a" * 161, Encodage.GSM7, 161, 2),
        ("a" * 306, Encodage.GSM7, 306, 2),
        ("a" * 307, Encodage.GSM7, 307, 3),
        ("€" * 80, Encodage.GSM7, 160, 1),
        ("€" * 81, Encodage.GSM7, 162, 2),
        ("a" * 152 + "€" + "a" * 152, Encodage.GSM7, 306, 3),
        ("ê" * 70, Encodage.UNICODE, 70, 1),
        ("ê" * 71, Encodage.UNICODE, 71, 2),
        ("ê" * 134, Encodage.UNICODE, 134, 2),
        ("ê" * 135, Encodage.UNICODE, 135, 3),
        ("🚗" * 35, Encodage.UNICODE, 70, 1),
        ("🚗" * 67, Encodage.UNICODE, 134, 3),
    ],
)
def test_parts_are_counted_as_networks_count_them(texte: str, encodage: Encodage, unites: int, segments: int):
    poids = weigh(texte)
    assert (poids.encodage, poids.unites, poids.segments) == (encodage, unites, segments)


@given(GSM)
def test_the_short_alphabet_costs_between_the_full_and_the_cut_rate(texte: str):
    poids = weigh(texte)
    assert poids.encodage is Encodage.GSM7
    assert poids.segments >= -(-poids.unites // 160)
    assert poids.segments <= max(1, -(-poids.unites // 152))


@given(TOUT, TOUT)
def test_a_longer_text_never_weighs_less(debut: str, suite: str):
    assert weigh(debut + suite).segments >= weigh(debut).segments


@given(TOUT)
def test_making_a_text_cheaper_is_done_once_for_all(texte: str):
    assert simplify(simplify(texte)) == simplify(texte)


def test_french_typography_does_not_double_the_price():
    texte = simplify("L’arrêt à 14\u202fh\u202f30 «\xa0près\xa0» de l’hôtel… 79,00\xa0€ – œuvre")
    assert texte == "L'arret à 14 h 30 \" près \" de l'hotel... 79,00 € - oeuvre"
    assert weigh(texte).encodage is Encodage.GSM7


@pytest.mark.parametrize(
    ("nom", "expediteur"),
    [
        ("Contrôle Auto France", "Controle"),
        ("Auto Sud", "Auto Sud"),
        ("C.A.F. Lyon", "C A F Lyon"),
        ("Internationalement", "Internation"),
        ("é", ""),
        ("12", ""),
        ("123 456", ""),
        ("車検", ""),
    ],
)
def test_a_sender_is_a_name_networks_show(nom: str, expediteur: str):
    assert sms_sender(nom) == expediteur


@given(st.text(max_size=60))
def test_a_sender_is_empty_or_has_three_to_eleven_plain_characters(nom: str):
    expediteur = sms_sender(nom)
    assert expediteur == "" or (3 <= len(expediteur) <= 11 and expediteur.isascii())


@pytest.mark.parametrize(
    ("mot", "accuse"),
    [
        ("DELIVERED", Accuse.DISTRIBUE),
        ("delivered ", Accuse.DISTRIBUE),
        ("UNDELIVERABLE", Accuse.PERDU),
        ("ENROUTE", Accuse.EN_CHEMIN),
        ("SOMETHING_NEW", Accuse.EN_CHEMIN),
    ],
)
def test_a_word_nobody_knows_only_says_on_its_way(mot: str, accuse: Accuse):
    assert read_accuse(mot) is accuse


@given(
    st.lists(st.sampled_from(Accuse), max_size=8), st.sampled_from([Statut.ENVOYE, Statut.INCERTAIN, Statut.EN_COURS])
)
def test_receipts_in_any_order_and_number_end_at_delivered_when_one_says_so(accuses: list[Accuse], statut: Statut):
    for accuse in accuses:
        statut = follow_accuse(statut, accuse) or statut
    if Accuse.DISTRIBUE in accuses:
        assert statut is Statut.DISTRIBUE
    elif Accuse.PERDU in accuses:
        assert statut is Statut.ECHEC


@pytest.mark.parametrize("statut", [Statut.A_ENVOYER, Statut.ECARTE, Statut.DISTRIBUE])
@pytest.mark.parametrize("accuse", list(Accuse))
def test_a_receipt_says_nothing_of_what_waits_or_has_arrived(statut: Statut, accuse: Accuse):
    assert follow_accuse(statut, accuse) is None


@pytest.mark.parametrize(
    ("texte", "refus"), [("STOP", True), ("stop.", True), ("Stop 36180", True), ("Merci", False), ("", False)]
)
def test_a_stop_is_understood(texte: str, refus: bool):
    assert asks_to_stop(texte) is refus


def test_a_number_is_masked_and_an_account_is_not():
    assert mask_address("+33639981234") == "+33•••••34"
    assert mask_address("018f0000") == "018f0000"


def test_a_text_message_is_not_tried_the_next_day():
    assert sum((pas.total_seconds() for pas in ECHELLES[Canal.SMS]), 0.0) < 12 * 3600
