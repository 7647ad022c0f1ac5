"""What the clock brings: days come within reach, holds die, customers are reminded, counts are forgotten."""

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from guichet.identite.facade import list_tenants
from guichet.rdv.actions.attente.suites import close_past, serve_due
from guichet.rdv.actions.projeter import extend_projection
from guichet.rdv.actions.rappeler import tell_reminders
from guichet.rdv.actions.tenues import expire_holds
from guichet.socle.database import get_database, raw
from guichet.socle.registre import Routine
from guichet.socle.routines import for_each

RETENTION_JOURNEES: Final = timedelta(days=366)
RETENTION_CADENCE: Final = timedelta(days=1)
LOT: Final = 200


async def _each_tenant(action: Callable[[AsyncSession], Awaitable[int | None]]) -> None:
    """In each tenant, one transaction after the other for as long as `action` says that it has done `LOT` things."""
    async with get_database().transaction(read_only=True) as session:
        tenants = [t.id for t in await list_tenants(session) if t.actif]

    async def run(tenant_id: UUID) -> None:
        fait: int | None = LOT
        while fait == LOT:
            async with get_database().transaction(tenant_id) as session:
                fait = await action(session)

    await for_each(tenants, run)


async def project(now: datetime) -> None:
    """Project the days that have come within the horizon; forget those of more than a year ago."""

    async def purge(session: AsyncSession) -> None:
        await extend_projection(session)
        await close_past(session)
        connexion = await raw(session)
        limite = (now - RETENTION_JOURNEES).date()
        await connexion.execute("delete from rdv.ouverture where jour < %s", (limite,))
        await connexion.execute("delete from rdv.journee where jour < %s", (limite,))
        await connexion.execute("delete from rdv.cadence where le < %s", (now - RETENTION_CADENCE,))

    await _each_tenant(purge)


async def expire(now: datetime) -> None:
    """Tell of the holds and offers that died since the last sweep."""
    del now
    await _each_tenant(lambda session: expire_holds(session, lot=LOT))


async def remind(now: datetime) -> None:
    """Tell the reminders whose hour has come."""
    del now
    await _each_tenant(lambda session: tell_reminders(session, lot=LOT))


async def serve(now: datetime) -> None:
    """Offer what was freed while nobody could be disturbed, once the quiet hours are over."""
    del now
    await _each_tenant(serve_due)


ROUTINES: tuple[Routine, ...] = (
    Routine(nom="rdv.projection", toutes=timedelta(hours=1), action=project),
    Routine(nom="rdv.expiration", toutes=timedelta(seconds=15), action=expire),
    Routine(nom="rdv.liste_attente", toutes=timedelta(seconds=30), action=serve),
    Routine(nom="rdv.rappels", toutes=timedelta(minutes=1), action=remind),
)
