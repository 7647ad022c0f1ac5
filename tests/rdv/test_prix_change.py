"""A move that costs another price once it is paid: the difference is owed and paid online or at the counter, or goes back."""

from datetime import timedelta
from typing import Any

import pytest
from fastapi import FastAPI
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from guichet.identite.facade import TenantVue
from guichet.paiements.facade import Moyen, close_paiement
from guichet.rdv.actions.encaisser import collect_rdv
from guichet.rdv.actions.modifier import ModificationRdv, update_rdv
from guichet.rdv.actions.payer import ask_payment, read_solde
from guichet.rdv.actions.rembourser import refund_cancelled, refund_surplus
from guichet.rdv.actions.tenues import reference_of
from guichet.rdv.facade import PaiementStatut, RdvCree, RdvVue, Statut, get_rdv
from guichet.rdv.messages import RdvUpdated
from guichet.reseau.facade import CentreModification, CentreVue, update_centre
from guichet.socle.acces import Appelant
from guichet.socle.database import Database
from guichet.socle.errors import Conflict
from guichet.socle.horloge import frozen
from guichet.socle.ids import new_id
from guichet.socle.messages import decode
from tests.rdv.appels import ROUTE, Personne, booked, lien
from tests.rdv.fabrique import LUNDI, agent, at, fill_reservable
from tests.rdv.test_rembourser import cancelled, lien_of
from tests.rdv.test_tenues import bac, hold, paiement_of, pay, refunds, tenant

__all__ = ["bac", "tenant"]
MARDI = (LUNDI + timedelta(days=1)).isoformat()


@pytest.fixture
def admin(tenant: TenantVue) -> Appelant:
    return agent(tenant.id, "ADMIN_TENANT", user_id=new_id())


async def set_price(session: AsyncSession, centre: CentreVue, cents: int) -> None:
    tarif = {"vehicule_type": "VP", "type_controle": "CTP", "prix": cents}
    await update_centre(session, centre.id, CentreModification.model_validate({"tarifs": [tarif]}))


async def moved(session: AsyncSession, cree: RdvCree, admin: Appelant, heure: str) -> RdvVue:
    return await update_rdv(
        session, rdv_id=cree.rdv.id, modification=ModificationRdv(date=MARDI, heure_debut=heure), appelant=admin
    )


async def settle(session: AsyncSession) -> None:
    """What the relay does of every change told so far, twice over."""
    rows = await session.execute(
        text("select version, payload from socle.messages where type = 'rdv.updated' order by id")
    )
    for version, payload in rows.all():
        event = decode("rdv.updated", version, payload)
        assert isinstance(event, RdvUpdated)
        for _twice in range(2):
            await refund_surplus(session, event)


async def solde(session: AsyncSession, cree: RdvCree, admin: Appelant) -> tuple[int | None, int, int]:
    vu = await read_solde(session, rdv_id=cree.rdv.id, appelant=admin)
    return vu.prix_cents, vu.paye_cents, vu.reste_cents


async def paid(session: AsyncSession) -> tuple[CentreVue, RdvCree]:
    centre, _ = await fill_reservable(session)
    cree = await hold(session, centre)
    await pay(session, cree.rdv.id)
    return centre, cree


async def test_a_higher_price_is_owed_and_paid_online(session: AsyncSession, admin: Appelant):
    centre, cree = await paid(session)
    await set_price(session, centre, 8900)
    rdv = await moved(session, cree, admin, "10:00")
    assert (rdv.statut, rdv.montant_cents, rdv.paiement_statut) == (Statut.CONFIRME, 8900, PaiementStatut.EN_ATTENTE)
    assert await solde(session, cree, admin) == (8900, 7900, 1000)
    await settle(session)
    demande = await ask_payment(session, rdv_id=rdv.id, appelant=lien_of(cree))
    assert (demande.montant_cents, demande.expire_a) == (1000, rdv.debut)
    assert (await ask_payment(session, rdv_id=rdv.id, appelant=lien_of(cree))).id == demande.id
    await pay(session, rdv.id)
    assert (await get_rdv(session, rdv.id)).paiement_statut is PaiementStatut.PAYE
    assert await solde(session, cree, admin) == (8900, 8900, 0)
    with pytest.raises(Conflict) as refus:
        await ask_payment(session, rdv_id=rdv.id, appelant=lien_of(cree))
    assert refus.value.code == "ETAT_INCOMPATIBLE"
    await settle(session)
    assert await refunds(session) == []


async def test_the_difference_may_be_taken_at_the_counter(session: AsyncSession, admin: Appelant):
    centre, cree = await paid(session)
    await set_price(session, centre, 8900)
    await moved(session, cree, admin, "10:00")
    recu = await collect_rdv(session, rdv_id=cree.rdv.id, appelant=admin, moyen=Moyen.ESPECES)
    assert recu.montant_cents == 1000
    assert (await get_rdv(session, cree.rdv.id)).paiement_statut is PaiementStatut.PAYE


async def test_a_lower_price_gives_the_difference_back_once(session: AsyncSession, admin: Appelant):
    centre, cree = await paid(session)
    await set_price(session, centre, 6500)
    rdv = await moved(session, cree, admin, "10:00")
    assert rdv.paiement_statut is PaiementStatut.PAYE
    await settle(session)
    assert await refunds(session) == [1400]
    assert await solde(session, cree, admin) == (6500, 6500, 0)


