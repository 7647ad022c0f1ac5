from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guichet.notifications.metier import (
    ECHELLE,
    Issue,
    Statut,
    clean_address,
    domain_of,
    mask_address,
    message_id,
    next_attempt,
    settle,
)

MIDI = datetime(2026, 11, 20, 12, tzinfo=UTC)


def test_an_accepted_message_is_sent_and_never_due_again():
    suite = settle(Issue.ACCEPTEE, tentatives=3, now=MIDI)
    assert (suite.statut, suite.prochaine_tentative) == (Statut.ENVOYE, None)


def test_a_message_refused_for_good_fails_at_once():
    assert settle(Issue.REFUSEE, tentatives=1, now=MIDI).statut is Statut.ECHEC


def test_an_unknown_outcome_is_kept_apart_and_never_due():
    suite = settle(Issue.INCERTAINE, tentatives=1, now=MIDI)
    assert (suite.statut, suite.prochaine_tentative) == (Statut.INCERTAIN, None)


def test_a_passing_trouble_is_tried_again_a_minute_later():
    suite = settle(Issue.A_REPRENDRE, tentatives=1, now=MIDI)
    assert (suite.statut, suite.prochaine_tentative) == (Statut.A_ENVOYER, MIDI + timedelta(minutes=1))


def test_after_the_last_step_of_the_ladder_a_message_fails():
    assert settle(Issue.A_REPRENDRE, tentatives=len(ECHELLE), now=MIDI).statut is Statut.A_ENVOYER
    assert settle(Issue.A_REPRENDRE, tentatives=len(ECHELLE) + 1, now=MIDI).statut is Statut.ECHEC


@given(st.integers(min_value=1, max_value=len(ECHELLE)))
def test_attempts_are_further_and_further_apart(tentatives: int):
    prochaine = next_attempt(tentatives, MIDI)
    assert prochaine is not None
    assert prochaine > MIDI
    suivante = next_attempt(tentatives + 1, MIDI)
    assert suivante is None or suivante > prochaine


def test_a_message_keeps_one_identifier():
    identifiant = UUID("018f0000-0000-7000-8000-000000000001")
    assert message_id(identifiant, "guichet.example") == "<018f00000000700080000000000000" + "01@guichet.example>"


@pytest.mark.parametrize(
    ("saisie", "adresse"),
    [
        (" camille.renaudin@Example.ORG ", "camille.renaudin@example.org"),
        ("c+ct@été.example", "c+ct@xn--t-9fab.example"),
        ("pas une adresse", None),
        ("a@b", None),
        ("a..b@example.org", None),
        (".a@example.org", None),
        ("a@example..org", None),
        ("élodie@example.org", None),
        ("a@example.org\nBcc: b@example.org", None),
        ("", None),
    ],
)
def test_an_address_is_cleaned_or_refused(saisie: str, adresse: str | None):
    assert clean_address(saisie) == adresse


def test_a_domain_with_an_overlong_label_is_refused():
    assert clean_address("a@" + "x" * 64 + ".example") is None


@given(st.text(max_size=80))
def test_a_cleaned_address_is_a_fixed_point_and_has_no_control_character(texte: str):
    adresse = clean_address(texte)
    if adresse is not None:
        assert clean_address(adresse) == adresse
        assert adresse.isascii()
        assert "\n" not in adresse


def test_lists_and_logs_show_a_masked_address():
    assert mask_address("camille@example.org") == "c•••@example.org"


@pytest.mark.parametrize(
    ("adresse", "domaine"),
    [("Guichet <bonjour@guichet.example>", "guichet.example"), ("a@b.example", "b.example"), ("rien", "localhost")],
)
def test_the_domain_of_a_sender(adresse: str, domaine: str):
    assert domain_of(adresse) == domaine
