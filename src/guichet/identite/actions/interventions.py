"""A super administrator stepping into a tenant: possible only by naming it, and never without a trace in its journal."""

from uuid import UUID

from sqlalchemy import update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from guichet.identite.tables import Intervention, SessionOuverte
from guichet.socle.audit import audit
from guichet.socle.database import Database
from guichet.socle.horloge import now

_recorded: set[tuple[UUID, UUID]] = set()
SOUVENIRS = 10_000


async def record_intervention(database: Database, *, tenant_id: UUID, session_id: UUID, user_id: UUID) -> None:
    """Write in the tenant's own journal, once per sign-in, that this super administrator acts there."""
    key = (tenant_id, session_id)
    if key in _recorded:
        return
    async with database.transaction(tenant_id) as session:
        row = {"tenant_id": tenant_id, "session_id": session_id, "user_id": user_id, "debut": now()}
        statement = insert(Intervention).values(row).on_conflict_do_nothing().returning(Intervention.session_id)
        if await session.scalar(statement) is not None:
            await audit(session, action="plateforme.agir", entite="user", entite_id=user_id)
    if len(_recorded) >= SOUVENIRS:
        _recorded.clear()
    _recorded.add(key)


async def act_for(session: AsyncSession, *, session_id: UUID, tenant_id: UUID | None) -> None:
    """Let a super administrator's browser act in a tenant from now on, or come back (None). The session is the house's."""
    await session.execute(update(SessionOuverte).where(SessionOuverte.id == session_id).values(agit_pour=tenant_id))
