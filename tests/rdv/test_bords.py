"""What happens at the edges of booking: taken meanwhile, locked too long, closed under one's feet, paid twice."""

import asyncio
from datetime import timedelta
from uuid import UUID

import pytest
from fastapi import FastAPI
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from guichet.identite.facade import TenantVue
from guichet.paiements.facade import Moyen
from guichet.rdv.actions import etages
from guichet.rdv.actions.accueil import check_in, start_rdv, undo_absent
from guichet.rdv.actions.confirmer import ask_confirmation
from guichet.rdv.actions.deplacer import move_place
from guichet.rdv.actions.encaisser import collect_rdv
from guichet.rdv.actions.remarques import read_remarques
from guichet.rdv.actions.rembourser import preview_refund
from guichet.rdv.actions.tenues import note_refund, reference_of
from guichet.rdv.actions.verrous import lock_days, lock_rdv
from guichet.rdv.facade import PaiementStatut, Statut, cancel_rdv, get_rdv
from guichet.rdv.permissions import ANNULATION, check_access
from guichet.reseau.facade import CentreModification, CentreVue, update_centre
from guichet.socle.acces import Appelant
from guichet.socle.database import Database
from guichet.socle.errors import Conflict, Invalid, NotFound, Unauthenticated
from guichet.socle.horloge import frozen
from guichet.socle.ids import new_id
from tests.paiements.fabrique import fill_encaissement
from tests.rdv.appels import ROUTE, Personne, corps
from tests.rdv.fabrique import LUNDI, MAINTENANT, agent, at, autre_demande, book, demande, fill_reservable
from tests.rdv.test_etages import TOUT, VL, give, team
from tests.rdv.test_tenues import bac, hold, pay, refunds, tenant
from tests.reseau.fabrique import fill_controleur

__all__ = ["bac", "tenant"]

MARDI = LUNDI + timedelta(days=1)


async def test_a_number_nobody_is_left_with_is_a_taken_start_not_an_error(
    session: AsyncSession, tenant: TenantVue, monkeypatch: pytest.MonkeyPatch
):
    centre, _ = await fill_reservable(session, controleurs=2)
    pris = (await book(session, autre_demande(centre, 1))).rdv.numero
    tirages: list[str] = []

    def draw() -> str:
        tirages.append(pris)
        return pris

    monkeypatch.setattr("guichet.rdv.actions.ecriture.draw_numero", draw)
    with pytest.raises(Conflict) as refus:
        await book(session, autre_demande(centre, 2))
    assert (refus.value.code, len(tirages)) == ("CRENEAU_INDISPONIBLE", 3)


async def test_a_day_locked_too_long_is_said_at_once_and_nothing_is_booked(
    database: Database, application: FastAPI, centre: CentreVue
):
    async with database.transaction(centre.tenant_id) as session:
        await lock_days(session, jours=[(centre.id, LUNDI)])
        attendu = asyncio.create_task(Personne(application).post(ROUTE, json=corps(centre)))
        answer = await attendu
    assert (answer.status_code, answer.headers["retry-after"]) == (503, answer.headers["retry-after"])
    assert (await Personne(application).post(ROUTE, json=corps(centre))).status_code == 201


async def test_a_day_that_closes_while_it_is_looked_at_is_refused(
    session: AsyncSession, tenant: TenantVue, monkeypatch: pytest.MonkeyPatch
):
    centre, (_ordinaire, gaz) = await team(session, VL, TOUT)
    voiture = (await book(session, autre_demande(centre, 1))).rdv
    await give(session, voiture, gaz)
    verrouiller = lock_days

    async def close_first(ouverte: AsyncSession, *, jours: list[tuple[UUID, object]]) -> None:
        await ouverte.execute(text("update rdv.journee set etat = 'ferme'"))
        await verrouiller(ouverte, jours=jours)

    monkeypatch.setattr(etages, "lock_days", close_first)
    with pytest.raises(Conflict):
        await book(session, autre_demande(centre, 2, carburant="Gaz"))


@pytest.mark.parametrize("quoi", ["moved", "gone"])
async def test_an_appointment_that_changed_day_while_it_was_waited_for_is_locked_where_it_is(
    database: Database, centre: CentreVue, quoi: str
):
    async with database.transaction(centre.tenant_id) as session:
        rdv = (await book(session, demande(centre))).rdv

    async def lock() -> tuple[object, int]:
        async with database.transaction(centre.tenant_id) as autre:
            ligne = await lock_rdv(autre, rdv.id)
            verrous = "select count(*) from pg_locks where locktype = 'advisory' and granted and pid = pg_backend_pid()"
            return ligne.jour, (await autre.execute(text(verrous))).scalar_one()

    async with database.transaction(centre.tenant_id) as session:
        await lock_days(session, jours=[(centre.id, LUNDI), (centre.id, MARDI)])
        attente = asyncio.create_task(lock())
        attendre = text("select count(*) from pg_locks where locktype = 'advisory' and not granted")
        while not (await session.execute(attendre)).scalar_one():
            assert not attente.done()
        if quoi == "moved":
            place = await move_place(
                session, rdv_id=rdv.id, centre_id=centre.id, jour=MARDI, debut=at(9, jour=MARDI), fin=at(10, jour=MARDI),
                besoins=frozenset({"VL"}), choisi=None, maintenant=MAINTENANT,
            )  # fmt: skip
            assert place.ok
        else:
            await session.execute(text("delete from rdv.rdv where id = :id"), {"id": rdv.id})
    if quoi == "moved":
        jour, verrous = await attente
        assert jour == MARDI
        assert verrous >= 2
    else:
        with pytest.raises(NotFound):
            await attente