async def test_up_and_down_again_leaves_nothing_to_pay_and_closes_what_was_asked(
    session: AsyncSession, admin: Appelant
):
    centre, cree = await paid(session)
    await set_price(session, centre, 8900)
    await moved(session, cree, admin, "10:00")
    await ask_payment(session, rdv_id=cree.rdv.id, appelant=admin)
    await set_price(session, centre, 7000)
    rdv = await moved(session, cree, admin, "11:00")
    assert rdv.paiement_statut is PaiementStatut.PAYE
    await settle(session)
    assert (await paiement_of(session, rdv.id)).statut == "failed"
    assert (await get_rdv(session, rdv.id)).statut is Statut.CONFIRME
    assert await refunds(session) == [900]


async def test_money_that_comes_for_a_price_that_went_down_meanwhile_goes_back(session: AsyncSession, admin: Appelant):
    centre, cree = await paid(session)
    await set_price(session, centre, 9900)
    await moved(session, cree, admin, "10:00")
    await ask_payment(session, rdv_id=cree.rdv.id, appelant=admin)
    await set_price(session, centre, 8900)
    await moved(session, cree, admin, "11:00")
    await pay(session, cree.rdv.id)
    assert await refunds(session) == [1000]
    assert (await get_rdv(session, cree.rdv.id)).paiement_statut is PaiementStatut.PAYE
    await settle(session)
    assert await refunds(session) == [1000]


async def test_a_part_that_was_paid_leaves_the_rest_to_pay(session: AsyncSession, admin: Appelant):
    centre, cree = await paid(session)
    await set_price(session, centre, 8900)
    await moved(session, cree, admin, "10:00")
    await ask_payment(session, rdv_id=cree.rdv.id, appelant=admin)
    await set_price(session, centre, 9900)
    await moved(session, cree, admin, "11:00")
    await pay(session, cree.rdv.id)
    assert (await get_rdv(session, cree.rdv.id)).paiement_statut is PaiementStatut.EN_ATTENTE
    assert await solde(session, cree, admin) == (9900, 8900, 1000)


async def test_cancelling_gives_back_both_payments(session: AsyncSession, admin: Appelant):
    centre, cree = await paid(session)
    await set_price(session, centre, 8900)
    await moved(session, cree, admin, "10:00")
    await ask_payment(session, rdv_id=cree.rdv.id, appelant=admin)
    await pay(session, cree.rdv.id)
    event = await cancelled(session, cree, admin)
    await refund_cancelled(session, event)
    assert sorted(await refunds(session)) == [1000, 7900]
    await settle(session)
    assert sorted(await refunds(session)) == [1000, 7900]


async def test_what_was_taken_at_the_counter_is_given_back_there(session: AsyncSession, admin: Appelant):
    centre, cree = await paid(session)
    await set_price(session, centre, 8900)
    await moved(session, cree, admin, "10:00")
    await collect_rdv(session, rdv_id=cree.rdv.id, appelant=admin, moyen=Moyen.ESPECES)
    await set_price(session, centre, 500)
    await moved(session, cree, admin, "11:00")
    await settle(session)
    assert await refunds(session) == [7900], "the card first; the till is the counter's own business"


async def test_what_nobody_paid_owes_nothing_online(session: AsyncSession, admin: Appelant):
    centre, _ = await fill_reservable(session)
    cree = await hold(session, centre, paiement_mode="sur_place")
    await set_price(session, centre, 8900)
    rdv = await moved(session, cree, admin, "10:00")
    assert rdv.paiement_statut is None
    assert await solde(session, cree, admin) == (8900, 0, 0)
    await settle(session)
    assert await refunds(session) == []


async def test_the_difference_is_asked_until_the_start_and_nobody_paying_it_frees_nothing(
    session: AsyncSession, admin: Appelant
):
    centre, cree = await paid(session)
    await set_price(session, centre, 8900)
    rdv = await moved(session, cree, admin, "10:00")
    await ask_payment(session, rdv_id=rdv.id, appelant=admin)
    await close_paiement(session, reference=reference_of(rdv.id), motif="expiration")
    assert (await get_rdv(session, rdv.id)).statut is Statut.CONFIRME
    with frozen(at(10, jour=LUNDI + timedelta(days=1))), pytest.raises(Conflict) as refus:
        await ask_payment(session, rdv_id=rdv.id, appelant=admin)
    assert refus.value.code == "ETAT_INCOMPATIBLE"


async def test_the_balance_is_read_by_its_people(
    application: FastAPI, reseau: TenantVue, centre: CentreVue, database: Database
):
    passant = Personne(application)
    async with booked(passant, centre) as rdv:
        url = f"{ROUTE}/{rdv['id']}/solde"
        client = Personne(application, lien(rdv, reseau.id))
        vu: dict[str, Any] = (await client.get(url)).json()
        assert vu == {"prix_ttc": "79.00", "paye_ttc": "0.00", "reste_ttc": "0.00"}
        assert (await passant.get(url)).status_code == 401
