"""Payments at the edges: a page already open, a sum that is not the one asked for, an answer that comes after its time."""

from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from guichet.identite.facade import TenantVue
from guichet.paiements.actions.appliquer import apply_constat, give_up
from guichet.paiements.actions.evenements import find_concerned, read_acces, set_secrets
from guichet.paiements.actions.rembourser import claim_remboursement, postpone_remboursement, settle_done
from guichet.paiements.actions.verrous import lock_paiement, tenant_of
from guichet.paiements.facade import close_paiement, get_paiement, refund_paiement
from guichet.paiements.figures import ECARTS
from guichet.paiements.metier.constats import Constat, EtatSession
from guichet.paiements.tables import Remboursement
from guichet.socle.database import Database
from guichet.socle.errors import NotFound
from guichet.socle.horloge import frozen, now
from guichet.socle.ids import new_id
from tests.paiements.conftest import Monde
from tests.paiements.fabrique import fill_paiement
from tests.paiements.test_facade import events


async def open_page(session: AsyncSession, paiement_id: UUID) -> None:
    await session.execute(
        text("update paiements.paiement set session_id = 's', session_url = 'https://p.example' where id = :p"),
        {"p": paiement_id},
    )


def paid(cents: int) -> Constat:
    return Constat(session_id="s", etat=EtatSession.PAYEE, encaisse_cents=cents, transaction="t")


async def test_an_open_page_keeps_the_deadline_it_was_opened_with(session: AsyncSession, tenant: TenantVue):
    premier = await fill_paiement(session, reference="rdv:1")
    plus_tard = now() + timedelta(minutes=30)
    assert (await fill_paiement(session, reference="rdv:1", expire_a=plus_tard)).expire_a == plus_tard
    await open_page(session, premier.id)
    encore = await fill_paiement(session, reference="rdv:1", expire_a=plus_tard + timedelta(minutes=30))
    assert (encore.id, encore.expire_a) == (premier.id, plus_tard)


async def test_a_payment_is_given_up_only_when_nobody_can_be_paying_it(session: AsyncSession, tenant: TenantVue):
    ouvert, ferme = [await fill_paiement(session, reference=f"rdv:{n}") for n in range(2)]
    await open_page(session, ouvert.id)
    await close_paiement(session, reference="rdv:1", motif="annule")
    with frozen(now() + timedelta(hours=2)):
        assert [await give_up(session, paiement_id=p.id) for p in (ouvert, ferme)] == [False, False]
    assert [(await get_paiement(session, paiement_id=p.id)).statut for p in (ouvert, ferme)] == ["pending", "failed"]


async def test_a_sum_that_is_not_the_one_asked_for_is_taken_told_as_it_is_and_counted(
    session: AsyncSession, tenant: TenantVue
):
    avant = ECARTS._value.get()
    vue = await fill_paiement(session, reference="rdv:1")
    await open_page(session, vue.id)
    assert await apply_constat(session, paiement_id=vue.id, constat=paid(5_000)) == "succeeded"
    assert (await get_paiement(session, paiement_id=vue.id)).encaisse_cents == 5_000
    assert [payload["montant_cents"] for _nom, payload in await events(session)] == [5_000]
    assert ECARTS._value.get() == avant + 1


async def test_a_refund_done_meanwhile_is_not_put_back_in_the_queue(session: AsyncSession, tenant: TenantVue):
    vue = await fill_paiement(session, reference="rdv:1")
    await open_page(session, vue.id)
    await apply_constat(session, paiement_id=vue.id, constat=paid(7_900))
    rendu = await refund_paiement(session, reference="rdv:1", montant_cents=7_900, motif="m", cle="cle-0001")
    demande = await claim_remboursement(session, remboursement_id=rendu.id)
    assert demande is not None
    ligne = await session.get(Remboursement, rendu.id)
    assert ligne is not None
    await settle_done(session, await lock_paiement(session, vue.id), ligne)
    await postpone_remboursement(session, demande=demande, erreur="silence")
    assert (ligne.statut, ligne.erreur) == ("effectue", None)
    assert (await get_paiement(session, paiement_id=vue.id)).rembourse_cents == 7_900


async def test_an_event_that_was_treated_concerns_nobody_any_more(monde: Monde):
    vue = await monde.open()
    await monde.type_card(vue)
    await monde.tell()
    async with monde.database.transaction(monde.tenant_id) as session:
        for evenement_id in list(await session.scalars(text("select id from paiements.evenement"))):
            assert await find_concerned(session, evenement_id=evenement_id) is None
        assert await find_concerned(session, evenement_id=new_id()) is None


async def test_the_keys_of_a_provider_are_kept_encrypted_and_named_alone_in_the_journal(
    session: AsyncSession, tenant: TenantVue
):
    assert await read_acces(session, fournisseur="autre") == ({}, "")
    await set_secrets(session, fournisseur="autre", secrets={"cle": "tres-secret", "signature": "aussi"})
    assert await read_acces(session, fournisseur="autre") == ({"cle": "tres-secret", "signature": "aussi"}, "")
    brut = (await session.execute(text("select secrets from paiements.acces"))).scalar_one()
    assert b"tres-secret" not in bytes(brut)
    journal = (
        await session.execute(text("select apres::text from socle.audit where action = 'paiement.secrets'"))
    ).scalar_one()
    assert "signature" in journal
    assert "tres-secret" not in journal


async def test_a_payment_of_nobody_is_neither_found_nor_written(database: Database, session: AsyncSession):
    with pytest.raises(NotFound) as refus:
        await lock_paiement(session, new_id())
    assert refus.value.code == "PAIEMENT_NOT_FOUND"
    async with database.transaction() as sans_tenant:
        with pytest.raises(RuntimeError, match="no tenant"):
            tenant_of(sans_tenant)
