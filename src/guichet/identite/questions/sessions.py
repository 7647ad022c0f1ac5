"""Reads of sign-ins."""

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from guichet.identite.metier.vues import SessionVue
from guichet.identite.tables import SessionOuverte
from guichet.socle.horloge import now


async def list_sessions(session: AsyncSession, *, user_id: UUID) -> list[SessionVue]:
    """The sign-ins of a person that still open something, last used first."""
    instant = now()
    query = (
        select(SessionOuverte)
        .where(SessionOuverte.user_id == user_id, SessionOuverte.revoquee_le.is_(None))
        .where(SessionOuverte.expire_le > instant, SessionOuverte.fin_le > instant)
        .order_by(SessionOuverte.vue_le.desc(), SessionOuverte.id.desc())
        .limit(100)
    )
    return [
        SessionVue(
            id=row.id,
            canal=row.canal,
            appareil=row.appareil,
            ip=row.ip,
            cree_le=row.cree_le,
            vue_le=row.vue_le,
            expire_le=min(row.expire_le, row.fin_le),
        )
        for row in await session.scalars(query)
    ]
