"""Assignment and re-optimisation over HTTP: ranked with reasons, proposed with the gain, applied only to the same day."""

from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import text

from guichet.ia.facade import close_solveur, warm_solveur
from guichet.identite.facade import TenantVue
from guichet.reseau.facade import CentreVue
from guichet.socle.database import Database
from guichet.socle.ids import new_id
from tests.rdv.appels import open_as
from tests.rdv.fabrique import LUNDI, agent, at, autre_demande, book, fill_reservable

DEBUT = "2026-11-23T09:00:00+01:00"


@pytest.fixture
async def solveur() -> AsyncIterator[None]:
    await warm_solveur()
    yield
    await close_solveur()


@pytest.fixture
async def duo(database: Database, reseau: TenantVue) -> CentreVue:
    """A committed centre with two inspectors and two appointments, both given to the first."""
    async with database.transaction(reseau.id) as session:
        centre, controleurs = await fill_reservable(session, controleurs=2)
        for rang, heure in enumerate(("09:00", "10:30")):
            await book(session, autre_demande(centre, rang, heure_debut=heure))
        await session.execute(text("update rdv.rdv set controleur_id = null"))
        await session.execute(text("update rdv.rdv set controleur_id = :c"), {"c": controleurs[0].id})
    return centre


@pytest.fixture
async def chef(application: FastAPI, reseau: TenantVue) -> AsyncIterator[httpx.AsyncClient]:
    async with open_as(application, agent(reseau.id, "ADMIN_TENANT")) as client:
        yield client


async def rows(database: Database, tenant: TenantVue) -> list[Any]:
    async with database.transaction(tenant.id) as session:
        ligne = "select id, controleur_id, surnombre, controleur_choisi, debut, version from rdv.rdv order by debut"
        return list(await session.execute(text(ligne)))


def chemin(centre: CentreVue, suite: str = "") -> str:
    return f"/api/v1/planning/ct/{centre.id}/optimiser{suite}"


async def propose(chef: httpx.AsyncClient, centre: CentreVue) -> dict[str, Any]:
    answer = await chef.post(chemin(centre), json={"date": LUNDI.isoformat()})
    assert answer.status_code == 200, answer.text
    return answer.json()


@pytest.mark.usefixtures("solveur")
async def test_a_better_day_is_proposed_with_its_gain_then_applied_once(
    chef: httpx.AsyncClient, database: Database, reseau: TenantVue, duo: CentreVue
):
    avant = await rows(database, reseau)
    proposition = await propose(chef, duo)
    assert proposition["methode"] == "solveur"
    assert proposition["avant"]["ecart_charge_minutes"] > proposition["apres"]["ecart_charge_minutes"] == 0
    assert await rows(database, reseau) == avant, "a proposal writes nothing"
    (deplacement,) = proposition["deplacements"]
    answer = await chef.post(chemin(duo, "/appliquer"), json={"jeton": proposition["jeton"]})
    assert (answer.status_code, answer.json()) == (200, {"deplacements": 1})
    apres = await rows(database, reseau)
    assert [r.debut for r in apres] == [r.debut for r in avant]
    assert {str(r.id): str(r.controleur_id) for r in apres}[deplacement["rdv_id"]] == deplacement["vers"]
    assert len({r.controleur_id for r in apres}) == 2
    async with database.transaction(reseau.id) as session:
        actions = (await session.scalars(text("select action from socle.audit order by id"))).all()
    assert actions[-2:] == ["rdv.update", "planning.optimise"]
    encore = await chef.post(chemin(duo, "/appliquer"), json={"jeton": proposition["jeton"]})
    assert (encore.status_code, encore.json()["code"]) == (409, "PROPOSITION_PERIMEE")
    assert (await propose(chef, duo))["jeton"] is None, "nothing more to gain"


async def test_a_day_that_changed_meanwhile_is_left_as_it_is(
    chef: httpx.AsyncClient, database: Database, reseau: TenantVue, duo: CentreVue
):
    proposition = await propose(chef, duo)
    async with database.transaction(reseau.id) as session:
        await book(session, autre_demande(duo, 7, heure_debut="15:00"))
    avant = await rows(database, reseau)
    answer = await chef.post(chemin(duo, "/appliquer"), json={"jeton": proposition["jeton"]})
    assert (answer.status_code, answer.json()["code"]) == (409, "PROPOSITION_PERIMEE")
    assert await rows(database, reseau) == avant


