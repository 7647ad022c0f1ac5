"""Re-inspections: free once for each failed inspection, of that plate, wherever and however often one asks."""

import asyncio
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest
from fastapi import FastAPI
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from guichet.identite.facade import TenantVue, set_reglages
from guichet.rdv.actions.attente.suites import serve_due
from guichet.rdv.actions.verrous import lock_inspections
from guichet.rdv.facade import Reservation, cancel_rdv
from guichet.rdv.metier.attente import StatutInscription
from guichet.reseau.facade import CentreModification, CentreVue, update_centre
from guichet.socle.database import Database
from guichet.socle.horloge import frozen
from tests.rdv.appels import ROUTE, Personne, corps, lien
from tests.rdv.fabrique import LUNDI, agent, at, autre_demande, book, fill_reservable
from tests.rdv.liste import read, wait

SUITE: dict[str, Any] = {"type_controle": "CVP", "creneau__date": "2026-11-27"}
DATE = {"date_controle_initial": LUNDI.isoformat()}
TARIFS = [{"vehicule_type": "VP", "prix": 7900, "prix_contre_visite": 2500}]


@pytest.fixture
async def centre(database: Database, reseau: TenantVue) -> CentreVue:
    """A centre with two inspectors and a price for re-inspections."""
    async with database.transaction(reseau.id) as session:
        return (await fill_reservable(session, controleurs=2, tarifs=TARIFS))[0]


@pytest.fixture
def personnel(application: FastAPI, reseau: TenantVue) -> Personne:
    """Somebody of the tenant's staff."""
    return Personne(application, agent(reseau.id, "ADMIN_TENANT"))


@pytest.fixture
def passant(application: FastAPI) -> Personne:
    """A passer-by."""
    return Personne(application)


async def fail(session: AsyncSession, centre: CentreVue, jour: date = LUNDI) -> UUID:
    """A failed inspection of AB-123-CD, so long ago that its place matters to nobody."""
    rdv = (await book(session, autre_demande(centre, 9, immatriculation="AB-123-CD", date=jour.isoformat()))).rdv
    await session.execute(
        text("update rdv.rdv set statut = 'termine', resultat = 'contre_visite' where id = :id"), {"id": rdv.id}
    )
    return rdv.id


@pytest.fixture(autouse=True)
async def echec(database: Database, centre: CentreVue) -> UUID:
    """The failed inspection, on Monday at nine."""
    async with database.transaction(centre.tenant_id) as session:
        return await fail(session, centre)


async def test_two_people_at_once_and_one_of_them_has_it_free(application: FastAPI, centre: CentreVue):
    with frozen(at(10)):
        answers = await asyncio.gather(
            *(
                Personne(application).post(
                    ROUTE, json=corps(centre, **SUITE, **DATE, creneau__heure_debut=heure, client__telephone=telephone)
                )
                for heure, telephone in (("09:00", "06 39 98 00 01"), ("10:00", "06 39 98 00 02"))
            )
        )
    assert [a.status_code for a in answers] == [201, 201], [a.text for a in answers]
    assert sorted(a.json()["montant_ttc"] for a in answers) == ["0.00", "25.00"]


async def test_a_customer_moves_what_staff_booked_without_the_date(
    application: FastAPI, personnel: Personne, centre: CentreVue
):
    with frozen(at(10)):
        suite = (await personnel.post(ROUTE, json=corps(centre, **SUITE))).json()
        assert suite.get("montant_ttc") == "0.00", suite
        client = Personne(application, lien(suite, centre.tenant_id))
        moved = await client.put(
            f"{ROUTE}/{suite['id']}", json={"creneau": {"date": "2026-11-30", "heure_debut": "10:00"}}
        )
    assert (moved.status_code, moved.json()["montant_ttc"]) == (200, "0.00"), moved.text


