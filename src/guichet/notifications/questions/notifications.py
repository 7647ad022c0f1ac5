"""Reading what was sent."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession

from guichet.notifications.metier import Canal, Statut, mask_address
from guichet.notifications.tables import Notification, Tentative


@dataclass(frozen=True, kw_only=True)
class NotificationVue:
    """A message as others may know it: the address is masked, the text is not given; `erreur` says why it waits or failed."""

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
    transactionnel: bool = True
    distribue_a: datetime | None = None
    fournisseur: str | None = None
    segments: int | None = None


@dataclass(frozen=True, kw_only=True)
class TentativeVue:
    """One attempt."""

    numero: int
    debut: datetime
    fin: datetime | None
    issue: str | None
    reponse: str
    fournisseur: str | None


async def get_notification(session: AsyncSession, *, notification_id: UUID) -> NotificationVue | None:
    """A message of the tenant, or None."""
    ligne = await session.get(Notification, notification_id, populate_existing=True)
    return to_view(ligne) if ligne else None


async def list_tentatives(session: AsyncSession, *, notification_id: UUID) -> list[TentativeVue]:
    """The attempts at one message, first to last."""
    lignes = await session.scalars(
        select(Tentative).where(Tentative.notification_id == notification_id).order_by(Tentative.numero)
    )
    return [
        TentativeVue(
            numero=t.numero, debut=t.debut, fin=t.fin, issue=t.issue, reponse=t.reponse, fournisseur=t.fournisseur
        )
        for t in lignes
    ]


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
        transactionnel=ligne.transactionnel,
        distribue_a=ligne.distribue_a,
        fournisseur=ligne.fournisseur,
        segments=ligne.segments,
    )


@dataclass(frozen=True, kw_only=True)
class Filtre:
    """Which messages are asked for; None is all of them. `adresse_cles` are the hashes an address may have."""

    statut: Statut | None = None
    canal: Canal | None = None
    modele: str | None = None
    adresse_cles: tuple[bytes, ...] | None = None


async def list_notifications(
    session: AsyncSession, *, filtre: Filtre, apres: tuple[datetime, UUID] | None = None, limite: int = 50
) -> list[NotificationVue]:
    """The messages of the tenant, newest first; `apres` is the last one seen."""
    requete = select(Notification)
    if filtre.statut is not None:
        requete = requete.where(Notification.statut == filtre.statut.value)
    if filtre.canal is not None:
        requete = requete.where(Notification.canal == filtre.canal.value)
    if filtre.modele is not None:
        requete = requete.where(Notification.modele == filtre.modele)
    if filtre.adresse_cles is not None:
        requete = requete.where(Notification.adresse_cle.in_(filtre.adresse_cles))
    if apres is not None:
        requete = requete.where(tuple_(Notification.created_at, Notification.id) < apres)
    lignes = await session.scalars(
        requete.order_by(Notification.created_at.desc(), Notification.id.desc()).limit(limite)
    )
    return [to_view(ligne) for ligne in lignes]


async def get_address(session: AsyncSession, *, notification_id: UUID) -> tuple[Canal, bytes] | None:
    """The channel and the keyed hash of the address a message goes to; None for a message nobody was sent."""
    ligne = await session.get(Notification, notification_id)
    if ligne is None or ligne.adresse_cle is None:
        return None
    return Canal(ligne.canal), ligne.adresse_cle
