"""What other contexts may ask of notifications: queue a message, know what became of it, send it again."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from guichet.notifications import actions, envoi, questions
from guichet.notifications.marque import load_marque
from guichet.notifications.metier import clean_address, mask_address
from guichet.notifications.modeles import Donnees, Marque, Modele, PieceJointe
from guichet.notifications.questions import NotificationVue
from guichet.socle.jobs import defer

__all__ = [
    "Donnees",
    "Marque",
    "Modele",
    "NotificationVue",
    "PieceJointe",
    "clean_address",
    "get_notification",
    "load_marque",
    "mask_address",
    "queue_notification",
    "resend_notification",
]


async def queue_notification(
    session: AsyncSession,
    *,
    modele: str,
    destinataire: str,
    locale: str,
    donnees: Mapping[str, Any],
    cle: str,
    canal: str = "email",
    pieces: Sequence[PieceJointe] = (),
) -> UUID:
    """Write a message to be sent by the worker, in the caller's transaction; the same `cle` gives the same message.

    `modele` is declared in a manifest; `donnees` are checked against it now. Returns the identifier. Raises Invalid
    `ADRESSE_INVALIDE` for an address no server would take.
    """
    identifiant = await actions.queue(
        session,
        modele=modele,
        destinataire=destinataire,
        locale=locale,
        donnees=donnees,
        cle=cle,
        canal=canal,
        pieces=pieces,
    )
    await defer(session, envoi.send, notification_id=identifiant)
    return identifiant


async def get_notification(session: AsyncSession, *, notification_id: UUID) -> NotificationVue | None:
    """What became of a message; the address is masked. None when there is none."""
    return await questions.get_notification(session, notification_id=notification_id)


async def resend_notification(session: AsyncSession, *, notification_id: UUID) -> None:
    """Send again, with the same Message-ID, a message that was sent, failed or whose outcome is unknown.

    Raises NotFound `NOTIFICATION_NOT_FOUND`, Conflict `NOTIFICATION_EN_ROUTE`.
    """
    await actions.resend(session, notification_id=notification_id)
    await defer(session, envoi.send, notification_id=notification_id)
