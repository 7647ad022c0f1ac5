"""The waiting list over HTTP: who may, what is refused and how, what is told and what is not."""

from typing import Any
from uuid import UUID

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import text

from guichet.identite.facade import TenantVue, set_reglages
from guichet.rdv.facade import Reservation
from guichet.rdv.permissions import GENRE_LIEN_ATTENTE
from guichet.reseau.facade import CentreVue
from guichet.socle.acces import Appelant
from guichet.socle.database import Database
from guichet.socle.ids import new_id
from guichet.socle.web.listes import build_curseur
from tests.identite.fabrique import make_tenant, make_user
from tests.rdv.appels import DELETE, ROUTE, Personne, booked, corps, lien
from tests.rdv.fabrique import LUNDI, agent, fill_reservable
from tests.rdv.liste import fill_day

LISTE = "/api/v1/liste-attente"
CLIENT = {"nom": "Roux", "prenom": "Line", "email": "line@courriel.example", "telephone": "06 39 98 55 66"}
VEHICULE = {"immatriculation": "EE-555-EE", "type": "VP", "carburant": "Essence"}


@pytest.fixture
def passant(application: FastAPI) -> Personne:
    """A passer-by."""
    return Personne(application)


@pytest.fixture
def admin(application: FastAPI, reseau: TenantVue) -> Personne:
    """The tenant's administrator."""
    return Personne(application, agent(reseau.id, "ADMIN_TENANT"))


