"""Free starts and appointments over HTTP: what is answered, and to whom."""

from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import text

from guichet.identite.facade import create_user
from guichet.reseau.facade import CentreVue
from guichet.socle.acces import Appelant
from guichet.socle.database import Database
from guichet.socle.horloge import frozen
from guichet.socle.ids import new_id
from tests.identite.fabrique import make_tenant
from tests.rdv.appels import DISPO, ROUTE, booked, corps, lien, open_as
from tests.rdv.fabrique import agent, at


async def test_free_starts_have_the_shape_that_was_decided(passant: httpx.AsyncClient, centre: CentreVue):
    answer = await passant.get(
        DISPO, params={"centre_id": str(centre.id), "date": "2026-11-21", "fin": "2026-11-24", "vehicule_type": "VU"}
    )
    body = answer.json()
    assert set(body) == {"centre_id", "fuseau", "jours"}
    assert body["fuseau"] == "Europe/Paris"
    assert [(j["date"], j["raison_vide"], len(j["creneaux"])) for j in body["jours"]] == [
        ("2026-11-21", "ferme", 0),
        ("2026-11-22", "ferme", 0),
        ("2026-11-23", None, 28),
        ("2026-11-24", None, 28),
    ]
    premier = body["jours"][2]["creneaux"][0]
    assert premier.pop("id")
    assert premier == {
        "heure_debut": "08:00",
        "heure_fin": "08:45",
        "debut": "2026-11-23T08:00:00+01:00",
        "fin": "2026-11-23T08:45:00+01:00",
        "duree_minutes": 45,
        "disponible": True,
        "niveau": "large",
        "suggere": True,
        "raison_suggestion": "heure_calme",
        "montant_ttc": "89.00",
    }


@pytest.mark.parametrize(
    ("params", "status", "code"),
    [
        ({"centre_id": str(new_id())}, 404, "CENTRE_NOT_FOUND"),
        ({"fin": "2026-11-22"}, 422, "PERIODE_INVALIDE"),
        ({"fin": "2027-11-22"}, 422, "PERIODE_INVALIDE"),
        ({"type_controle": "CTC"}, 422, "TYPE_CONTROLE_INCOHERENT"),
        ({"vehicule_type": "Tank"}, 422, "CHAMPS_INVALIDES"),
        ({"date": "demain"}, 422, "CHAMPS_INVALIDES"),
    ],
)
async def test_a_wrong_question_about_free_starts_is_refused(
    passant: httpx.AsyncClient, centre: CentreVue, params: dict[str, str], status: int, code: str
):
    answer = await passant.get(DISPO, params={"centre_id": str(centre.id), "date": "2026-11-23"} | params)
    assert (answer.status_code, answer.json()["code"]) == (status, code)


async def test_the_search_lists_near_centres_with_their_next_starts(passant: httpx.AsyncClient, centre: CentreVue):
    body = {"lat": centre.lat, "lon": centre.lon, "rayon_km": 1, "date": "2026-11-21", "tri": "prix"}
    answer = await passant.post(f"{DISPO}/search", json=body)
    assert answer.status_code == 200, answer.text
    found = {c["centre_id"]: c for c in answer.json()["centres"]}
    mine = found[str(centre.id)]
    assert (mine["montant_ttc"], mine["raison_vide"], mine["reservable"]) == ("79.00", None, True)
    assert [(c["date"], c["heure_debut"]) for c in mine["creneaux"]] == [
        ("2026-11-23", "08:00"),
        ("2026-11-23", "08:15"),
        ("2026-11-23", "08:30"),
    ]


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({}, "LIEU_REQUIS"),
        ({"lieu": "  "}, "LIEU_REQUIS"),
        ({"lieu": "Xyzzyville-sur-Rien"}, "LIEU_INTROUVABLE"),
        ({"code_postal": "00000"}, "LIEU_INTROUVABLE"),
        ({"lat": 45, "lon": 4, "date_fin": "2026-11-20"}, "PERIODE_INVALIDE"),
        ({"lat": 451, "lon": 4}, "CHAMPS_INVALIDES"),
        ({"lieu": "Lyon", "tri": "hasard"}, "CHAMPS_INVALIDES"),
        ({"lieu": "Lyon", "rayon_km": 500}, "CHAMPS_INVALIDES"),
    ],
)
async def test_a_wrong_search_is_refused(passant: httpx.AsyncClient, body: dict[str, Any], code: str):
    answer = await passant.post(f"{DISPO}/search", json={"date": "2026-11-23"} | body)
    assert (answer.status_code, answer.json()["code"]) == (422, code)


async def test_an_appointment_is_read_by_its_link_its_staff_and_nobody_else(
    application: FastAPI, passant: httpx.AsyncClient, centre: CentreVue, database: Database
):
    autre = await make_tenant(database)
    async with booked(passant, centre) as rdv:
        cases = [
            (Appelant(), 401, "NON_CONNECTE"),
            (lien(rdv, centre.tenant_id), 200, None),
            (lien(rdv, centre.tenant_id, cible=str(new_id())), 401, "NON_CONNECTE"),
            (agent(centre.tenant_id), 200, None),
            (agent(centre.tenant_id, "ADMIN_CT", centre_ids=[centre.id]), 200, None),
            (agent(centre.tenant_id, "ADMIN_CT", centre_ids=[new_id()]), 403, "HORS_PERIMETRE"),
            (agent(centre.tenant_id, "CLIENT"), 404, "RDV_NOT_FOUND"),
            (agent(autre.id), 404, "RDV_NOT_FOUND"),
        ]
        for appelant, status, code in cases:
            async with open_as(application, appelant) as client:
                answer = await client.get(f"{ROUTE}/{rdv['id']}")
                assert (answer.status_code, answer.json().get("code")) == (status, code), appelant
                if status == 200:
                    assert answer.json() == {k: v for k, v in rdv.items() if k != "lien_gestion"}
                if code:
                    refused = await client.delete(f"{ROUTE}/{rdv['id']}")
                    assert (refused.status_code, refused.json()["code"]) == (status, code)


