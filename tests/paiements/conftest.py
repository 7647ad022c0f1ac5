"""A house of identity and payments, with the sandbox provider on a real port where a test asks for it."""

from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from guichet.identite.facade import TenantVue
from guichet.paiements.bac_a_sable.livraison import Livreur
from guichet.paiements.bac_a_sable.magasin import Magasin
from guichet.paiements.bac_a_sable.serveur import build_app as build_bac
from guichet.paiements.echanges import ensure_session, execute_remboursement, sync_paiement, treat_evenement
from guichet.paiements.facade import PaiementVue, get_paiement
from guichet.socle.database import Database
from guichet.socle.horloge import frozen, now
from guichet.socle.settings import Settings
from tests.identite.fabrique import fill_tenant, make_tenant
from tests.paiements.fabrique import MAINTENANT, fill_paiement, sell_online
from tests.paiements.reseau import serving

FORMULAIRE = {"expiration": "12/28", "cryptogramme": "123"}


@pytest.fixture(autouse=True)
def horloge(request: pytest.FixtureRequest) -> Iterator[None]:
    """A Friday morning of November, so that no test depends on the day it runs."""
    with frozen(MAINTENANT):
        yield


@pytest.fixture
def sans_bac(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """An address for the sandbox where nobody listens: tests of writing need one, not an answer."""
    monkeypatch.setattr(settings, "payment_sandbox_url", "http://127.0.0.1:9")


@pytest.fixture
async def tenant(session: AsyncSession, sans_bac: None) -> TenantVue:
    """The tenant of the test's session, selling online, rolled back with it."""
    vue = await fill_tenant(session, nom="Contrôle Auto France")
    await sell_online(session)
    return vue


@dataclass
class Monde:
    """Guichet and its provider, both on real ports, and a tenant that sells online."""

    database: Database
    tenant_id: UUID
    guichet: str
    bac: str
    magasin: Magasin
    livreur: Livreur
    client: httpx.AsyncClient

    async def open(self, **champs: Any) -> PaiementVue:
        """A committed payment, its page opened at the provider."""
        async with self.database.transaction(self.tenant_id) as session:
            vue = await fill_paiement(session, **champs)
        await ensure_session(self.tenant_id, vue.id)
        return vue

    async def page_of(self, vue: PaiementVue) -> str:
        """The provider's identifier of its page."""
        async with self.database.transaction(self.tenant_id) as session:
            row = await session.execute(
                text("select session_id from paiements.paiement where id = :id"), {"id": vue.id}
            )
            return str(row.scalar_one())

    async def type_card(self, vue: PaiementVue, numero: str = "4242424242424242", **champs: str) -> httpx.Response:
        """Somebody types a card on the provider's page."""
        donnees = {"numero": numero, **FORMULAIRE, **champs}
        return await self.client.post(f"{self.bac}/payer/{await self.page_of(vue)}", data=donnees)

    async def deliver(self) -> list[int]:
        """The provider tells what is due. Returns the answers it got."""
        avant = {e.rang: e.essais for s in self.magasin.list_sessions() for e in self.magasin.envois_of(s.id)}
        await self.livreur.deliver_due(self.client)
        apres = [e for s in self.magasin.list_sessions() for e in self.magasin.envois_of(s.id)]
        return [e.reponse for e in apres if e.essais != avant.get(e.rang, 0) and e.reponse is not None]

    async def work(self) -> None:
        """What the workers would do with what was received and asked."""
        async with self.database.transaction(self.tenant_id) as session:
            evenements = list(
                await session.scalars(
                    text("select id from paiements.evenement where traite_a is null order by recu_a, id")
                )
            )
            remboursements = list(
                await session.scalars(text("select id from paiements.remboursement where statut = 'a_envoyer'"))
            )
        for identifiant in evenements:
            await treat_evenement(self.tenant_id, identifiant)
        for identifiant in remboursements:
            await execute_remboursement(self.tenant_id, identifiant)

    async def tell(self) -> None:
        """Deliver, then work."""
        await self.deliver()
        await self.work()

    async def sync(self, vue: PaiementVue) -> None:
        """Ask the provider about a payment."""
        await sync_paiement(self.tenant_id, vue.id)

    async def read(self, vue: PaiementVue) -> PaiementVue:
        """The payment as it stands."""
        async with self.database.transaction(self.tenant_id) as session:
            return await get_paiement(session, paiement_id=vue.id)

    async def told(self) -> list[tuple[str, dict[str, Any]]]:
        """The messages of payments, in order."""
        async with self.database.transaction(self.tenant_id) as session:
            rows = await session.execute(
                text(
                    "select type, payload from socle.messages where type like 'payment.%' and tenant_id = :t order by id"
                ),
                {"t": self.tenant_id},
            )
            return [(r.type, r.payload) for r in rows]

    async def balances(self) -> dict[str, int]:
        """What the ledger says of each account."""
        async with self.database.transaction(self.tenant_id) as session:
            rows = await session.execute(text("select compte, solde_cents from paiements.balance"))
            return {r.compte: r.solde_cents for r in rows}


@pytest.fixture
async def monde(
    app: FastAPI, database: Database, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Monde]:
    """The whole, delivering only when told to."""
    magasin = Magasin()
    try:
        async with serving(app) as guichet, serving(build_bac(magasin, settings, deliver=False)) as bac:
            monkeypatch.setattr(settings, "base_url", guichet)
            monkeypatch.setattr(settings, "payment_sandbox_url", bac)
            tenant = await make_tenant(database, nom="Contrôle Auto France")
            async with database.transaction(tenant.id) as session:
                await sell_online(session)
            async with httpx.AsyncClient(timeout=10) as client:
                yield Monde(database, tenant.id, guichet, bac, magasin, Livreur(magasin, settings), client)
    finally:
        magasin.close()


def later(**ecart: float) -> datetime:
    """An instant after the tests' own."""
    return now() + timedelta(**ecart)
