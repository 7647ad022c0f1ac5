"""The day of an appointment over HTTP: who may say what, when, and what happens to the place."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import text

from guichet.identite.facade import TenantVue
from guichet.reseau.facade import CentreModification, CentreVue, update_centre
from guichet.socle.database import Database
from guichet.socle.horloge import frozen
from tests.rdv.appels import ROUTE, Personne, booked, corps, lien
from tests.rdv.fabrique import agent, at
from tests.reseau.fabrique import fill_controleur


@pytest.fixture
def passant(application: FastAPI) -> Personne:
    """A passer-by."""
    return Personne(application)


@pytest.fixture
def controleur(application: FastAPI, reseau: TenantVue, centre: CentreVue) -> Personne:
    """An inspector of the centre."""
    return Personne(application, agent(reseau.id, "CONTROLEUR", centre_ids=frozenset({centre.id})))


def route(rdv: dict[str, Any], verbe: str) -> str:
    return f"{ROUTE}/{rdv['id']}/{verbe}"


def code(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json().get("code", "")


async def test_a_day_from_arrival_to_result(passant: Personne, controleur: Personne, centre: CentreVue):
    async with booked(passant, centre) as rdv:
        with frozen(at(8, 50)):
            arrive = (await controleur.post(route(rdv, "arrivee"))).json()
            assert arrive["arrive_le"]
            assert arrive["statut"] == "confirme"
        with frozen(at(9, 5)):
            commence = (await controleur.post(route(rdv, "demarrer"))).json()
            assert (commence["statut"], commence["arrive_le"]) == ("en_cours", arrive["arrive_le"])
            assert (await controleur.post(route(rdv, "demarrer"))).json()["version"] == commence["version"]
            assert (await controleur.delete(f"{ROUTE}/{rdv['id']}")).status_code in {403, 404}
        with frozen(at(9, 50)):
            fini = (await controleur.post(route(rdv, "terminer"), json={"resultat": "contre_visite"})).json()
            assert (fini["statut"], fini["resultat"]) == ("termine", "contre_visite")
            again = await controleur.post(route(rdv, "terminer"), json={"resultat": "contre_visite"})
            assert again.json()["termine_le"] == fini["termine_le"]
            autre = await controleur.post(route(rdv, "terminer"), json={"resultat": "favorable"})
            assert code(autre) == (409, "RESULTAT_DEJA_DONNE")


async def test_a_failed_inspection_opens_a_free_reinspection(
    passant: Personne, controleur: Personne, centre: CentreVue
):
    async with booked(passant, centre) as rdv:
        with frozen(at(9, 5)):
            await controleur.post(route(rdv, "demarrer"))
            await controleur.post(route(rdv, "terminer"), json={"resultat": "defavorable"})
            suite = corps(
                centre,
                type_controle="CVP",
                date_controle_initial="2026-11-23",
                creneau__date="2026-11-24",
            )
            assert (await passant.post(ROUTE, json=suite)).json()["montant_ttc"] == "0.00"


async def test_nothing_begins_before_its_day_nor_ends_before_it_began(
    passant: Personne, controleur: Personne, centre: CentreVue
):
    async with booked(passant, centre) as rdv:
        assert code(await controleur.post(route(rdv, "demarrer"))) == (409, "ETAT_INCOMPATIBLE")
        assert code(await controleur.post(route(rdv, "arrivee"))) == (409, "ARRIVEE_HORS_HEURE")
        assert code(await controleur.post(route(rdv, "terminer"), json={"resultat": "favorable"}))[0] == 409
        with frozen(at(8, 59)):
            assert code(await controleur.post(route(rdv, "absent"))) == (409, "ABSENCE_TROP_TOT")


async def test_a_customer_says_with_the_link_that_they_are_there_and_nothing_else(
    application: FastAPI, passant: Personne, reseau: TenantVue, centre: CentreVue
):
    async with booked(passant, centre) as rdv:
        client = Personne(application, lien(rdv, reseau.id))
        with frozen(at(6, 59)):
            assert code(await client.post(route(rdv, "arrivee"))) == (409, "ARRIVEE_HORS_HEURE")
        with frozen(at(8, 40)):
            assert (await client.post(route(rdv, "arrivee"))).json()["arrive_le"]
            assert code(await passant.post(route(rdv, "arrivee"))) == (401, "NON_CONNECTE")
            for verbe in ("demarrer", "absent", "valider"):
                assert (await client.post(route(rdv, verbe))).status_code in {401, 403}


async def test_an_absence_frees_the_inspector_and_may_be_taken_back_the_same_day(
    passant: Personne, controleur: Personne, centre: CentreVue
):
    async with booked(passant, centre) as rdv:
        with frozen(at(9, 10)):
            assert (await controleur.post(route(rdv, "absent"))).json()["statut"] == "absent"
            assert (await controleur.post(route(rdv, "absent"))).json()["statut"] == "absent"
            assert (await controleur.delete(route(rdv, "absent"))).json()["statut"] == "confirme"
            assert (await controleur.post(route(rdv, "absent"))).json()["statut"] == "absent"
        with frozen(at(9, 10) + timedelta(days=1)):
            assert code(await controleur.delete(route(rdv, "absent"))) == (409, "ETAT_INCOMPATIBLE")


async def test_an_absence_whose_place_was_given_is_not_taken_back(
    passant: Personne, controleur: Personne, centre: CentreVue
):
    async with booked(passant, centre) as rdv:
        with frozen(at(9, 10)):
            await controleur.post(route(rdv, "absent"))
            autre = corps(centre, vehicule__immatriculation="AB-124-CD", creneau__heure_debut="09:15")
            assert (await passant.post(ROUTE, json=autre)).status_code == 201
            assert code(await controleur.delete(route(rdv, "absent"))) == (409, "CRENEAU_INDISPONIBLE")


async def test_an_absence_taken_back_goes_to_another_inspector_when_its_own_is_taken(
    passant: Personne, controleur: Personne, centre: CentreVue, reseau: TenantVue, database: Database
):
    async with database.transaction(reseau.id) as session:
        await fill_controleur(session, centre)
    async with booked(passant, centre) as rdv:
        sien = rdv["controleur"]["id"]
        with frozen(at(9, 10)):
            await controleur.post(route(rdv, "absent"))
            suivant = corps(
                centre, vehicule__immatriculation="AB-124-CD", creneau__heure_debut="09:15", controleur_id=sien
            )
            assert (await passant.post(ROUTE, json=suivant)).status_code == 201
            revenu = await controleur.delete(route(rdv, "absent"))
            assert revenu.status_code == 200, revenu.text
            assert revenu.json()["statut"] == "confirme"
            assert revenu.json()["controleur"]["id"] != sien


async def test_a_stamp_is_given_only_where_the_centre_asks_for_it(
    passant: Personne,
    controleur: Personne,
    centre: CentreVue,
    reseau: TenantVue,
    database: Database,
):
    async with booked(passant, centre) as rdv:
        assert code(await controleur.post(route(rdv, "valider"))) == (409, "VALIDATION_NON_REQUISE")
        async with database.transaction(reseau.id) as session:
            modification = CentreModification.model_validate({"reservation": {"validation_requise": True}})
            await update_centre(session, centre.id, modification)
        valide = (await controleur.post(route(rdv, "valider"))).json()
        assert valide["valide_le"]
        assert (await controleur.post(route(rdv, "valider"))).json()["version"] == valide["version"]


async def test_a_centre_that_refuses_says_why_and_frees_the_place(
    application: FastAPI, passant: Personne, reseau: TenantVue, centre: CentreVue
):
    async with booked(passant, centre) as rdv:
        admin = Personne(application, agent(reseau.id, "ADMIN_TENANT"))
        assert code(await admin.post(route(rdv, "refuser"), json={"raison": "  "})) == (422, "RAISON_REQUISE")
        refuse = (await admin.post(route(rdv, "refuser"), json={"raison": "Banc en panne"})).json()
        assert (refuse["statut"], refuse["annulation"]) == ("annule", "centre")
        assert (await passant.post(ROUTE, json=corps(centre))).status_code == 201


async def test_notes_are_the_staffs_own_and_encrypted(
    application: FastAPI,
    passant: Personne,
    controleur: Personne,
    reseau: TenantVue,
    centre: CentreVue,
    database: Database,
):
    async with booked(passant, centre) as rdv:
        client = Personne(application, lien(rdv, reseau.id))
        for _twice in range(2):
            notes = (await controleur.post(route(rdv, "notes"), json={"texte": " Client pressé "})).json()
        assert [n["texte"] for n in notes] == ["Client pressé"]
        assert (await controleur.get(route(rdv, "notes"))).json() == notes
        assert (await client.get(route(rdv, "notes"))).status_code in {401, 403}
        for texte, attendu in (("  ", "NOTE_VIDE"), ("x" * 2001, "NOTES_TROP_LONGUES"), ("a\x00", "TEXTE_INVALIDE")):
            answer = await controleur.post(route(rdv, "notes"), json={"texte": texte})
            assert code(answer) == (422, attendu)
            assert "texte" in answer.json()["champs"]
        async with database.transaction(reseau.id) as session:
            brut = await session.scalar(
                text("select texte from rdv.remarque where rdv_id = :r"), {"r": UUID(rdv["id"])}
            )
        assert "pressé".encode() not in bytes(brut)


async def test_a_confirmation_is_sent_again_a_few_times_to_its_own_address(
    application: FastAPI, passant: Personne, reseau: TenantVue, centre: CentreVue, database: Database
):
    async with booked(passant, centre) as rdv:
        client = Personne(application, lien(rdv, reseau.id))
        assert code(await passant.post(route(rdv, "renvoyer-confirmation"))) == (401, "NON_CONNECTE")
        for _n in range(5):
            assert (await client.post(route(rdv, "renvoyer-confirmation"))).status_code == 202
        assert code(await client.post(route(rdv, "renvoyer-confirmation"))) == (429, "TROP_DE_RENVOIS")
        async with database.transaction(reseau.id) as session:
            demandes = await session.scalar(
                text("select count(*) from socle.messages where type = 'rdv.confirmation.requested'")
            )
        assert demandes == 5


async def test_staff_of_another_centre_is_refused_and_another_tenant_sees_nothing(
    application: FastAPI, passant: Personne, reseau: TenantVue, centre: CentreVue
):
    async with booked(passant, centre) as rdv:
        ailleurs = agent(reseau.id, "CONTROLEUR", centre_ids=frozenset({UUID(int=7)}))
        assert code(await Personne(application, ailleurs).post(route(rdv, "demarrer"))) == (403, "HORS_PERIMETRE")
        etranger = Personne(application, agent(UUID(int=9), "ADMIN_TENANT"))
        for verbe in ("demarrer", "absent", "valider", "arrivee", "renvoyer-confirmation"):
            assert code(await etranger.post(route(rdv, verbe))) == (404, "RDV_NOT_FOUND")
