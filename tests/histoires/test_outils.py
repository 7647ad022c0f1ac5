"""The tools of the histories: the same seed draws the same things, a journal cut short is read, settings in force are known."""

import io
import json
from dataclasses import replace
from datetime import UTC, datetime
from random import Random
from typing import Any

import pytest

from tests.histoires.client import Client
from tests.histoires.invariants import in_force
from tests.histoires.journal import Fait, Greffe, gestes_of, read_journal
from tests.histoires.modele import (
    CHANGEANTS,
    Intention,
    Memoire,
    Monde,
    instant_of,
    is_within,
    needs,
    plaque,
)
from tests.histoires.plannings import decided, draw_application
from tests.histoires.tirage import draw

MONDE = Monde(
    adresse="http://127.0.0.1:9",
    entetes={"Authorization": "Bearer x"},
    centres=["c1", "c2"],
    controleurs={"p1": "tous", "p2": "leger"},
    chemins=["PUT /api/v1/rdv/{rdv_id}"],
)


PAIEMENT = "0193a1f2-5b7c-7e1a-9d51-0c6f2f1f5e10"


def granted(rang: int, *, tenue: bool) -> dict[str, Any]:
    """The answer to a booking: confirmed, or held until it is paid."""
    answer = {"id": f"r{rang}", "statut": "confirme", "lien_gestion": f"https://guichet.example/?lien=j{rang}"}
    if tenue:
        answer |= {"statut": "en_attente_paiement", "url_paiement": f"https://guichet.example/paiement/{PAIEMENT}"}
    return answer


def draws(graine: int, client: int = 0, combien: int = 200, *, tenue: bool = False) -> list[Intention]:
    rng, memoire, drawn = Random(graine), Memoire(client), []
    for rang in range(combien):
        intention = draw(rng, MONDE, memoire)
        drawn.append(intention)
        if intention.operation == "reserver":
            memoire.learn(intention, 201, granted(rang, tenue=tenue))
        elif intention.operation == "annuler":
            memoire.learn(intention, 200, {})
    return drawn


def test_the_same_seed_draws_the_same_intentions():
    assert draws(7) == draws(7)
    assert draws(7) != draws(8)


def test_everything_that_can_be_done_is_drawn():
    done = {i.operation for i in draws(1)}
    assert {"reserver", "annuler", "lire", "regarder", "deplacer"} < done
    passant = {i.operation for i in draws(1, client=1)}
    assert passant == {"reserver", "annuler", "lire", "regarder", "deplacer", "inscrire"}
    assert {"regler_horaires", "regler_agrements", "regler_capacite", "bloquer"} < done
    assert {i.demande["variante"] for i in draws(1) if i.operation == "regler_agrements"} == set(CHANGEANTS)
    assert {i.sujet for i in draws(1) if i.operation == "regler_agrements"} == {"p1"}


def test_a_hold_that_must_be_paid_is_paid_where_its_answer_says():
    drawn = draws(2, tenue=True)
    paid = [i for i in drawn if i.operation == "payer"]
    assert {i.chemin for i in paid} == {f"/api/v1/essai/paiements/{PAIEMENT}/notifications"}
    assert {i.demande["statut"] for i in paid} == {"succeeded", "failed"}
    assert not [i for i in draws(2) if i.operation == "payer"]


def test_each_booking_has_a_plate_of_its_own_and_a_repetition_has_the_key_of_the_first():
    drawn = [i for i in draws(3) if i.operation == "reserver"]
    by_key = {i.cle: i.sujet for i in drawn}
    assert len(set(by_key.values())) == len(by_key) < len(drawn)
    assert len({plaque(n) for n in range(300_000)}) == 300_000


@pytest.mark.parametrize(
    ("variante", "debut", "fin", "dedans"),
    [
        ("plein", "08:00", "08:30", True),
        ("plein", "11:30", "12:00", True),
        ("plein", "11:45", "12:15", False),
        ("plein", "17:45", "18:15", False),
        ("matin", "14:00", "14:30", False),
    ],
)
def test_an_appointment_lies_in_one_range_of_the_hours(variante: str, debut: str, fin: str, dedans: bool):
    jour = "2026-11-24"
    assert is_within(variante, instant_of(jour, debut), instant_of(jour, fin)) is dedans
    assert not is_within(variante, instant_of("2026-11-22", "09:00"), instant_of("2026-11-22", "09:30")), "a Sunday"


def test_hours_are_those_of_the_place():
    assert instant_of("2026-11-24", "09:00") == datetime(2026, 11, 24, 8, tzinfo=UTC)
    assert instant_of("2026-07-24", "09:00") == datetime(2026, 7, 24, 7, tzinfo=UTC)


def test_a_vehicle_on_gas_needs_both_accreditations():
    assert (needs("VP", "Gaz"), needs("VU", "Diesel")) == (frozenset({"VL", "Gaz"}), frozenset({"VL"}))
    assert needs("Moto", "Essence") == {"L"}


def setting(variante: str, envoye: float, recu: float, statut: int | None = 200) -> Fait:
    return Fait(
        client=0, rang=int(envoye), operation="regler_horaires", sujet="c1", cle="k", demande={"variante": variante},
        envoye=envoye, recu=recu, statut=statut, corps={},
    )  # fmt: skip