async def test_the_customer_cancels_with_the_link_and_the_place_is_free_again(
    application: FastAPI, passant: httpx.AsyncClient, centre: CentreVue
):
    async with booked(passant, centre) as rdv:
        async with open_as(application, lien(rdv, centre.tenant_id)) as client:
            answer = await client.delete(f"{ROUTE}/{rdv['id']}", params={"raison": "Plus besoin"})
            assert (answer.status_code, answer.json()["statut"], answer.json()["annulation"]) == (
                200,
                "annule",
                "client",
            )
            assert (await client.delete(f"{ROUTE}/{rdv['id']}")).json() == answer.json()
        assert (await passant.post(ROUTE, json=corps(centre))).status_code == 201


async def test_staff_cancels_for_the_centre(application: FastAPI, passant: httpx.AsyncClient, centre: CentreVue):
    async with booked(passant, centre) as rdv, open_as(application, agent(centre.tenant_id)) as client:
        answer = await client.delete(f"{ROUTE}/{rdv['id']}")
        assert (answer.json()["statut"], answer.json()["annulation"]) == ("annule", "centre")


async def test_what_has_begun_is_no_longer_cancelled_by_its_customer(
    application: FastAPI, passant: httpx.AsyncClient, centre: CentreVue, database: Database
):
    async with booked(passant, centre) as rdv, open_as(application, lien(rdv, centre.tenant_id)) as client:
        with frozen(at(9)):
            refused = await client.delete(f"{ROUTE}/{rdv['id']}")
            assert (refused.status_code, refused.json()["code"]) == (403, "DELAI_DEPASSE")
        async with database.transaction(centre.tenant_id) as session:
            await session.execute(text("update rdv.rdv set statut = 'termine'"))
        refused = await client.delete(f"{ROUTE}/{rdv['id']}")
        assert (refused.status_code, refused.json()["code"]) == (409, "ETAT_INCOMPATIBLE")


async def test_lists_keep_to_the_perimeter_the_filters_and_the_page(
    application: FastAPI, passant: httpx.AsyncClient, centre: CentreVue
):
    ids = []
    for heure, jour in (("08:00", "2026-11-23"), ("09:00", "2026-11-23"), ("08:00", "2026-11-24")):
        async with booked(passant, centre, creneau__heure_debut=heure, creneau__date=jour) as rdv:
            ids.append(rdv["id"])
    async with open_as(application, agent(centre.tenant_id)) as appels:

        async def listed(path: str = ROUTE, **params: str) -> list[str]:
            return [r["id"] for r in (await appels.get(path, params=params)).json()["elements"]]

        assert await listed() == ids
        assert await listed(centre_id=str(centre.id), date="2026-11-23") == ids[:2]
        assert await listed(f"{ROUTE}/ct/{centre.id}", date="2026-11-24") == ids[2:]
        await appels.delete(f"{ROUTE}/{ids[0]}")
        assert await listed(statut="annule") == ids[:1]
        assert await listed(statut="confirme") == ids[1:]
        page = (await appels.get(ROUTE, params={"limite": "2"})).json()
        assert [r["id"] for r in page["elements"]] == ids[:2]
        assert await listed(limite="2", curseur=page["suivant"]) == ids[2:]
    async with open_as(application, agent(centre.tenant_id, "ADMIN_CT", centre_ids=[new_id()])) as ailleurs:
        assert (await ailleurs.get(ROUTE)).json()["elements"] == []
        for path, params in ((f"{ROUTE}/ct/{centre.id}", {}), (ROUTE, {"centre_id": str(centre.id)})):
            refused = await ailleurs.get(path, params=params)
            assert (refused.status_code, refused.json()["code"]) == (403, "HORS_PERIMETRE")
    for path in (ROUTE, f"{ROUTE}/me", f"{ROUTE}/ct/{centre.id}"):
        assert (await passant.get(path)).status_code == 401


async def test_a_client_finds_what_was_booked_signed_in_and_at_the_verified_address(
    application: FastAPI, passant: httpx.AsyncClient, centre: CentreVue, database: Database
):
    async with database.transaction(centre.tenant_id) as session:
        compte = await create_user(session, email="eve@courriel.example", nom="Péan", prenom="Ève", role="CLIENT")
        await session.execute(
            text("update identite.users set email_verifie_le = null where id = :id"), {"id": compte.id}
        )
    moi = agent(centre.tenant_id, "CLIENT", user_id=compte.id)
    async with booked(passant, centre) as a_mon_adresse, open_as(application, moi) as client:
        async with booked(client, centre, creneau__heure_debut="10:00") as mien:
            assert (await client.get(f"{ROUTE}/{mien['id']}")).status_code == 200
        assert [r["id"] for r in (await client.get(f"{ROUTE}/me")).json()["elements"]] == [mien["id"]]
        async with database.transaction(centre.tenant_id) as session:
            await session.execute(
                text("update identite.users set email_verifie_le = now() where id = :id"), {"id": compte.id}
            )
        listed = [r["id"] for r in (await client.get(f"{ROUTE}/me")).json()["elements"]]
        assert listed == [a_mon_adresse["id"], mien["id"]]
        assert (await client.delete(f"{ROUTE}/{mien['id']}")).json()["annulation"] == "client"
    async with open_as(application, agent(centre.tenant_id, "API_KEY", permissions=["rdv:read"])) as programme:
        assert (await programme.get(f"{ROUTE}/me")).json()["elements"] == []
