"""What other contexts may ask of notifications: queue a message, know what became of it, send it again."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Literal
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy.ext.asyncio import AsyncSession

from guichet.identite.facade import get_reglages
from guichet.notifications import actions, envoi, metier, questions
from guichet.notifications.marque import load_marque
from guichet.notifications.metier import Canal, clean_address, mask_address
from guichet.notifications.modeles import FUSEAU, Donnees, Marque, Modele, PieceJointe
from guichet.notifications.questions import NotificationVue
from guichet.notifications.reglages import ReglagesNotifications
from guichet.socle.jobs import defer

__all__ = [
    "Canal",
    "Donnees",
    "Marque",
    "Modele",
    "NotificationVue",
    "PieceJointe",
    "clean_address",
    "get_notification",
    "leave_quiet",
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
    canal: Literal["email", "sms", "interne"] = "email",
    au_plus_tot: datetime | None = None,
    au_plus_tard: datetime | None = None,
    transactionnel: bool = True,
    fuseau: str = FUSEAU,
    pieces: Sequence[PieceJointe] = (),
) -> UUID:
    """Write a message to be sent by the worker, in the caller's transaction; the same `cle` gives the same message.

    `modele` is declared in a manifest; `donnees` are checked against it now. `destinataire` is an e-mail address, a
    mobile number as typed or, for `interne`, the identifier of an account; only `email` carries `pieces`. It leaves at
    `au_plus_tot` (aware), at once by default, and never from `au_plus_tard` on. `transactionnel` is what its reader just caused (a confirmation): nothing
    delays it. What its reader did not cause waits for the end of the quiet hours of `fuseau` (the centre's zone), and is
    set aside with its reason (`ecarte`) when the person does not want it. Returns the identifier. Raises Invalid
    `ADRESSE_INVALIDE` or `TELEPHONE_INVALIDE` for an address nothing can reach, NotFound `USER_NOT_FOUND`; ValueError
    for a template without words for the channel.
    """
    redige = await actions.queue(
        session,
        modele=modele,
        destinataire=destinataire,
        locale=locale,
        donnees=donnees,
        cle=cle,
        canal=canal,
        au_plus_tot=au_plus_tot,
        au_plus_tard=au_plus_tard,
        transactionnel=transactionnel,
        fuseau=fuseau,
        pieces=pieces,
    )
    if redige.est_du:
        await defer(session, envoi.send, notification_id=redige.id)
    return redige.id


async def leave_quiet(session: AsyncSession, *, instant: datetime, fuseau: ZoneInfo) -> datetime:
    """The first instant from `instant` (aware) on at which people of that zone may be disturbed: itself, or later."""
    silence = (await get_reglages(session, ReglagesNotifications)).silence
    return metier.leave_quiet(instant, fuseau=fuseau, silence=silence)


async def get_notification(session: AsyncSession, *, notification_id: UUID) -> NotificationVue | None:
    """What became of a message; the address is masked. None when there is none."""
    return await questions.get_notification(session, notification_id=notification_id)


async def resend_notification(session: AsyncSession, *, notification_id: UUID) -> None:
    """Send again, with the same Message-ID, a message that was sent, failed or whose outcome is unknown.

    Raises NotFound `NOTIFICATION_NOT_FOUND`, Conflict `NOTIFICATION_EN_ROUTE`.
    """
    await actions.resend(session, notification_id=notification_id)
    await defer(session, envoi.send, notification_id=notification_id)
