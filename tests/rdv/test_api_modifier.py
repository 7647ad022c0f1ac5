"""Moving and editing an appointment over HTTP: the same rules as a booking, the customer's limits, nothing lost."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import text

from guichet.identite.facade import TenantVue, set_reglages
from guichet.rdv.facade import Reservation
from guichet.reseau.facade import CentreModification, CentreVue, update_centre
from guichet.socle.acces import Appelant
from guichet.socle.database import Database
from guichet.socle.horloge import frozen
from guichet.socle.ids import new_id
from tests.rdv.appels import DISPO, ROUTE, Personne, booked, corps, lien
from tests.rdv.fabrique import agent, at, fill_reservable

MARDI = {"creneau": {"date": "2026-11-24", "heure_debut": "10:30"}}


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


def porteur(application: FastAPI, rdv: dict[str, Any], tenant_id: UUID) -> Personne:
    """The holder of the appointment's link."""
    return Personne(application, lien(rdv, tenant_id))


async def test_a_customer_moves_with_the_link_and_the_old_place_is_free(
    application: FastAPI, passant: Personne, reseau: TenantVue, centre: CentreVue, database: Database
):
    async with booked(passant, centre) as rdv:
        client = porteur(application, rdv, reseau.id)
        moved = await client.put(f"{ROUTE}/{rdv['id']}", json=MARDI)
        assert moved.status_code == 200, moved.text
        corps_ = moved.json()
        assert (corps_["creneau"]["debut"], corps_["version"]) == ("2026-11-24T10:30:00+01:00", rdv["version"] + 1)
        assert (corps_["id"], corps_["numero"]) == (rdv["id"], rdv["numero"])
        again = (await client.put(f"{ROUTE}/{rdv['id']}", json=MARDI)).json()
        assert again["version"] == corps_["version"], "the same change again changes nothing"
        assert (await passant.post(ROUTE, json=corps(centre, vehicule__immatriculation="AB-124-CD"))).status_code == 201
        async with database.transaction(reseau.id) as session:
            ligne = (
                await session.execute(
                    text("select sequence, modifications, jour from rdv.rdv where id = :id"), {"id": UUID(rdv["id"])}
                )
            ).one()
        assert (ligne.sequence, ligne.modifications, ligne.jour.isoformat()) == (1, 1, "2026-11-24")


async def test_a_listed_start_moves_to_another_centre_of_the_tenant(
    application: FastAPI, passant: Personne, reseau: TenantVue, centre: CentreVue, database: Database
):
    async with database.transaction(reseau.id) as session:
        autre, _equipe = await fill_reservable(session)
    async with booked(passant, centre) as rdv:
        jours = (await passant.get(DISPO, params={"centre_id": str(autre.id), "date": "2026-11-25"})).json()["jours"]
        choisi = jours[0]["creneaux"][3]
        client = porteur(application, rdv, reseau.id)
        moved = (await client.put(f"{ROUTE}/{rdv['id']}", json={"disponibilite_id": choisi["id"]})).json()
        assert (moved["centre"]["id"], moved["creneau"]["debut"]) == (str(autre.id), choisi["debut"])


async def test_a_taken_start_is_refused_with_alternatives_and_nothing_moves(
    application: FastAPI, passant: Personne, reseau: TenantVue, centre: CentreVue
):
    async with booked(passant, centre) as rdv:
        pris = corps(centre, vehicule__immatriculation="AB-124-CD", creneau__date="2026-11-24")
        await passant.post(ROUTE, json=pris)
        client = porteur(application, rdv, reseau.id)
        answer = await client.put(
            f"{ROUTE}/{rdv['id']}", json={"creneau": {"date": "2026-11-24", "heure_debut": "09:15"}}
        )
        assert code(answer) == (409, "CRENEAU_INDISPONIBLE")
        assert answer.json()["alternatives"]
        assert (await client.get(f"{ROUTE}/{rdv['id']}")).json() == {
            k: v for k, v in rdv.items() if k != "lien_gestion"
        }