async def test_without_a_solver_the_booking_rule_proposes(
    chef: httpx.AsyncClient, duo: CentreVue, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("guichet.ia.facade.is_installed", lambda: False)
    proposition = await propose(chef, duo)
    assert proposition["methode"] == "regle"
    assert len(proposition["deplacements"]) == 1


async def test_an_appointment_in_surnombre_finds_an_inspector_and_becomes_nominal(
    chef: httpx.AsyncClient, database: Database, reseau: TenantVue, duo: CentreVue, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("guichet.ia.facade.is_installed", lambda: False)
    async with database.transaction(reseau.id) as session:
        await session.execute(
            text(
                "update rdv.rdv set surnombre = true, controleur_id = null where debut = (select min(debut) from rdv.rdv)"
            )
        )
    proposition = await propose(chef, duo)
    assert proposition["apres"]["surnombre_places"] == 1
    answer = await chef.post(chemin(duo, "/appliquer"), json={"jeton": proposition["jeton"]})
    assert answer.status_code == 200, answer.text
    premier = (await rows(database, reseau))[0]
    assert premier.controleur_id is not None
    assert (premier.surnombre, premier.controleur_choisi) == (False, False)


@pytest.mark.parametrize("une_ligne", [False, True])
async def test_what_finds_nobody_stays_in_surnombre_and_a_lane_that_is_missing_makes_the_proposal_void(
    chef: httpx.AsyncClient,
    database: Database,
    reseau: TenantVue,
    duo: CentreVue,
    monkeypatch: pytest.MonkeyPatch,
    une_ligne: bool,
):
    monkeypatch.setattr("guichet.ia.facade.is_installed", lambda: False)
    async with database.transaction(reseau.id) as session:
        await book(session, autre_demande(duo, 3, heure_debut="15:00"))
        for requete in (
            "update rdv.rdv set surnombre = true, controleur_id = null where immatriculation <> 'AA-001-AA'",
            "update rdv.rdv set debut = :neuf, fin = cast(:neuf as timestamptz) + interval '45 minutes'",
        ):
            await session.execute(text(requete), {"neuf": at(9)} if ":neuf" in requete else {})
    proposition = await propose(chef, duo)
    assert proposition["apres"]["surnombre_places"] == 1
    if une_ligne:
        async with database.transaction(reseau.id) as session:
            await session.execute(text("update rdv.journee set voies = array_fill(1, array[15])"))
    answer = await chef.post(chemin(duo, "/appliquer"), json={"jeton": proposition["jeton"]})
    if une_ligne:
        assert (answer.status_code, answer.json()["code"]) == (409, "PROPOSITION_PERIMEE")
    else:
        assert answer.status_code == 200, answer.text
    assert sum(r.surnombre for r in await rows(database, reseau)) == 1 + une_ligne


async def test_what_was_chosen_by_name_stays(
    chef: httpx.AsyncClient, database: Database, reseau: TenantVue, duo: CentreVue
):
    async with database.transaction(reseau.id) as session:
        await session.execute(text("update rdv.rdv set controleur_choisi = true"))
    assert (await propose(chef, duo))["deplacements"] == []


async def test_a_closed_day_and_a_token_of_another_kind_are_refused(chef: httpx.AsyncClient, duo: CentreVue):
    answer = await chef.post(chemin(duo), json={"date": "2026-11-22"})
    assert (answer.status_code, answer.json()["code"]) == (422, "JOUR_FERME")
    for jeton in ("", "pas.un.vrai.jeton"):
        answer = await chef.post(chemin(duo, "/appliquer"), json={"jeton": jeton})
        assert (answer.status_code, answer.json()["code"]) == (422, "JETON_INVALIDE")


async def test_free_inspectors_are_ranked_with_reasons(
    chef: httpx.AsyncClient, database: Database, reseau: TenantVue, duo: CentreVue
):
    answer = await chef.post(
        "/api/v1/affectation", json={"centre_id": str(duo.id), "debut": "2026-11-23T15:00:00+01:00"}
    )
    assert answer.status_code == 200, answer.text
    body = answer.json()
    assert body["verdict"] == "direct"
    assert [c["rang"] for c in body["candidats"]] == [1, 2]
    premier, second = body["candidats"]
    assert premier["controleur_id"] == body["controleur_id"]
    assert (premier["charge_minutes"], second["charge_minutes"]) == (0, 90)
    assert "charge_legere" in premier["raisons"]
    assert "charge_legere" not in second["raisons"]
    assert body["deplacements"] == []


async def test_an_appointment_that_is_there_is_ranked_without_standing_in_its_own_way(
    chef: httpx.AsyncClient, database: Database, reseau: TenantVue, duo: CentreVue
):
    rdv = (await rows(database, reseau))[0]
    body = (await chef.post("/api/v1/affectation", json={"rdv_id": str(rdv.id)})).json()
    assert len(body["candidats"]) == 2
    assert body["debut"].startswith("2026-11-23T08:00:00")


async def test_a_start_when_nobody_works_is_impossible(chef: httpx.AsyncClient, duo: CentreVue):
    for debut in ("2026-11-23T12:30:00+01:00", "2026-11-22T09:00:00+01:00"):
        body = (await chef.post("/api/v1/affectation", json={"centre_id": str(duo.id), "debut": debut})).json()
        assert (body["verdict"], body["candidats"], body["controleur_id"]) == ("impossible", [], None)


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({}, 422, "CHAMPS_INVALIDES"),
        ({"debut": DEBUT}, 422, "CHAMPS_INVALIDES"),
        ({"debut": "2026-11-23T09:00:00", "centre_id": str(UUID(int=1))}, 422, "CHAMPS_INVALIDES"),
        ({"rdv_id": str(new_id())}, 404, "RDV_NOT_FOUND"),
        ({"centre_id": str(new_id()), "debut": DEBUT}, 404, "CENTRE_NOT_FOUND"),
    ],
)
async def test_a_wrong_question_about_assignment_is_refused(
    chef: httpx.AsyncClient, duo: CentreVue, body, status, code
):
    answer = await chef.post("/api/v1/affectation", json=body)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