# At the counter and at the door.


async def test_saying_twice_that_one_is_there_changes_nothing(session: AsyncSession, tenant: TenantVue):
    centre, _ = await fill_reservable(session)
    rdv = (await book(session, demande(centre))).rdv
    qui = agent(tenant.id, "ADMIN_TENANT")
    with frozen(at(8, 50)):
        arrive = await check_in(session, rdv_id=rdv.id, appelant=qui)
    with frozen(at(8, 55)):
        assert await check_in(session, rdv_id=rdv.id, appelant=qui) == arrive
        assert (await undo_absent(session, rdv_id=rdv.id, appelant=qui)).version == arrive.version, "nobody was absent"


async def test_an_appointment_in_surnombre_begins_with_the_inspector_who_takes_it(
    session: AsyncSession, tenant: TenantVue
):
    centre, (un,) = await fill_reservable(
        session, capacite_journaliere=1, reservation={"tolerance_surreservation": 100}
    )
    await book(session, autre_demande(centre, 1))
    attend = (await book(session, autre_demande(centre, 2, heure_debut="11:00", carburant="Gaz"))).rdv
    moto = await fill_controleur(session, centre, agrements=[{"code": "L", "valide_au": LUNDI}])
    ailleurs, (etranger,) = await fill_reservable(session)
    qui = agent(tenant.id, "ADMIN_TENANT")
    with frozen(at(11, 5)):
        for controleur_id, code in (
            (None, "CONTROLEUR_REQUIS"),
            (etranger.id, "CONTROLEUR_NOT_FOUND"),
            (moto.id, "CONTROLEUR_AGREMENT_INSUFFISANT"),
        ):
            with pytest.raises((Invalid, NotFound)) as refus:
                await start_rdv(session, rdv_id=attend.id, appelant=qui, controleur_id=controleur_id)
            assert refus.value.code == code
        commence = await start_rdv(session, rdv_id=attend.id, appelant=qui, controleur_id=un.id)
    assert (commence.statut, commence.surnombre) == (Statut.EN_COURS, False)
    assert commence.controleur is not None
    assert commence.controleur.id == un.id
    requete = text("select payload->'champs' from socle.messages where type = 'rdv.updated' order by id desc limit 1")
    assert (await session.execute(requete)).scalar_one() == ["statut", "controleur", "surnombre"]
    del ailleurs


async def test_an_inspector_who_is_busy_takes_no_second_vehicle(session: AsyncSession, tenant: TenantVue):
    centre, (un,) = await fill_reservable(
        session, capacite_journaliere=1, reservation={"tolerance_surreservation": 100}
    )
    await book(session, autre_demande(centre, 1))
    attend = (await book(session, autre_demande(centre, 2))).rdv
    with frozen(at(9, 5)), pytest.raises(Conflict) as refus:
        await start_rdv(session, rdv_id=attend.id, appelant=agent(tenant.id, "ADMIN_TENANT"), controleur_id=un.id)
    assert refus.value.code == "CONTROLEUR_OCCUPE"
    assert (await get_rdv(session, attend.id)).statut is Statut.CONFIRME


async def test_an_inspector_who_starts_what_has_none_takes_it(session: AsyncSession, tenant: TenantVue):
    centre, (un,) = await fill_reservable(
        session, capacite_journaliere=1, reservation={"tolerance_surreservation": 100}
    )
    await book(session, autre_demande(centre, 1))
    attend = (await book(session, autre_demande(centre, 2, heure_debut="11:00"))).rdv
    moi = agent(tenant.id, "CONTROLEUR", user_id=un.user_id, centre_ids=frozenset({centre.id}))
    with frozen(at(11)):
        commence = await start_rdv(session, rdv_id=attend.id, appelant=moi)
    assert commence.controleur is not None
    assert commence.controleur.id == un.id


async def test_the_day_of_an_appointment_is_no_customers_business(session: AsyncSession, tenant: TenantVue):
    centre, _ = await fill_reservable(session)
    rdv = (await book(session, demande(centre))).rdv
    client = Appelant(tenant_id=tenant.id, user_id=new_id(), role="CLIENT", permissions=frozenset({"rdv:read:own"}))
    with pytest.raises(NotFound):
        await start_rdv(session, rdv_id=rdv.id, appelant=client)
    with pytest.raises(NotFound):
        await read_remarques(session, rdv_id=new_id(), appelant=agent(tenant.id, "ADMIN_TENANT"))
    with pytest.raises(Unauthenticated):
        check_access(
            Appelant(), ANNULATION, rdv_id=rdv.id, centre_id=centre.id, agence_id=centre.agence_id, owners=frozenset()
        )