async def test_a_customer_moves_three_times_and_until_the_delay_the_limit_included(
    application: FastAPI, passant: Personne, admin: Personne, reseau: TenantVue, centre: CentreVue
):
    async with booked(passant, centre) as rdv:
        client, url = porteur(application, rdv, reseau.id), f"{ROUTE}/{rdv['id']}"
        with frozen(at(9) - timedelta(hours=24) + timedelta(seconds=1)):
            assert code(await client.put(url, json=MARDI)) == (403, "DELAI_DEPASSE")
        with frozen(at(9) - timedelta(hours=24)):
            assert (await client.put(url, json=MARDI)).status_code == 200
        for heure in ("11:00", "14:00"):
            suite = {"creneau": {"date": "2026-11-26", "heure_debut": heure}}
            assert (await client.put(url, json=suite)).status_code == 200
        fois = {"creneau": {"date": "2026-11-27", "heure_debut": "14:00"}}
        assert code(await client.put(url, json=fois)) == (403, "LIMITE_MODIFICATIONS")
        assert (await admin.put(url, json=fois)).status_code == 200, "the centre has no such limit"
        assert (await client.put(url, json={"notes": "Portail bleu"})).json()["notes"] == "Portail bleu"


async def test_a_new_price_needs_the_customers_agreement_and_applies_to_what_moves_only(
    application: FastAPI, passant: Personne, reseau: TenantVue, centre: CentreVue, database: Database
):
    async with booked(passant, centre) as rdv:
        async with database.transaction(reseau.id) as session:
            tarifs = [{"vehicule_type": "VP", "type_controle": "CTP", "prix": 8450}]
            await update_centre(session, centre.id, CentreModification.model_validate({"tarifs": tarifs}))
        client, url = porteur(application, rdv, reseau.id), f"{ROUTE}/{rdv['id']}"
        assert (await client.put(url, json={"notes": "Merci"})).json()["montant_ttc"] == "79.00"
        refus = await client.put(url, json=MARDI)
        assert (*code(refus), refus.json()["montant_ttc"]) == (409, "PRIX_CHANGE", "84.50")
        moved = await client.put(url, json=MARDI | {"prix_accepte": "84.50"})
        assert moved.json()["montant_ttc"] == "84.50"


async def test_another_vehicle_takes_its_own_duration_and_its_own_accreditation(
    passant: Personne, admin: Personne, centre: CentreVue
):
    async with booked(passant, centre) as rdv:
        url = f"{ROUTE}/{rdv['id']}"
        moto = (await admin.put(url, json={"vehicule": {"type": "Moto"}})).json()
        assert moto["vehicule"]["type"] == "Moto"
        assert moto["creneau"]["debut"] == rdv["creneau"]["debut"]


