"""A person's in-app messages."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession

from guichet.notifications.metier import Canal
from guichet.notifications.tables import Notification


@dataclass(frozen=True, kw_only=True)
class InterneVue:
    """An in-app message before it is put into words: its template and the data of it, in JSON."""

    id: UUID
    modele: str
    donnees: str
    created_at: datetime
    lu_a: datetime | None


async def list_mine(
    session: AsyncSession,
    *,
    user_id: UUID,
    non_lues: bool = False,
    apres: tuple[datetime, UUID] | None = None,
    limite: int = 50,
) -> list[InterneVue]:
    """The in-app messages of a person, newest first; `apres` is the last one seen."""
    requete = select(Notification).where(Notification.canal == Canal.INTERNE.value, Notification.user_id == user_id)
    if non_lues:
        requete = requete.where(Notification.lu_a.is_(None))
    if apres is not None:
        requete = requete.where(tuple_(Notification.created_at, Notification.id) < apres)
    lignes = await session.scalars(
        requete.order_by(Notification.created_at.desc(), Notification.id.desc()).limit(limite)
    )
    return [
        InterneVue(id=n.id, modele=n.modele, donnees=n.donnees, created_at=n.created_at, lu_a=n.lu_a) for n in lignes
    ]


async def count_unread(session: AsyncSession, *, user_id: UUID) -> int:
    """How many in-app messages a person has not read."""
    combien = await session.scalar(
        select(func.count())
        .select_from(Notification)
        .where(Notification.canal == Canal.INTERNE.value, Notification.user_id == user_id, Notification.lu_a.is_(None))
    )
    return combien or 0
