"""What the tests of the plumbing share: a place where jobs and reactions leave a trace."""

from collections.abc import AsyncIterator, Awaitable, Callable
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from guichet.socle.database import Database, Role, raw


async def leave(session: AsyncSession, what: str) -> None:
    """Leave a trace in the transaction of a job or a reaction."""
    statement = "insert into public.essai_effets (tenant_id, quoi) values (nullif(current_setting('app.tenant_id', true), '')::uuid, %s)"
    await (await raw(session)).execute(statement, (what,))


Traces = Callable[[UUID | None], Awaitable[list[str]]]


@pytest.fixture(scope="session")
async def effets(database: Database) -> AsyncIterator[Traces]:
    """The traces a tenant's committed transactions left, in order."""
    async with database.transaction(role=Role.MAINTENANCE) as session:
        await session.execute(text("create table public.essai_effets (id bigserial, tenant_id uuid, quoi text)"))
        await session.execute(text("grant select, insert on public.essai_effets to guichet_app, guichet_relais"))
        await session.execute(text("grant usage on sequence public.essai_effets_id_seq to guichet_app"))

    async def traces(tenant: UUID | None) -> list[str]:
        query = text("select quoi from public.essai_effets where tenant_id is not distinct from :tenant order by id")
        async with database.transaction(role=Role.RELAIS) as session:
            return list(await session.scalars(query, {"tenant": tenant}))

    yield traces
    async with database.transaction(role=Role.MAINTENANCE) as session:
        await session.execute(text("drop table public.essai_effets"))