async def test_what_is_typed_is_checked_as_for_a_booking(
    application: FastAPI, passant: Personne, reseau: TenantVue, centre: CentreVue
):
    async with booked(passant, centre) as rdv:
        client, url = porteur(application, rdv, reseau.id), f"{ROUTE}/{rdv['id']}"
        cas: list[tuple[dict[str, Any], int, str, str | None]] = [
            ({"client": {"email": "eve"}}, 422, "EMAIL_INVALIDE", "client.email"),
            ({"client": {"nom": None}}, 422, "NOM_INVALIDE", "client.nom"),
            ({"client": {"role": "admin"}}, 422, "CHAMPS_INVALIDES", "client.role"),
            ({"vehicule": {"immatriculation": "BONJOUR"}}, 422, "IMMATRICULATION_INVALIDE", "vehicule.immatriculation"),
            ({"type_controle": "CTC"}, 422, "TYPE_CONTROLE_INCOHERENT", "type_controle"),
            ({"creneau": {"date": "2026-11-24", "heure_debut": "09:07"}}, 422, "CRENEAU_HORS_GRILLE", "creneau.heure_debut"),
            ({"creneau": {"date": "2026-11-19", "heure_debut": "09:00"}}, 422, "CRENEAU_PASSE", "creneau.heure_debut"),
            ({"creneau": {"date": "2027-11-19", "heure_debut": "09:00"}}, 422, "CRENEAU_HORS_HORIZON", "creneau.date"),
            ({"creneau": {"date": "2026-11-24", "heure_debut": "13:00"}}, 422, "CRENEAU_HORS_HORAIRES", "creneau.heure_debut"),
            ({"centre_id": str(new_id())}, 404, "CENTRE_NOT_FOUND", None),
            ({"controleur_id": str(new_id())}, 404, "CONTROLEUR_NOT_FOUND", None),
            ({"disponibilite_id": "x"}, 422, "DISPONIBILITE_INVALIDE", "disponibilite_id"),
            ({"notes": "x" * 501}, 422, "NOTES_TROP_LONGUES", "notes"),
            ({"statut": "termine"}, 422, "CHAMPS_INVALIDES", "statut"),
            ({"montant_ttc": "0.01"}, 422, "CHAMPS_INVALIDES", "montant_ttc"),
            ({"version": 99, "notes": "a"}, 409, "VERSION_PERIMEE", None),
        ]  # fmt: skip
        wrong = []
        for body, statut, attendu, champ in cas:
            answer = await client.put(url, json=body)
            if code(answer) != (statut, attendu) or (champ and champ not in answer.json()["champs"]):
                wrong.append((body, answer.text[:200]))
        assert wrong == []
        assert (await client.get(url)).json()["version"] == rdv["version"]


async def test_only_its_people_move_it_and_only_while_it_is_confirmed(
    application: FastAPI, passant: Personne, admin: Personne, reseau: TenantVue, centre: CentreVue
):
    async with booked(passant, centre) as rdv:
        url = f"{ROUTE}/{rdv['id']}"
        assert code(await passant.put(url, json=MARDI)) == (401, "NON_CONNECTE")
        ailleurs = Personne(application, agent(UUID(int=9), "ADMIN_TENANT"))
        assert code(await ailleurs.put(url, json=MARDI)) == (404, "RDV_NOT_FOUND")
        inconnu = Personne(application, Appelant(tenant_id=reseau.id, user_id=new_id(), role="CLIENT"))
        assert code(await inconnu.put(url, json=MARDI)) == (404, "RDV_NOT_FOUND")
        voisin = Personne(application, agent(reseau.id, "ADMIN_CT", centre_ids=frozenset({UUID(int=7)})))
        assert code(await voisin.put(url, json=MARDI)) == (403, "HORS_PERIMETRE")
        await admin.delete(url)
        assert code(await admin.put(url, json=MARDI)) == (409, "ETAT_INCOMPATIBLE")


async def test_a_reinspection_that_moves_keeps_its_free_price_within_the_delay(
    passant: Personne, admin: Personne, reseau: TenantVue, centre: CentreVue, database: Database
):
    async with booked(passant, centre) as rdv:
        with frozen(at(9, 5)):
            await admin.post(f"{ROUTE}/{rdv['id']}/demarrer", json={"controleur_id": rdv["controleur"]["id"]})
            await admin.post(f"{ROUTE}/{rdv['id']}/terminer", json={"resultat": "contre_visite"})
            body = corps(centre, type_controle="CVP", date_controle_initial="2026-11-23", creneau__date="2026-11-24")
            suite = (await passant.post(ROUTE, json=body)).json()
            moved = await admin.put(
                f"{ROUTE}/{suite['id']}", json={"creneau": {"date": "2026-11-30", "heure_debut": "10:00"}}
            )
            assert moved.json()["montant_ttc"] == "0.00"
            async with database.transaction(reseau.id) as session:
                await set_reglages(session, Reservation(horizon_jours=365))
            tard = await admin.put(
                f"{ROUTE}/{suite['id']}", json={"creneau": {"date": "2027-02-01", "heure_debut": "10:00"}}
            )
            assert code(tard) == (422, "CONTRE_VISITE_HORS_DELAI")
