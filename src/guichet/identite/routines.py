"""What the worker does for identity every so often."""

from datetime import datetime

from guichet.identite.actions.cles_signature import renew_keys
from guichet.identite.actions.entretien import purge_house, purge_tenant
from guichet.identite.metier.tenants import PLATEFORME
from guichet.identite.questions.tenants import list_tenants
from guichet.socle.database import get_database


async def turn_keys(now: datetime) -> None:
    """Announce the next signing key when it is time."""
    del now
    await renew_keys(get_database())


async def purge(now: datetime) -> None:
    """Forget what is over, tenant by tenant."""
    database = get_database()
    async with database.transaction() as session:
        await purge_house(session, now=now)
        tenants = [tenant.id for tenant in await list_tenants(session)]
    for tenant_id in (PLATEFORME, *tenants):
        async with database.transaction(tenant_id) as session:
            await purge_tenant(session, now=now)