def code(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json().get("code", "")


def entry(centre: CentreVue, **fields: Any) -> dict[str, Any]:
    """An entry for Monday; `client__email=...` changes a field, `DELETE` leaves it out."""
    body: dict[str, Any] = {
        "centre_ids": [str(centre.id)],
        "periode": {"du": LUNDI.isoformat()},
        "client": dict(CLIENT),
        "vehicule": dict(VEHICULE),
    }
    for path, value in fields.items():
        *parents, last = path.split("__")
        place = body
        for parent in parents:
            place = place[parent]
        if value is DELETE:
            del place[last]
        else:
            place[last] = value
    return body


def bearer(application: FastAPI, inscription: dict[str, Any], tenant_id: UUID) -> Personne:
    """The holder of an entry's link, as the authenticator makes one."""
    return Personne(
        application,
        Appelant(
            tenant_id=tenant_id,
            permissions=frozenset({"rdv:read:own", "rdv:create:own", "rdv:cancel:own"}),
            via="lien",
            lien={"genre": GENRE_LIEN_ATTENTE, "cible": UUID(inscription["id"])},
        ),
    )


async def fill(database: Database, reseau: TenantVue, centre: CentreVue) -> list[UUID]:
    async with database.transaction(reseau.id) as session:
        await set_reglages(session, Reservation(tolerance_surreservation=0))
        return [r.id for r in await fill_day(session, centre)]


async def test_a_life_on_the_list_from_joining_to_the_appointment(
    application: FastAPI, passant: Personne, admin: Personne, reseau: TenantVue, centre: CentreVue, database: Database
):
    pris = await fill(database, reseau, centre)
    faite = await passant.post(LISTE, json=entry(centre))
    assert faite.status_code == 201, faite.text
    mienne = faite.json()
    assert (mienne["statut"], mienne["position"], mienne["creneaux_libres"]) == ("attente", 1, [])
    assert mienne["client"] is None
    assert f"/liste-attente/{mienne['id']}?lien=gl_" in mienne["lien_gestion"]
    encore = await passant.post(LISTE, json=entry(centre))
    assert (encore.status_code, encore.json()["id"]) == (200, mienne["id"])
    client = bearer(application, mienne, reseau.id)
    assert code(await client.post(f"{LISTE}/{mienne['id']}/accepter", json={})) == (409, "ETAT_INCOMPATIBLE")
    assert (await admin.delete(f"{ROUTE}/{pris[0]}")).status_code == 200
    lue = (await client.get(f"{LISTE}/{mienne['id']}")).json()
    assert (lue["statut"], lue["offre"]["debut"], lue["offre"]["montant_ttc"]) == (
        "offre", "2026-11-23T08:00:00+01:00", "79.00",
    )  # fmt: skip
    (vue,) = (await admin.get(LISTE, params={"centre_id": str(centre.id)})).json()["elements"]
    assert (vue["id"], vue["client"]["email"]) == (mienne["id"], "line@courriel.example")
    pris_ = await client.post(f"{LISTE}/{mienne['id']}/accepter", json={})
    assert pris_.status_code == 200, pris_.text
    rdv = pris_.json()
    assert (rdv["statut"], rdv["client"]["nom"], rdv["creneau"]["heure_debut"]) == ("confirme", "Roux", "08:00")
    assert "lien_gestion" in rdv
    assert (await client.get(f"{LISTE}/{mienne['id']}")).json()["rdv_obtenu_id"] == rdv["id"]
    assert code(await client.post(f"{LISTE}/{mienne['id']}/reprendre")) == (409, "ETAT_INCOMPATIBLE")


async def test_an_entry_opens_to_its_link_to_staff_and_to_nobody_else(
    application: FastAPI, passant: Personne, reseau: TenantVue, centre: CentreVue, database: Database
):
    mienne = (await passant.post(LISTE, json=entry(centre))).json()
    autre = (await passant.post(LISTE, json=entry(centre, vehicule__immatriculation="EE-556-EE"))).json()
    chemin = f"{LISTE}/{mienne['id']}"
    assert code(await passant.get(chemin)) == (401, "NON_CONNECTE")
    assert code(await bearer(application, autre, reseau.id).get(chemin)) == (401, "NON_CONNECTE")
    client = Personne(application, agent(reseau.id, "CLIENT"))
    assert code(await client.get(chemin)) == (404, "INSCRIPTION_NOT_FOUND")
    inconnue = Personne(application, agent(reseau.id, "ADMIN_TENANT"))
    assert code(await inconnue.get(f"{LISTE}/{new_id()}")) == (404, "INSCRIPTION_NOT_FOUND")
    async with database.transaction(reseau.id) as session:
        ailleurs, _ = await fill_reservable(session)
    chef = Personne(application, agent(reseau.id, "ADMIN_CT", centre_ids=frozenset({ailleurs.id})))
    assert code(await chef.get(chemin)) == (403, "HORS_PERIMETRE")
    assert (await chef.get(LISTE)).json()["elements"] == []
    assert code(await chef.get(LISTE, params={"centre_id": str(centre.id)})) == (403, "HORS_PERIMETRE")
    assert code(await chef.post(LISTE, json=entry(centre))) == (403, "HORS_PERIMETRE")
    sien = Personne(application, agent(reseau.id, "ADMIN_CT", centre_ids=frozenset({centre.id})))
    assert (await sien.delete(chemin)).json()["statut"] == "retiree"
    assert len((await sien.get(LISTE, params={"limite": 1})).json()["elements"]) == 1


async def test_a_signed_in_customer_finds_their_own_entries_and_no_others(
    application: FastAPI, passant: Personne, reseau: TenantVue, centre: CentreVue, database: Database
):
    await passant.post(LISTE, json=entry(centre, vehicule__immatriculation="EE-556-EE"))
    compte = await make_user(database, reseau, "CLIENT")
    client = Personne(application, agent(reseau.id, "CLIENT", user_id=compte.id))
    mienne = (await client.post(LISTE, json=entry(centre))).json()
    assert [e["id"] for e in (await client.get(LISTE)).json()["elements"]] == [mienne["id"]]
    assert (await client.get(LISTE, params={"statut": "offre"})).json()["elements"] == []
    assert (await client.get(f"{LISTE}/{mienne['id']}")).json()["position"] == 2
    assert (await client.delete(f"{LISTE}/{mienne['id']}")).json()["statut"] == "retiree"
    cle = Personne(application, Appelant(tenant_id=reseau.id, via="cle_api", permissions=frozenset({"rdv:read:own"})))
    assert (await cle.get(LISTE)).json()["elements"] == []


async def test_pages_of_the_list_follow_one_another(admin: Personne, centre: CentreVue):
    for n in range(3):
        await admin.post(LISTE, json=entry(centre, vehicule__immatriculation=f"EE-57{n}-EE"))
    premiere = (await admin.get(LISTE, params={"limite": 2})).json()
    seconde = (await admin.get(LISTE, params={"limite": 2, "curseur": premiere["suivant"]})).json()
    plaques = [e["vehicule"]["immatriculation"] for e in premiere["elements"] + seconde["elements"]]
    assert plaques == ["EE-570-EE", "EE-571-EE", "EE-572-EE"]
    ailleurs = await admin.get(LISTE, params={"curseur": build_curseur("autre")})
    assert code(ailleurs) == (422, "CURSEUR_INVALIDE")


async def test_where_nobody_is_accredited_there_is_nothing_to_wait_for(
    passant: Personne, reseau: TenantVue, database: Database
):
    async with database.transaction(reseau.id) as session:
        vide, _ = await fill_reservable(session, controleurs=0)
    refus = await passant.post(LISTE, json=entry(vide))
    assert code(refus) == (422, "AGREMENT_ABSENT")


@pytest.mark.parametrize(
    ("champs", "attendu", "champ"),
    [
        ({"centre_ids": []}, "CHAMP_INVALIDE", "centre_ids"),
        ({"centre_ids": "deux"}, "CENTRE_REQUIS", "centre_ids"),
        ({"periode__du": "demain"}, "DATE_INVALIDE", "periode.du"),
        ({"periode__du": "2026-11-19"}, "CRENEAU_PASSE", "periode.au"),
        ({"periode__du": "2026-11-24", "periode__au": "2026-11-23"}, "PERIODE_INVALIDE", "periode.au"),
        ({"periode__au": "2027-02-23"}, "PERIODE_INVALIDE", "periode.au"),
        ({"periode__du": "2027-11-23"}, "CRENEAU_HORS_HORIZON", "periode.du"),
        ({"periode__heure_du": "25:00"}, "HEURE_INVALIDE", "periode.heure_du"),
        ({"periode__heure_du": "12:00", "periode__heure_au": "09:00"}, "PERIODE_INVALIDE", "periode.au"),
        ({"client__email": "line@"}, "EMAIL_INVALIDE", "client.email"),
        ({"client__telephone": "12"}, "TELEPHONE_INVALIDE", "client.telephone"),
        ({"vehicule__immatriculation": "??"}, "IMMATRICULATION_INVALIDE", "vehicule.immatriculation"),
        ({"type_controle": "CTC"}, "TYPE_CONTROLE_INCOHERENT", "type_controle"),
        ({"type_controle": "CVP"}, "DATE_CONTROLE_INITIAL_REQUISE", "date_controle_initial"),
        ({"client": DELETE}, "CHAMP_REQUIS", "client"),
        ({"paiement": {"mode": "en_ligne"}}, "PAIEMENT_EN_LIGNE_INDISPONIBLE", "paiement.mode"),
    ],
)
async def test_what_is_wrong_is_said_on_its_field_and_nothing_is_written(
    passant: Personne,
    reseau: TenantVue,
    centre: CentreVue,
    database: Database,
    champs: dict[str, Any],
    attendu: str,
    champ: str,
):
    if champs.get("centre_ids") == "deux":
        champs = {"centre_ids": [str(centre.id)] * 2}
    refus = await passant.post(LISTE, json=entry(centre, **champs))
    assert refus.status_code == 422, refus.text
    if attendu != "CHAMP_INVALIDE":
        assert refus.json()["code"] == attendu
    assert any(nom.startswith(champ) for nom in refus.json()["champs"]), refus.json()
    async with database.transaction(reseau.id) as session:
        assert await session.scalar(text("select count(*) from rdv.inscription")) == 0
        assert await session.scalar(text("select count(*) from rdv.cadence")) == 0


async def test_another_tenants_centre_and_an_unknown_one_do_not_exist(
    application: FastAPI, admin: Personne, passant: Personne, centre: CentreVue, database: Database
):
    inconnu = entry(centre, centre_ids=[str(new_id())])
    assert code(await passant.post(LISTE, json=inconnu)) == (404, "CENTRE_NOT_FOUND")
    autre = await make_tenant(database)
    async with database.transaction(autre.id) as session:
        ailleurs, _ = await fill_reservable(session)
    deux = entry(centre, centre_ids=[str(centre.id), str(ailleurs.id)])
    assert code(await passant.post(LISTE, json=deux)) == (404, "CENTRE_NOT_FOUND")


async def test_a_passer_by_enters_three_times_per_telephone_and_staff_as_often_as_needed(
    passant: Personne, admin: Personne, centre: CentreVue
):
    for n in range(3):
        assert (
            await passant.post(LISTE, json=entry(centre, vehicule__immatriculation=f"EE-60{n}-EE"))
        ).status_code == 201
    refus = await passant.post(LISTE, json=entry(centre, vehicule__immatriculation="EE-604-EE"))
    assert code(refus) == (429, "TROP_DE_RESERVATIONS")
    assert refus.headers["Retry-After"] == "900"
    assert (await admin.post(LISTE, json=entry(centre, vehicule__immatriculation="EE-604-EE"))).status_code == 201
    assert (await passant.post(ROUTE, json=corps(centre, client__telephone=CLIENT["telephone"]))).status_code == 201


async def test_an_entry_for_an_earlier_place_needs_the_appointments_link(
    application: FastAPI, passant: Personne, reseau: TenantVue, centre: CentreVue, database: Database
):
    async with booked(passant, centre, creneau__heure_debut="16:00") as rdv:
        corps_ = {
            "centre_ids": [str(centre.id)],
            "periode": {"du": "2026-11-20", "au": "2026-12-20"},
            "rdv_id": rdv["id"],
        }
        assert code(await passant.post(LISTE, json=corps_)) == (401, "NON_CONNECTE")
        client = Personne(application, lien(rdv, reseau.id))
        faite = await client.post(LISTE, json=corps_)
        assert faite.status_code == 201, faite.text
        mienne = faite.json()
        assert (mienne["rdv_id"], mienne["periode"]["au"]) == (rdv["id"], LUNDI.isoformat())
        assert mienne["vehicule"]["immatriculation"] == "AB-123-CD"
        assert [c["heure_debut"] for c in mienne["creneaux_libres"]] != []
        assert (await client.delete(f"{ROUTE}/{rdv['id']}")).status_code == 200
        refus = await client.post(LISTE, json=corps_ | {"centre_ids": [str(centre.id)]})
        assert code(refus) == (409, "ETAT_INCOMPATIBLE")


async def test_refusing_and_coming_back_over_http(
    application: FastAPI, passant: Personne, admin: Personne, reseau: TenantVue, centre: CentreVue, database: Database
):
    pris = await fill(database, reseau, centre)
    mienne = (await passant.post(LISTE, json=entry(centre))).json()
    client, chemin = bearer(application, mienne, reseau.id), f"{LISTE}/{mienne['id']}"
    await admin.delete(f"{ROUTE}/{pris[0]}")
    assert (await client.post(f"{chemin}/refuser")).json()["statut"] == "attente"
    assert code(await client.post(f"{chemin}/refuser")) == (409, "ETAT_INCOMPATIBLE")
    assert (await client.delete(chemin)).json()["statut"] == "retiree"
    assert (await client.post(f"{chemin}/reprendre")).json()["statut"] == "attente"
    assert (await client.post(f"{chemin}/reprendre")).json()["statut"] == "attente"