@pytest.mark.parametrize(
    ("reglages", "possibles"),
    [
        ([], {"plein"}),
        ([setting("matin", 1, 2)], {"matin"}),
        ([setting("matin", 1, 2), setting("plein", 3, 4)], {"plein"}),
        ([setting("matin", 9, 11)], {"plein", "matin"}),
        ([setting("matin", 30, 31)], {"plein"}),
        ([setting("matin", 1, 2, 409)], {"plein"}),
        ([setting("matin", 1, 2, None)], {"plein", "matin"}),
        ([setting("matin", 1, 2, 503), setting("plein", 3, 4)], {"plein"}),
        ([setting("matin", 1, 2), setting("plein", 12, 30)], {"matin", "plein"}),
    ],
)
def test_the_settings_in_force_are_those_that_may_have_been(reglages: list[Fait], possibles: set[str]):
    assert in_force(reglages, depuis=10, jusque=20, initiale="plein") == possibles


def booking(envoye: float, recu: float, statut: int | None = 201, cle: str = "k") -> Fait:
    return Fait(
        client=0, rang=int(envoye), operation="reserver", sujet="AA", cle=cle, demande={}, envoye=envoye, recu=recu,
        statut=statut, corps={},
    )  # fmt: skip


def test_an_answer_that_is_repeated_is_one_deed_over_at_its_first_answer():
    (geste,) = gestes_of([booking(1, 2), booking(40, 41)])
    assert (geste.envoye, geste.fini, geste.accepte) == (1, 2, True)


@pytest.mark.parametrize("perdu", [None, 503])
def test_a_deed_nobody_answered_may_still_be_going_on(perdu: int | None):
    (geste,) = gestes_of([booking(1, 2, perdu), booking(3, 4, perdu)])
    assert (geste.envoye, geste.fini, geste.accepte) == (1, 33, False)


def test_a_refusal_is_no_deed_and_each_key_is_its_own():
    assert gestes_of([booking(1, 2, 409)]) == []
    assert [
        g.fini for g in gestes_of([booking(1, 2, cle="a"), booking(3, 4, 409, cle="b"), booking(5, 6, cle="c")])
    ] == [2, 6]


def test_what_a_planning_decides_is_a_deed_of_each_appointment():
    propositions = [
        {"rdv_id": "r1", "action": "deplacer", "controleur_id": None, "debut": "2026-11-24T09:15:00+01:00"},
        {"rdv_id": "r2", "action": "annuler", "controleur_id": None, "debut": None},
        {"rdv_id": "r3", "action": "reaffecter", "controleur_id": "p1", "debut": None},
    ]
    memoire = Memoire(0)
    essai = {
        "planning": {"id": "e1"},
        "jeton": "j",
        "collisions": [{"proposition": p, "rdv_id": p["rdv_id"], "centre_id": "c1"} for p in propositions],
    }
    memoire.learn(replace(draws(1)[0], operation="bloquer"), 409, essai)
    intention = draw_application(Random(1), MONDE, memoire)
    assert intention is not None
    assert intention.corps == {"jeton": "j", "resolutions": propositions}
    fait = Fait(
        client=0,
        rang=1,
        operation="appliquer",
        sujet="e1",
        cle="k",
        demande=intention.demande,
        envoye=1,
        recu=2,
        statut=200,
    )
    rdvs = [{"id": rdv_id, "immatriculation": rdv_id.upper()} for rdv_id in ("r1", "r2", "r3")]
    assert [(f.operation, f.sujet, f.cle) for f in decided([fait], rdvs)] == [
        ("deplacer", "R1", "k:R1"),
        ("annuler", "R2", "k:R2"),
        ("reaffecter", "R3", "k:R3"),
    ]
    assert decided([fait], rdvs)[0].demande == {
        "rdv_id": "r1",
        "centre_id": "c1",
        "date": "2026-11-24",
        "heure_debut": "09:15",
    }


def lines(*written: dict[str, Any]) -> list[str]:
    return [json.dumps(w) + "\n" for w in written]


BEGUN = {"client": 1, "rang": 1, "operation": "reserver", "sujet": "AA", "cle": "k", "demande": {}, "envoye": 1.0}


def test_a_request_without_an_answer_is_neither_granted_nor_refused():
    (fait,) = read_journal(lines(BEGUN))
    assert (fait.accepte, fait.refuse, fait.inconnu, fait.fini) == (False, False, True, 31.0)


@pytest.mark.parametrize(
    ("statut", "code", "accepte", "refuse"),
    [
        (201, None, True, False),
        (409, "CRENEAU_INDISPONIBLE", False, True),
        (409, "IDEMPOTENCE_EN_COURS", False, False),
        (503, "SERVICE_INDISPONIBLE", False, False),
    ],
)
def test_what_an_answer_promises(statut: int, code: str | None, accepte: bool, refuse: bool):
    ended = {"client": 1, "rang": 1, "recu": 2.0, "statut": statut, "corps": {"code": code}}
    (fait,) = read_journal(lines(BEGUN, ended))
    assert (fait.accepte, fait.refuse, fait.inconnu) == (accepte, refuse, not accepte and not refuse)
    assert fait.fini == (2.0 if accepte or refuse else 31.0)


def test_a_journal_cut_in_the_middle_of_a_line_is_read_up_to_there():
    assert len(read_journal([*lines(BEGUN), '{"client": 1, "ra'])) == 1


def test_a_client_writes_down_the_request_before_it_sends_it_and_goes_on_when_nobody_answers():
    written = io.StringIO()
    client = Client(MONDE, Greffe(written, 1), Random(1), 1)
    client._do(draws(1)[0], lambda: True)
    (fait,) = read_journal(written.getvalue().splitlines(keepends=True))
    assert fait.inconnu
    assert fait.recu is not None
    client._http.close()
