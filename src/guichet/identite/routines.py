"""What the worker does for identity every so often."""

from datetime import datetime
from uuid import UUID

from guichet.identite.actions.cles_signature import renew_keys
from guichet.identite.actions.entretien import purge_house, purge_tenant
from guichet.identite.metier.tenants import PLATEFORME
from guichet.identite.questions.tenants import list_tenants
from guichet.socle.database import get_database
from guichet.socle.routines import for_each


async def turn_keys(now: datetime) -> None:
    """Announce the next signing key when it is time."""
    del now
    await renew_keys(get_database())


async def purge(now: datetime) -> None:
    """Forget what is over: in the house, then tenant by tenant."""
    database = get_database()
    async with database.transaction(read_only=True) as session:
        tenants = [tenant.id for tenant in await list_tenants(session)]

    async def forget(tenant_id: UUID | None) -> None:
        async with database.transaction(tenant_id) as session:
            if tenant_id is None:
                await purge_house(session, now=now)
            else:
                await purge_tenant(session, now=now)

    await for_each((None, PLATEFORME, *tenants), forget)
