"""What is remembered of a centre changes with the centre, its tariffs, its settings and its people: never a moment too late."""

from collections.abc import AsyncIterator
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncSession

from guichet.identite.facade import TenantVue, set_reglages
from guichet.identite.messages import TenantUpdated
from guichet.identite.tables import Tenant
from guichet.rdv.metier.reglages import Reservation
from guichet.rdv.metier.vues import Controle
from guichet.rdv.questions.contexte import (
    etiquettes_centre,
    load_contexte,
    load_contextes,
    load_equipe,
    load_tenant_of,
)
from guichet.reseau.facade import CentreModification, CentreVue, Durees, update_centre
from guichet.reseau.questions.reglages import DureeReglage
from guichet.socle.cache import MemoryCache, get_cache
from guichet.socle.database import Database
from guichet.socle.errors import NotFound
from guichet.socle.fraicheur import DUREE
from guichet.socle.ids import new_id
from guichet.socle.live import Diffusion
from guichet.socle.messages import publish
from guichet.socle.relay import drain
from guichet.socle.signaux import CHANNEL
from tests.identite.fabrique import make_tenant
from tests.reseau.fabrique import fill_controleur

VP = Controle()


@pytest.fixture(autouse=True)
async def cache() -> AsyncIterator[MemoryCache]:
    """The memory of this process, hearing announcements, and empty again afterwards."""
    await get_cache().resume()
    yield get_cache()
    await get_cache().suspend()


async def price(database: Database, tenant: UUID, centre: CentreVue) -> int | None:
    async with database.transaction(tenant) as session:
        return (await load_contexte(session, centre.id)).prix(VP)


async def raise_price(session: AsyncSession, centre: CentreVue, cents: int) -> None:
    tarifs = [{"vehicule_type": "VP", "prix": cents}]
    await update_centre(session, centre.id, CentreModification.model_validate({"tarifs": tarifs}))


async def test_a_centre_seen_once_is_not_read_again(database: Database, reseau: TenantVue, centre: CentreVue):
    async with database.transaction(reseau.id) as session:
        first = await load_contexte(session, centre.id)
    async with database.transaction(reseau.id) as session:
        assert await load_contexte(session, centre.id) is first
        assert await load_contextes(session, [centre.id, new_id()]) == {centre.id: first}


async def test_a_new_price_is_there_for_its_writer_at_once_and_for_everybody_at_its_commit(
    database: Database, reseau: TenantVue, centre: CentreVue
):
    assert await price(database, reseau.id, centre) == 7900
    async with database.transaction(reseau.id) as session:
        await raise_price(session, centre, 8100)
        assert (await load_contexte(session, centre.id)).prix(VP) == 8100
        assert await price(database, reseau.id, centre) == 7900
    assert await price(database, reseau.id, centre) == 8100


async def test_another_process_hears_of_a_new_price_from_the_relay(
    database: Database, reseau: TenantVue, centre: CentreVue
):
    other = MemoryCache(suspended=False)
    hub = Diffusion(database, other)
    await drain(database)
    await other.set("contexte", "ancien", ttl=DUREE, etiquettes=etiquettes_centre(centre.id))
    async with await hub._connect() as ears:
        await ears.execute(f"listen {CHANNEL}")
        async with database.transaction(reseau.id) as session:
            await raise_price(session, centre, 8200)
        await drain(database)
        async for notice in ears.notifies(timeout=10):
            await hub.receive(notice.payload)
            if await other.get("contexte") is None:
                break
    assert await other.get("contexte") is None


async def test_settings_of_the_tenant_reach_its_centres(database: Database, reseau: TenantVue, centre: CentreVue):
    await price(database, reseau.id, centre)
    async with database.transaction(reseau.id) as session:
        await set_reglages(session, Reservation(horizon_jours=30))
        await set_reglages(session, Durees(matrice=[DureeReglage(vehicule_type="VP", type_controle="CTP", minutes=55)]))
    async with database.transaction(reseau.id) as session:
        contexte = await load_contexte(session, centre.id)
    assert (contexte.horizon, contexte.duree(VP)) == (30, timedelta(minutes=55))


async def test_a_tenant_that_closes_is_known_to_its_centres(database: Database, reseau: TenantVue, centre: CentreVue):
    await price(database, reseau.id, centre)
    async with database.transaction(reseau.id) as session:
        await session.execute(update(Tenant).where(Tenant.id == reseau.id).values(actif=False))
        await publish(session, TenantUpdated(actif=False))
    async with database.transaction(reseau.id) as session:
        assert not (await load_contexte(session, centre.id)).tenant_actif


async def test_the_team_follows_its_people(database: Database, reseau: TenantVue, centre: CentreVue):
    async with database.transaction(reseau.id) as session:
        before = await load_equipe(session, centre.id)
    async with database.transaction(reseau.id) as session:
        assert await load_equipe(session, centre.id) is before
        joined = await fill_controleur(session, centre)
        assert set(await load_equipe(session, centre.id)) == {*before, joined.id}
    async with database.transaction(reseau.id) as session:
        assert set(await load_equipe(session, centre.id)) == {*before, joined.id}


async def test_what_is_remembered_for_one_tenant_is_unknown_to_another(
    database: Database, reseau: TenantVue, centre: CentreVue
):
    await price(database, reseau.id, centre)
    stranger = await make_tenant(database)
    async with database.transaction(stranger.id) as session:
        with pytest.raises(NotFound):
            await load_contexte(session, centre.id)
        assert await load_contextes(session, [centre.id]) == {}
        assert await load_equipe(session, centre.id) == {}
        assert await load_tenant_of(session, centre.id) == reseau.id
        assert await load_tenant_of(session, new_id()) is None
