"""Reconciliation on demand: what is in suspense is asked about, what does not add up is named."""

from datetime import timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession
from typer.testing import CliRunner

from guichet.paiements.cli import application, describe
from guichet.paiements.facade import refund_paiement
from guichet.paiements.rapprochement import Rapport, reconcile_all
from guichet.paiements.reglages import find_fournisseur
from guichet.paiements.routines import read_events, reconcile, sweep
from guichet.socle.database import Database, Role
from guichet.socle.horloge import frozen, now
from guichet.socle.settings import Settings
from tests.identite.fabrique import make_tenant
from tests.paiements.conftest import Monde
from tests.paiements.fabrique import MAINTENANT, fill_paiement


async def test_a_payment_nobody_heard_of_is_found_and_everything_adds_up(monde: Monde):
    vue = await monde.open()
    await monde.type_card(vue)
    rapport = await reconcile_all()
    assert rapport.evenements >= 2
    assert (await monde.read(vue)).statut == "succeeded"
    assert not [e for e in rapport.ecarts if vue.reference in e]


async def test_a_refused_refund_is_named_for_a_person_to_look_at(monde: Monde):
    vue = await monde.open(reference="rdv:refus")
    await monde.type_card(vue, "4000000000005126")
    await monde.tell()
    async with monde.database.transaction(monde.tenant_id) as session:
        await refund_paiement(session, reference="rdv:refus", montant_cents=7_900, motif="m", cle="cle-0001")
    await monde.work()
    with frozen(MAINTENANT + timedelta(minutes=1)):
        await monde.tell()
        rapport = await reconcile_all()
    assert [e for e in rapport.ecarts if "rdv:refus : un remboursement a été refusé" in e]


async def test_a_tenant_that_cannot_be_read_keeps_no_other_tenants_events_unheard(
    monde: Monde, database: Database, monkeypatch: pytest.MonkeyPatch
):
    avant = await make_tenant(database)  # read first: the oldest one is
    async with database.transaction(role=Role.MAINTENANCE) as session:
        await session.execute(
            text("update identite.tenant set created_at = '2020-01-01' where id = :t"), {"t": avant.id}
        )

    async def broken(session: AsyncSession) -> str | None:
        if session.info["tenant_id"] == avant.id:
            raise RuntimeError("settings nobody can read")
        return await find_fournisseur(session)

    monkeypatch.setattr("guichet.paiements.routines.find_fournisseur", broken)
    vue = await monde.open()
    await monde.type_card(vue)
    assert (await reconcile(now()))[monde.tenant_id] == 2
    with pytest.raises(ExceptionGroup, match="settings nobody can read"):
        await read_events(now())


async def test_a_payment_nobody_went_to_pay_expires_a_little_after_its_deadline(monde: Monde):
    async with monde.database.transaction(monde.tenant_id) as session:
        vue = await fill_paiement(session)
    for minutes, statut in ((10, "pending"), (11, "pending"), (13, "failed")):
        with frozen(MAINTENANT + timedelta(minutes=minutes)):
            await sweep(now())
        assert (await monde.read(vue)).statut == statut
    assert [nom for nom, _ in await monde.told()] == ["payment.failed"]


async def test_a_provider_that_is_away_is_asked_later(
    monde: Monde, settings: Settings, monkeypatch: pytest.MonkeyPatch
):
    vue = await monde.open()
    await monde.type_card(vue)
    with monkeypatch.context() as panne, frozen(MAINTENANT + timedelta(minutes=3)):
        panne.setattr(settings, "payment_sandbox_url", "http://127.0.0.1:9")
        await sweep(now())
    assert (await monde.read(vue)).statut == "pending"
    with frozen(MAINTENANT + timedelta(minutes=4)):
        await sweep(now())
    assert (await monde.read(vue)).statut == "succeeded"


def test_the_report_is_said_in_sentences():
    assert describe(Rapport(evenements=2, relus=1))[-1] == "Tout tombe juste."
    assert describe(Rapport(ecarts=["x"]))[-1] == "À voir : x"


def test_the_sandbox_does_not_start_where_it_must_not():
    resultat = CliRunner().invoke(application, ["bac-a-sable"])
    assert resultat.exit_code == 1