async def test_only_a_confirmed_appointment_with_an_address_is_confirmed_again(
    session: AsyncSession, tenant: TenantVue
):
    centre, _ = await fill_reservable(session, controleurs=2)
    qui = agent(tenant.id)
    sans = (await book(session, demande(centre, client_email=""), qui)).rdv
    with pytest.raises(Conflict) as refus:
        await ask_confirmation(session, rdv_id=sans.id, appelant=qui)
    assert refus.value.code == "SANS_ADRESSE"
    await cancel_rdv(session, rdv_id=sans.id, appelant=qui)
    with pytest.raises(Conflict) as refus:
        await ask_confirmation(session, rdv_id=sans.id, appelant=qui)
    assert refus.value.code == "ETAT_INCOMPATIBLE"


async def test_nothing_moves_to_a_centre_that_is_closed_for_good(
    database: Database, application: FastAPI, reseau: TenantVue, centre: CentreVue
):
    async with database.transaction(reseau.id) as session:
        autre, _ = await fill_reservable(session)
        await update_centre(session, autre.id, CentreModification.model_validate({"actif": False}))
    admin = Personne(application, agent(reseau.id, "ADMIN_TENANT"))
    rdv = (await Personne(application).post(ROUTE, json=corps(centre))).json()
    answer = await admin.put(f"{ROUTE}/{rdv['id']}", json={"centre_id": str(autre.id)})
    assert (answer.status_code, answer.json()["code"]) == (409, "CENTRE_INACTIF")


# Money.


async def test_money_for_what_was_confirmed_meanwhile_is_noted_and_a_second_time_given_back(
    session: AsyncSession, tenant: TenantVue
):
    centre, _ = await fill_reservable(session)
    rdv = (await hold(session, centre)).rdv
    await session.execute(
        text("update rdv.rdv set statut = 'confirme', expire_a = null where id = :id"), {"id": rdv.id}
    )
    await pay(session, rdv.id)
    assert (await get_rdv(session, rdv.id)).paiement_statut is PaiementStatut.PAYE
    assert await refunds(session) == []


async def test_what_is_paid_already_is_not_paid_twice(session: AsyncSession, tenant: TenantVue):
    centre, _ = await fill_reservable(session)
    rdv = (await hold(session, centre)).rdv
    await session.execute(
        text("update rdv.rdv set statut = 'confirme', expire_a = null, paiement_statut = 'paye' where id = :id"),
        {"id": rdv.id},
    )
    await pay(session, rdv.id)
    lu = await get_rdv(session, rdv.id)
    assert (lu.statut, await refunds(session)) == (Statut.CONFIRME, [7900])


async def test_a_refund_at_the_counter_is_written_on_the_appointment(session: AsyncSession, tenant: TenantVue):
    centre, _ = await fill_reservable(session)
    rdv = (await book(session, demande(centre))).rdv
    await fill_encaissement(session, lieu=centre.id, reference=reference_of(rdv.id))
    await session.execute(text("update rdv.rdv set paiement_statut = 'rembourse' where id = :id"), {"id": rdv.id})
    for _fois in range(2):
        await note_refund(session, rdv_id=rdv.id)
    lu = await get_rdv(session, rdv.id)
    assert (lu.paiement_statut, lu.version) == (PaiementStatut.PAYE, rdv.version + 1)


async def test_the_counter_takes_the_rest_of_a_price_that_rose(session: AsyncSession, tenant: TenantVue):
    centre, _ = await fill_reservable(session)
    rdv = (await book(session, demande(centre))).rdv
    qui = agent(tenant.id, "ADMIN_TENANT", user_id=new_id())
    await collect_rdv(session, rdv_id=rdv.id, appelant=qui, moyen=Moyen.ESPECES)
    await session.execute(text("update rdv.rdv set montant_cents = 8500 where id = :id"), {"id": rdv.id})
    reste = await collect_rdv(session, rdv_id=rdv.id, appelant=qui, moyen=Moyen.ESPECES)
    assert reste.montant_cents == 600
    with pytest.raises(NotFound):
        await collect_rdv(session, rdv_id=new_id(), appelant=qui, moyen=Moyen.ESPECES)


async def test_staff_is_told_that_a_hold_can_be_cancelled(session: AsyncSession, tenant: TenantVue):
    centre, _ = await fill_reservable(session)
    rdv = (await hold(session, centre)).rdv
    qui = agent(tenant.id, "ADMIN_TENANT")
    assert (await preview_refund(session, rdv_id=rdv.id, appelant=qui)).annulable
    await cancel_rdv(session, rdv_id=rdv.id, appelant=qui)
    assert not (await preview_refund(session, rdv_id=rdv.id, appelant=qui)).annulable