async def test_a_free_reinspection_is_not_passed_on_to_another_plate(
    application: FastAPI, passant: Personne, personnel: Personne, centre: CentreVue
):
    with frozen(at(10)):
        suite = (await passant.post(ROUTE, json=corps(centre, **SUITE, **DATE))).json()
        url = f"{ROUTE}/{suite['id']}"
        for qui in (Personne(application, lien(suite, centre.tenant_id)), personnel):
            refus = await qui.put(url, json={"vehicule": {"immatriculation": "ZZ-999-ZZ"}})
            assert (refus.status_code, refus.json()["code"]) == (422, "TYPE_CONTROLE_INCOHERENT")
        assert (await personnel.put(url, json={"notes": "Feux"})).status_code == 200
        assert (await personnel.get(url)).json()["vehicule"]["immatriculation"] == "AB-123-CD"


async def test_moved_past_the_free_delay_it_has_its_price_and_the_customer_must_agree(
    database: Database, application: FastAPI, passant: Personne, centre: CentreVue
):
    async with database.transaction(centre.tenant_id) as session:
        await set_reglages(session, Reservation(contre_visite_offerte_mois=1))
    with frozen(at(10)):
        suite = (await passant.post(ROUTE, json=corps(centre, **SUITE, **DATE))).json()
        client = Personne(application, lien(suite, centre.tenant_id))
        apres = {"creneau": {"date": "2026-12-24", "heure_debut": "10:00"}}
        refus = await client.put(f"{ROUTE}/{suite['id']}", json=apres)
        assert (refus.status_code, refus.json()["code"], refus.json()["montant_ttc"]) == (409, "PRIX_CHANGE", "25.00")
        moved = await client.put(f"{ROUTE}/{suite['id']}", json=apres | {"prix_accepte": "25.00"})
    assert (moved.status_code, moved.json().get("montant_ttc")) == (200, "25.00"), moved.text


async def test_an_edited_tariff_and_duration_leave_what_is_booked_alone(
    database: Database, passant: Personne, personnel: Personne, centre: CentreVue
):
    rdv = (await passant.post(ROUTE, json=corps(centre, creneau__date="2026-11-25"))).json()
    async with database.transaction(centre.tenant_id) as session:
        change = {
            "tarifs": [{"vehicule_type": "VP", "prix": 8500}],
            "durees": [{"vehicule_type": "VP", "type_controle": "CTP", "minutes": 60}],
        }
        await update_centre(session, centre.id, CentreModification.model_validate(change))
    url = f"{ROUTE}/{rdv['id']}"
    vu = (await personnel.put(url, json={"notes": "Feux"})).json()
    assert (vu["montant_ttc"], vu["creneau"]["duree_minutes"]) == ("79.00", 45)
    bouge = (await personnel.put(url, json={"creneau": {"date": "2026-11-25", "heure_debut": "11:00"}})).json()
    assert (bouge["montant_ttc"], bouge["creneau"]["duree_minutes"]) == ("85.00", 60)


async def test_a_freed_place_is_offered_to_a_reinspection_without_waiting_for_whoever_books_that_plate(
    database: Database, centre: CentreVue
):
    """Whoever books locks the plate, then the day; whoever frees a place holds the day already."""
    mardi = LUNDI + timedelta(days=1)
    async with database.transaction(centre.tenant_id) as session:
        pris = (await book(session, autre_demande(centre, 20, date=mardi.isoformat()))).rdv
        await session.execute(text("update rdv.journee set capacite = 1"))
        champs = {"immatriculation": "AB-123-CD", "type_controle": "CVP", **DATE}
        faite = await wait(session, centre, 50, du=mardi, **champs)
    async with database.transaction(centre.tenant_id) as autre:
        await lock_inspections(autre, "AB-123-CD")
        async with database.transaction(centre.tenant_id) as session:
            await cancel_rdv(session, rdv_id=pris.id, appelant=agent(centre.tenant_id, "ADMIN_TENANT"))
            assert (await read(session, faite)).statut is StatutInscription.ATTENTE
    async with database.transaction(centre.tenant_id) as session:
        assert await serve_due(session) == 1
        vue = await read(session, faite)
    assert vue.offre is not None
    assert (vue.statut, vue.offre.montant_cents) == (StatutInscription.OFFRE, 0)
