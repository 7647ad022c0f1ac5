"""The demonstration's people are plausible, reproducible and reach nobody."""

from dataclasses import replace
from datetime import date

from sqlalchemy.ext.asyncio import AsyncSession

from guichet.annuaire import demo
from guichet.annuaire import facade as annuaire
from guichet.socle.database import Database
from guichet.socle.demo import create_monde
from tests.annuaire.test_fiches import create_tenant


async def fill(session: AsyncSession, rdv: int = 40, grand: bool = False) -> dict[str, int]:
    monde = create_monde(seed=1, today=date(2026, 11, 20))
    tenant = replace(monde.tenant, id=session.info["tenant_id"], rdv=rdv, grand=grand)
    return await demo.fill(session, monde.for_tenant(tenant))


async def test_clients_have_vehicles_and_numbers_that_ring_nowhere(database: Database):
    async with database.transaction(await create_tenant(database)) as session:
        comptes = await fill(session)
        clients = await annuaire.list_clients(session)
        vehicules = await annuaire.list_vehicules(session)
        assert (
            comptes
            == {"clients": len(clients), "vehicules": len(vehicules)}
            == {"clients": 36, "vehicules": len(vehicules)}
        )
        assert all(c.email and c.email.endswith(".example") for c in clients)
        assert all(annuaire.normalise_telephone(c.telephone or "") == c.telephone for c in clients)
        assert {d.client_id for d in await annuaire.list_detentions(session)} == {c.id for c in clients}
        assert await fill(session) == comptes
        assert len(await annuaire.list_clients(session)) == 36
        await session.rollback()


async def test_a_large_network_has_one_client_for_many_appointments(database: Database):
    async with database.transaction(await create_tenant(database)) as session:
        assert (await fill(session, rdv=10_000, grand=True))["clients"] == 1_000
        await session.rollback()
