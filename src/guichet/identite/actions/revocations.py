"""Ending tokens before their time."""

from datetime import timedelta
from uuid import UUID

from sqlalchemy import update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from guichet.identite.actions.veille import look_again_after_commit
from guichet.identite.messages import SessionRevoked
from guichet.identite.metier.jetons import VIE_ACCES
from guichet.identite.questions.contexte import tenant_of
from guichet.identite.tables import Revocation, SessionOuverte
from guichet.socle.horloge import now
from guichet.socle.messages import publish

MARGE = timedelta(minutes=10)


async def revoke(session: AsyncSession, *, sujet: UUID, raison: str, epoque: int | None = None) -> None:
    """Refuse from the commit on the tokens of a session or key (`epoque` None), or those an account got before `epoque`."""
    row = {"tenant_id": tenant_of(session), "sujet": sujet, "epoque": epoque, "expire_le": now() + VIE_ACCES + MARGE}
    statement = insert(Revocation).values(row)
    await session.execute(
        statement.on_conflict_do_update(
            index_elements=["sujet"],
            set_={"epoque": statement.excluded.epoque, "expire_le": statement.excluded.expire_le},
        )
    )
    look_again_after_commit(session)
    await publish(session, SessionRevoked(sujet=sujet, raison=raison))


async def close_session(session: AsyncSession, *, session_id: UUID, raison: str) -> bool:
    """End one sign-in. False when it had ended already."""
    closed = await session.scalar(
        update(SessionOuverte)
        .where(SessionOuverte.id == session_id, SessionOuverte.revoquee_le.is_(None))
        .values(revoquee_le=now(), raison=raison)
        .returning(SessionOuverte.id)
    )
    if closed is None:
        return False
    await revoke(session, sujet=session_id, raison=raison)
    return True


async def close_sessions(session: AsyncSession, *, user_id: UUID, raison: str, sauf: UUID | None = None) -> int:
    """End every sign-in of a person, except one. Returns how many were open."""
    statement = (
        update(SessionOuverte)
        .where(SessionOuverte.user_id == user_id, SessionOuverte.revoquee_le.is_(None))
        .values(revoquee_le=now(), raison=raison)
        .returning(SessionOuverte.id)
    )
    closed = list(await session.scalars(statement.where(SessionOuverte.id != sauf) if sauf else statement))
    for session_id in sorted(closed):
        await revoke(session, sujet=session_id, raison=raison)
    return len(closed)
