"""Reading marks of in-app messages."""

from uuid import UUID

from sqlalchemy import Select, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from guichet.notifications import tables
from guichet.notifications.messages import NotificationRead
from guichet.notifications.metier import Canal
from guichet.socle.errors import NotFound
from guichet.socle.horloge import now
from guichet.socle.i18n import _
from guichet.socle.messages import publish


async def mark_read(session: AsyncSession, *, user_id: UUID, notification_id: UUID) -> None:
    """A person has read one of their in-app messages; again changes nothing.

    Raises NotFound `NOTIFICATION_NOT_FOUND` for a message that is not theirs.
    """
    ligne = await session.scalar(_mine(user_id).where(tables.Notification.id == notification_id).with_for_update())
    if ligne is None:
        raise NotFound(_("Message introuvable."), code="NOTIFICATION_NOT_FOUND")
    if ligne.lu_a is None:
        ligne.lu_a = now()
        await publish(session, NotificationRead(notification_id=notification_id, user_id=user_id))


async def mark_all_read(session: AsyncSession, *, user_id: UUID) -> int:
    """A person has read all their in-app messages; how many were new to them."""
    lus = await session.scalars(
        update(tables.Notification)
        .where(
            tables.Notification.canal == Canal.INTERNE.value,
            tables.Notification.user_id == user_id,
            tables.Notification.lu_a.is_(None),
        )
        .values(lu_a=now())
        .returning(tables.Notification.id)
        .execution_options(synchronize_session=False)
    )
    combien = len(lus.all())
    if combien:
        await publish(session, NotificationRead(notification_id=None, user_id=user_id))
    return combien


def _mine(user_id: UUID) -> Select[tables.Notification]:
    return select(tables.Notification).where(
        tables.Notification.canal == Canal.INTERNE.value, tables.Notification.user_id == user_id
    )
