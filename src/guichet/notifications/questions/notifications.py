"""Reading what was sent."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from guichet.notifications.metier import mask_address
from guichet.notifications.tables import Notification, Tentative


@dataclass(frozen=True, kw_only=True)
class NotificationVue:
    """A message as others may know it: the address is masked, the text is not given."""

    id: UUID
    modele: str
    canal: str
    destinataire: str
    statut: str
    tentatives: int
    created_at: datetime
    envoye_a: datetime | None
    prochaine_tentative: datetime | None
    erreur: str | None


@dataclass(frozen=True, kw_only=True)
class TentativeVue:
    """One attempt."""

    numero: int
    debut: datetime
    fin: datetime | None
    issue: str | None
    reponse: str


async def get_notification(session: AsyncSession, *, notification_id: UUID) -> NotificationVue | None:
    """A message of the tenant, or None."""
    ligne = await session.get(Notification, notification_id, populate_existing=True)
    return to_view(ligne) if ligne else None


async def list_tentatives(session: AsyncSession, *, notification_id: UUID) -> list[TentativeVue]:
    """The attempts at one message, first to last."""
    lignes = await session.scalars(
        select(Tentative).where(Tentative.notification_id == notification_id).order_by(Tentative.numero)
    )
    return [TentativeVue(numero=t.numero, debut=t.debut, fin=t.fin, issue=t.issue, reponse=t.reponse) for t in lignes]


def to_view(ligne: Notification) -> NotificationVue:
    """The view of a row."""
    return NotificationVue(
        id=ligne.id,
        modele=ligne.modele,
        canal=ligne.canal,
        destinataire=mask_address(ligne.destinataire),
        statut=ligne.statut,
        tentatives=ligne.tentatives,
        created_at=ligne.created_at,
        envoye_a=ligne.envoye_a,
        prochaine_tentative=ligne.prochaine_tentative,
        erreur=ligne.erreur,
    )
