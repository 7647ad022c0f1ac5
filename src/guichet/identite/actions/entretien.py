"""What is forgotten in time: ended sign-ins, used links, old counters, sign-ups nobody confirmed."""

from contextlib import suppress
from datetime import datetime, timedelta

from sqlalchemy import delete, exists, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from guichet.identite.actions.cles_signature import purge_keys
from guichet.identite.actions.freins import purge_brakes
from guichet.identite.actions.reperes import forget_repere
from guichet.identite.metier.roles import Role
from guichet.identite.tables import JetonCourriel, Revocation, SessionOuverte, User

GARDE_SESSIONS = timedelta(days=30)
GARDE_INSCRIPTIONS = timedelta(days=7)
LOT = 500


async def purge_tenant(session: AsyncSession, *, now: datetime) -> None:
    """Forget what is over in the session's tenant."""
    await session.execute(delete(SessionOuverte).where(SessionOuverte.fin_le < now - GARDE_SESSIONS))
    await session.execute(delete(JetonCourriel).where(JetonCourriel.expire_le < now - timedelta(days=1)))
    await session.execute(delete(Revocation).where(Revocation.expire_le < now))
    await _purge_sign_ups(session, now)


async def _purge_sign_ups(session: AsyncSession, now: datetime) -> None:
    waiting = exists().where(JetonCourriel.user_id == User.id, JetonCourriel.expire_le > now)
    query = (
        select(User)
        .where(User.email_verifie_le.is_(None), User.created_at < now - GARDE_INSCRIPTIONS)
        .where(User.role == Role.CLIENT, User.mot_de_passe.is_(None), User.derniere_connexion.is_(None), ~waiting)
        .limit(LOT)
        .with_for_update(skip_locked=True)
    )
    for user in list(await session.scalars(query)):
        with suppress(IntegrityError):  # something above already stands on this account: it stays
            async with session.begin_nested():
                await forget_repere(session, genre="email", valeur=user.email)
                await session.execute(delete(User).where(User.id == user.id))


async def purge_house(session: AsyncSession, *, now: datetime) -> None:
    """Forget what belongs to no tenant."""
    await purge_brakes(session, before=now - timedelta(days=1))
    await purge_keys(session, before=now - timedelta(days=1))
