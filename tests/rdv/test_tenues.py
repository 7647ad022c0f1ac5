"""Holds: never money kept without a place, never a place given twice (rule 6)."""

import asyncio
from datetime import timedelta
from uuid import UUID

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from guichet.identite.facade import TenantVue, set_reglages
from guichet.paiements.actions.appliquer import apply_constat
from guichet.paiements.facade import PaiementVue, close_paiement, find_paiements
from guichet.paiements.metier.constats import Constat, EtatSession
from guichet.rdv.actions.tenues import close_payment, expire_holds, read_reference, reference_of
from guichet.rdv.actions.verrous import lock_days
from guichet.rdv.facade import (
    MotifAnnulation,
    PaiementStatut,
    RdvCree,
    RdvVue,
    Reservation,
    Statut,
    cancel_rdv,
    get_rdv,
)
from guichet.rdv.messages import RdvCancelled
from guichet.rdv.routines import expire
from guichet.reseau.facade import CentreVue
from guichet.socle.database import Database
from guichet.socle.errors import Conflict, Invalid
from guichet.socle.horloge import frozen, now
from guichet.socle.settings import Settings
from tests.identite.fabrique import fill_tenant, make_tenant
from tests.paiements.fabrique import sell_online
from tests.rdv.appels import ROUTE, corps, lien, open_as
from tests.rdv.fabrique import LUNDI, MAINTENANT, agent, at, autre_demande, book, demande, fill_reservable
from tests.rdv.test_course import attempt, overlaps

QUINZE = timedelta(minutes=15)
PAYER = "/api/v1/payment/process"
EN_LIGNE = {"paiement_mode": "en_ligne"}


@pytest.fixture(autouse=True)
def bac(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """The address of a sandbox nobody calls."""
    monkeypatch.setattr(settings, "payment_sandbox_url", "http://127.0.0.1:9")


async def sell(session: AsyncSession) -> None:
    await sell_online(session)
    await set_reglages(session, Reservation(paiement_en_ligne=True))


@pytest.fixture
async def tenant(session: AsyncSession) -> TenantVue:
    vue = await fill_tenant(session)
    await sell(session)
    return vue


async def hold(session: AsyncSession, centre: CentreVue, rang: int = 1, **champs: object) -> RdvCree:
    return await book(session, autre_demande(centre, rang, **(EN_LIGNE | champs)))


async def paiement_of(session: AsyncSession, rdv_id: UUID) -> PaiementVue:
    return (await find_paiements(session, reference=reference_of(rdv_id)))[-1]


async def pay(session: AsyncSession, rdv_id: UUID) -> PaiementVue:
    """The provider says the money was taken."""
    paiement = await paiement_of(session, rdv_id)
    constat = Constat(
        session_id="s", etat=EtatSession.PAYEE, encaisse_cents=paiement.montant_cents, transaction=str(paiement.id)
    )
    await apply_constat(session, paiement_id=paiement.id, constat=constat)
    return await paiement_of(session, rdv_id)


async def told(session: AsyncSession, genre: str) -> list[dict[str, object]]:
    requete = text("select payload from socle.messages where type = :t order by id")
    return list((await session.execute(requete, {"t": genre})).scalars())


async def refunds(session: AsyncSession) -> list[int]:
    return list((await session.execute(text("select montant_cents from paiements.remboursement"))).scalars())


async def test_paying_online_holds_the_place_until_the_deadline(session: AsyncSession, tenant: TenantVue):
    centre, _ = await fill_reservable(session)
    cree = await hold(session, centre)
    rdv, paiement = cree.rdv, await paiement_of(session, cree.rdv.id)
    assert (rdv.statut, rdv.paiement_statut) == (Statut.EN_ATTENTE_PAIEMENT, PaiementStatut.EN_ATTENTE)
    assert rdv.expire_a == MAINTENANT + QUINZE == paiement.expire_a
    assert (paiement.statut, paiement.montant_cents) == ("pending", 7900)
    assert cree.url_paiement == paiement.url_paiement
    with pytest.raises(Conflict) as refus:
        await hold(session, centre, 2)
    assert refus.value.extra["raison"] == "tenu"


async def test_a_hold_that_is_paid_is_confirmed(session: AsyncSession, tenant: TenantVue):
    centre, _ = await fill_reservable(session)
    rdv = (await hold(session, centre)).rdv
    await pay(session, rdv.id)
    confirme = await get_rdv(session, rdv.id)
    assert (confirme.statut, confirme.paiement_statut, confirme.expire_a) == (
        Statut.CONFIRME,
        PaiementStatut.PAYE,
        None,
    )
    assert [m["champs"] for m in await told(session, "rdv.updated")] == [["statut", "paiement"]]
    with frozen(MAINTENANT + QUINZE):
        assert await expire_holds(session) == 0


async def test_a_hold_dies_at_its_deadline_without_any_job(session: AsyncSession, tenant: TenantVue):
    centre, _ = await fill_reservable(session)
    rdv = (await hold(session, centre)).rdv
    with frozen(MAINTENANT + QUINZE - timedelta(microseconds=1)), pytest.raises(Conflict):
        await book(session, autre_demande(centre, 2))
    with frozen(MAINTENANT + QUINZE):
        mort = await get_rdv(session, rdv.id)
        assert (mort.statut, mort.annule_motif) == (Statut.ANNULE, MotifAnnulation.EXPIRATION)
        assert (await book(session, autre_demande(centre, 2))).rdv.debut == rdv.debut
    assert [m["rdv_id"] for m in await told(session, "rdv.cancelled")] == [str(rdv.id)]


async def test_the_sweep_tells_it_once_and_the_payment_is_closed(session: AsyncSession, tenant: TenantVue):
    centre, _ = await fill_reservable(session)
    rdv = (await hold(session, centre)).rdv
    with frozen(MAINTENANT + QUINZE):
        assert [await expire_holds(session), await expire_holds(session)] == [1, 0]
        (annule,) = await told(session, "rdv.cancelled")
        assert (annule["motif"], annule["raison"]) == ("expiration", None)
        await close_payment(session, RdvCancelled(**(await _event(session, rdv))))
    assert (await paiement_of(session, rdv.id)).statut == "failed"


async def _event(session: AsyncSession, rdv: RdvVue) -> dict[str, object]:
    vue = await get_rdv(session, rdv.id)
    return {
        "rdv_id": vue.id, "centre_id": vue.centre.id, "client_id": None, "controleur_id": None, "date_rdv": vue.jour,
        "debut": vue.debut, "fin": vue.fin, "statut": "annule", "motif": "expiration",
    }  # fmt: skip


async def test_another_start_for_the_same_plate_frees_the_first(session: AsyncSession, tenant: TenantVue):
    centre, _ = await fill_reservable(session)
    premier = (await hold(session, centre)).rdv
    second = (await hold(session, centre, heure_debut="09:15")).rdv
    assert (await get_rdv(session, premier.id)).statut is Statut.ANNULE
    assert (await get_rdv(session, second.id)).statut is Statut.EN_ATTENTE_PAIEMENT
    assert [m["raison"] for m in await told(session, "rdv.cancelled")] == ["remplace"]
    with pytest.raises(Invalid):
        await hold(session, centre, heure_debut="13:00")
    assert (await get_rdv(session, second.id)).statut is Statut.EN_ATTENTE_PAIEMENT
    autre = {"client_email": "autre@courriel.example", "client_telephone": "+33639980000"}
    await hold(session, centre, heure_debut="11:00", **autre)
    assert (await get_rdv(session, second.id)).statut is Statut.EN_ATTENTE_PAIEMENT


async def test_a_hold_is_given_back_even_when_the_new_start_needs_a_look_at_the_whole_day(
    session: AsyncSession, tenant: TenantVue
):
    centre, _ = await fill_reservable(session, capacite_journaliere=1)
    premier = (await hold(session, centre)).rdv
    second = (await hold(session, centre, heure_debut="09:15", paiement_mode="sur_place")).rdv
    assert second.statut is Statut.CONFIRME
    assert (await get_rdv(session, premier.id)).statut is Statut.ANNULE


async def test_money_that_comes_late_gets_the_same_start_when_it_is_still_free(
    session: AsyncSession, tenant: TenantVue
):
    centre, (controleur,) = await fill_reservable(session)
    rdv = (await hold(session, centre)).rdv
    with frozen(MAINTENANT + QUINZE):
        await expire_holds(session)
        await pay(session, rdv.id)
        repris = await get_rdv(session, rdv.id)
    assert (repris.statut, repris.paiement_statut, repris.debut) == (Statut.CONFIRME, PaiementStatut.PAYE, rdv.debut)
    assert (repris.annule_le, repris.annule_motif) == (None, None)
    assert repris.controleur is not None
    assert repris.controleur.id == controleur.id
    assert [m["raison"] for m in await told(session, "rdv.updated")] == ["paiement_tardif"]
    assert await refunds(session) == []


@pytest.mark.parametrize("balaye", [True, False])
async def test_money_that_comes_late_is_given_back_in_full_when_the_start_is_gone(
    session: AsyncSession, tenant: TenantVue, balaye: bool
):
    centre, _ = await fill_reservable(session)
    rdv = (await hold(session, centre)).rdv
    with frozen(MAINTENANT + QUINZE):
        if balaye:
            await expire_holds(session)
        await book(session, autre_demande(centre, 2))
        await pay(session, rdv.id)
        assert (await get_rdv(session, rdv.id)).statut is Statut.ANNULE
    assert await refunds(session) == [7900]
    assert [m["raison"] for m in await told(session, "rdv.cancelled")][-1] == "paiement_tardif"


@pytest.mark.parametrize("balaye", [True, False])
async def test_money_that_comes_late_for_a_dead_hold_somebody_gave_up_books_nothing_again(
    session: AsyncSession, tenant: TenantVue, balaye: bool
):
    centre, _ = await fill_reservable(session)
    rdv = (await hold(session, centre)).rdv
    with frozen(MAINTENANT + QUINZE):
        if balaye:
            await expire_holds(session)
        for _fois in range(2):
            vu = await cancel_rdv(session, rdv_id=rdv.id, appelant=lien({"id": str(rdv.id)}, tenant.id))
            assert (vu.statut, vu.annule_motif) == (Statut.ANNULE, MotifAnnulation.CLIENT)
        assert await expire_holds(session) == 0
        await pay(session, rdv.id)
        assert (await get_rdv(session, rdv.id)).statut is Statut.ANNULE
    assert await refunds(session) == [7900]
    assert await told(session, "rdv.updated") == []


async def test_money_for_what_was_cancelled_or_has_begun_is_given_back(session: AsyncSession, tenant: TenantVue):
    centre, _ = await fill_reservable(session)
    annule = (await hold(session, centre)).rdv
    await cancel_rdv(session, rdv_id=annule.id, appelant=agent(tenant.id))
    await pay(session, annule.id)
    passe = (await hold(session, centre, 2)).rdv
    with frozen(at(9)):
        await pay(session, passe.id)
        for rdv in (annule, passe):
            assert (await get_rdv(session, rdv.id)).statut is Statut.ANNULE
    assert await refunds(session) == [7900, 7900]


async def test_an_abandoned_payment_frees_the_place(session: AsyncSession, tenant: TenantVue):
    centre, _ = await fill_reservable(session)
    rdv = (await hold(session, centre)).rdv
    await close_paiement(session, reference=reference_of(rdv.id), motif="annule")
    vue = await get_rdv(session, rdv.id)
    assert (vue.statut, vue.annule_motif, vue.paiement_statut) == (Statut.ANNULE, MotifAnnulation.CLIENT, None)
    assert (await book(session, autre_demande(centre, 2))).rdv.debut == rdv.debut


async def test_what_is_free_or_paid_at_the_centre_is_never_held(session: AsyncSession, tenant: TenantVue):
    centre, _ = await fill_reservable(session)
    rdv = (await book(session, demande(centre))).rdv
    assert (rdv.statut, await find_paiements(session, reference=reference_of(rdv.id))) == (Statut.CONFIRME, [])
    await set_reglages(session, Reservation(paiement_en_ligne=False))
    with pytest.raises(Invalid) as refus:
        await hold(session, centre, 2, heure_debut="10:00")
    assert refus.value.code == "PAIEMENT_EN_LIGNE_INDISPONIBLE"


def test_a_payment_for_something_else_is_no_appointments():
    assert read_reference(reference_of(UUID(int=7))) == UUID(int=7)
    assert [read_reference(texte) for texte in ("rdv:demain", "facture:7", "")] == [None] * 3


async def test_a_hold_over_http_says_where_it_is_paid(
    application: FastAPI, passant: httpx.AsyncClient, database: Database, centre: CentreVue
):
    async with database.transaction(centre.tenant_id) as session:
        await sell(session)
    answer = await passant.post(ROUTE, json=corps(centre, paiement={"mode": "en_ligne"}))
    body = answer.json()
    assert (answer.status_code, body["statut"]) == (201, "en_attente_paiement")
    assert body["expire_a"]
    assert "/paiement/" in body["url_paiement"]


async def test_a_hold_is_paid_again_through_its_link_until_it_is_dead(
    application: FastAPI, passant: httpx.AsyncClient, database: Database, centre: CentreVue
):
    async with database.transaction(centre.tenant_id) as session:
        await sell(session)
    rdv = (await passant.post(ROUTE, json=corps(centre, paiement={"mode": "en_ligne"}))).json()
    sur_place = corps(centre, creneau__heure_debut="11:00", vehicule__immatriculation="AB-124-CD")
    autre = (await passant.post(ROUTE, json=sur_place)).json()
    assert (await passant.post(PAYER, json={"rdv_id": rdv["id"]})).status_code == 401
    async with open_as(application, lien(rdv, centre.tenant_id)) as client:
        paiement = (await client.post(PAYER, json={"rdv_id": rdv["id"]})).json()
        assert (paiement["statut"], paiement["url_paiement"]) == ("pending", rdv["url_paiement"])
        carte = await client.post(PAYER, json={"rdv_id": rdv["id"], "card_number": "4970100000000000"})
        assert carte.status_code == 422
        with frozen(MAINTENANT + QUINZE):
            morte = await client.post(PAYER, json={"rdv_id": rdv["id"]})
        assert (morte.status_code, morte.json()["code"]) == (410, "RESERVATION_EXPIREE")
    async with open_as(application, lien(autre, centre.tenant_id)) as client:
        refus = await client.post(PAYER, json={"rdv_id": autre["id"]})
        assert (refus.status_code, refus.json()["code"]) == (409, "ETAT_INCOMPATIBLE")


async def test_a_late_payment_and_a_booking_race_for_the_start_and_one_has_it(database: Database):
    tenant = await make_tenant(database)
    async with database.transaction(tenant.id) as session:
        centre, _ = await fill_reservable(session, capacite_journaliere=1000)
        await sell(session)
    for tour in range(6):
        jour = (LUNDI + timedelta(days=7 * tour)).isoformat()
        with frozen(MAINTENANT):
            async with database.transaction(tenant.id) as session:
                rdv = (await hold(session, centre, 100 + tour, date=jour)).rdv
        with frozen(MAINTENANT + QUINZE):

            async def paying(rdv: RdvVue = rdv) -> str:
                async with database.transaction(tenant.id) as session:
                    await pay(session, rdv.id)
                    return (await get_rdv(session, rdv.id)).statut.value

            paye, autre = await asyncio.gather(
                paying(), attempt(database, tenant.id, autre_demande(centre, tour, date=jour))
            )
            assert (paye == "confirme") != (autre == "gagne"), (paye, autre)
    assert await overlaps(database, tenant.id) == 0


async def test_a_tenant_whose_day_is_locked_keeps_no_other_tenants_holds_alive(database: Database):
    tenues: list[tuple[UUID, CentreVue, RdvVue]] = []
    for _tenant in range(2):
        tenant = await make_tenant(database)
        async with database.transaction(tenant.id) as session:
            await sell(session)
            centre, _ = await fill_reservable(session)
            tenues.append((tenant.id, centre, (await hold(session, centre)).rdv))
    (premier, centre, _bloquee), (second, _centre, libre) = tenues  # swept in this order: the oldest tenant first
    with frozen(MAINTENANT + QUINZE):
        async with database.transaction(premier) as session:
            await lock_days(session, jours=[(centre.id, LUNDI)])
            with pytest.raises(ExceptionGroup, match="LockNotAvailable"):
                await expire(now())
    async with database.transaction(second) as session:
        ligne = (
            await session.execute(text("select statut, annule_motif from rdv.rdv where id = :id"), {"id": libre.id})
        ).one()
    assert tuple(ligne) == ("annule", "expiration")


async def test_two_holds_at_once_for_one_plate_leave_one(database: Database):
    tenant = await make_tenant(database)
    async with database.transaction(tenant.id) as session:
        centre, _ = await fill_reservable(session, controleurs=2)
        await sell(session)
    heures = ("08:00", "09:00", "10:00")
    issues = await asyncio.gather(
        *(attempt(database, tenant.id, demande(centre, heure_debut=h, **EN_LIGNE)) for h in heures)
    )
    assert issues == ["gagne"] * 3
    async with database.transaction(tenant.id) as session:
        requete = text("select count(*) from rdv.rdv where statut = 'en_attente_paiement' and expire_a > :now")
        assert (await session.execute(requete, {"now": now()})).scalar_one() == 1
