"""Moving messages through their states. Nothing here touches the network."""

import base64
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from guichet.identite.facade import get_reglages
from guichet.notifications import tables
from guichet.notifications.messages import NotificationFailed, NotificationSent
from guichet.notifications.metier import (
    ATTENTE_FOURNISSEUR,
    EN_ROUTE,
    Canal,
    Issue,
    Statut,
    is_stale,
    leave_quiet,
    settle,
)
from guichet.notifications.modeles import PieceJointe, find_modele
from guichet.notifications.questions.preferences import why_not
from guichet.notifications.reglages import ReglagesNotifications
from guichet.socle.errors import Conflict, NotFound
from guichet.socle.horloge import now
from guichet.socle.i18n import _
from guichet.socle.messages import publish


@dataclass(frozen=True, kw_only=True)
class AEnvoyer:
    """A claimed message, with all that sending it needs."""

    id: UUID
    tenant_id: UUID
    numero: int
    modele: str
    donnees: str
    destinataire: str
    locale: str
    message_id: str
    created_at: datetime
    canal: Canal
    pieces: tuple[PieceJointe, ...]


async def claim(
    session: AsyncSession, *, notification_id: UUID, muets: frozenset[Canal] = frozenset()
) -> AEnvoyer | None:
    """Take a due message for one attempt: `en_cours`, the attempt written. None when someone else has it or it waits.

    A message of a channel nobody is configured for (`muets`) stays to be sent, without an attempt being counted. The
    caller commits before it sends.
    """
    instant = now()
    ligne = await session.scalar(
        select(tables.Notification)
        .where(
            tables.Notification.id == notification_id,
            tables.Notification.statut == Statut.A_ENVOYER.value,
            tables.Notification.prochaine_tentative <= instant,
        )
        .with_for_update(skip_locked=True)
    )
    if ligne is None or await _is_held_back(session, ligne, muets):
        return None
    ligne.statut = Statut.EN_COURS.value
    ligne.tentatives += 1
    ligne.prochaine_tentative = None
    ligne.commence_a = instant
    session.add(
        tables.Tentative(tenant_id=ligne.tenant_id, notification_id=ligne.id, numero=ligne.tentatives, debut=instant)
    )
    pieces = await session.scalars(
        select(tables.Piece).where(tables.Piece.notification_id == ligne.id).order_by(tables.Piece.rang)
    )
    return AEnvoyer(
        id=ligne.id,
        tenant_id=ligne.tenant_id,
        numero=ligne.tentatives,
        modele=ligne.modele,
        donnees=ligne.donnees,
        destinataire=ligne.destinataire,
        locale=ligne.locale,
        message_id=ligne.message_id,
        created_at=ligne.created_at,
        canal=Canal(ligne.canal),
        pieces=tuple(_read(piece) for piece in pieces),
    )


async def finish(
    session: AsyncSession, *, notification_id: UUID, numero: int, issue: Issue, reponse: str
) -> Statut | None:
    """Write how the attempt `numero` ended and what follows. None when the message has moved on since.

    An outcome learnt late still settles an attempt that was taken for lost.
    """
    instant = now()
    ligne = await _locked(session, notification_id)
    if ligne.tentatives != numero or ligne.statut not in {Statut.EN_COURS.value, Statut.INCERTAIN.value}:
        return None
    suite = settle(issue, tentatives=numero, now=instant, canal=Canal(ligne.canal))
    await session.execute(
        update(tables.Tentative)
        .where(tables.Tentative.notification_id == notification_id, tables.Tentative.numero == numero)
        .values(fin=instant, issue=issue.value, reponse=reponse)
    )
    ligne.statut = suite.statut.value
    ligne.prochaine_tentative = suite.prochaine_tentative
    ligne.erreur = None if suite.statut is Statut.ENVOYE else reponse
    ligne.envoye_a = instant if suite.statut is Statut.ENVOYE else None
    await _tell(session, ligne)
    return suite.statut


async def give_up_orphan(session: AsyncSession, *, notification_id: UUID, avant: datetime) -> bool:
    """An attempt begun before `avant` that nobody finished: its outcome is unknown, and it is never repeated by itself."""
    ligne = await _locked(session, notification_id)
    if ligne.statut != Statut.EN_COURS.value or ligne.commence_a is None or ligne.commence_a > avant:
        return False
    reponse = _("L'envoi a été interrompu : on ne sait pas si le message est parti.")
    return (
        await finish(
            session, notification_id=notification_id, numero=ligne.tentatives, issue=Issue.INCERTAINE, reponse=reponse
        )
        is not None
    )


async def resend(session: AsyncSession, *, notification_id: UUID) -> None:
    """A person sends again a message that failed or whose outcome is unknown, with the same Message-ID.

    Raises NotFound `NOTIFICATION_NOT_FOUND`; Conflict `NOTIFICATION_EN_ROUTE` while it is waiting or being sent,
    `NOTIFICATION_ECARTEE` for what its reader does not want, `NOTIFICATION_INTERNE` for what is read in the product.
    """
    ligne = await _locked(session, notification_id)
    if Statut(ligne.statut) in EN_ROUTE:
        raise Conflict(_("Ce message est déjà en route."), code="NOTIFICATION_EN_ROUTE")
    if ligne.statut == Statut.ECARTE.value:
        raise Conflict(_("Ce message a été écarté : {raison}", raison=ligne.erreur), code="NOTIFICATION_ECARTEE")
    if ligne.canal == Canal.INTERNE.value:
        raise Conflict(
            _("Ce message se lit dans l'application : il n'y a rien à renvoyer."), code="NOTIFICATION_INTERNE"
        )
    ligne.statut = Statut.A_ENVOYER.value
    ligne.prochaine_tentative = ligne.voulu_a = now()
    await session.flush()


async def _is_held_back(session: AsyncSession, ligne: tables.Notification, muets: frozenset[Canal]) -> bool:
    """True when a due message does not leave now; what becomes of it is written."""
    instant, canal = now(), Canal(ligne.canal)
    voulu_a = ligne.voulu_a or ligne.created_at
    if ligne.tentatives == 0 and is_stale(canal, created_at=ligne.created_at, voulu_a=voulu_a, now=instant):
        _stop(ligne, Statut.ECHEC, _("Ce message n'a pas pu partir à temps : il n'a plus d'objet."))
        await _tell(session, ligne)
        return True
    if not ligne.transactionnel and await _must_wait(session, ligne, canal):
        return True
    if canal in muets:
        ligne.prochaine_tentative = instant + ATTENTE_FOURNISSEUR
        ligne.erreur = _("Aucun fournisseur n'est configuré pour envoyer ce message.")
        return True
    return False


async def _must_wait(session: AsyncSession, ligne: tables.Notification, canal: Canal) -> bool:
    """What a message its reader did not cause meets on its way out: a refusal said meanwhile, the quiet hours."""
    assert ligne.fuseau is not None
    assert ligne.adresse_cle is not None
    rappel = find_modele(ligne.modele).rappel
    raison = await why_not(session, canal=canal, adresse_cle=ligne.adresse_cle, rappel=rappel)
    if raison:
        _stop(ligne, Statut.ECARTE, raison)
        return True
    silence = (await get_reglages(session, ReglagesNotifications)).silence
    instant = now()
    quand = leave_quiet(instant, fuseau=ZoneInfo(ligne.fuseau), silence=silence)
    if quand > instant:
        ligne.prochaine_tentative = quand
        return True
    return False


def _stop(ligne: tables.Notification, statut: Statut, raison: str) -> None:
    ligne.statut = statut.value
    ligne.prochaine_tentative = None
    ligne.erreur = raison


async def _locked(session: AsyncSession, notification_id: UUID) -> tables.Notification:
    ligne = await session.scalar(
        select(tables.Notification)
        .where(tables.Notification.id == notification_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if ligne is None:
        raise NotFound(_("Message introuvable."), code="NOTIFICATION_NOT_FOUND")
    return ligne


async def _tell(session: AsyncSession, ligne: tables.Notification) -> None:
    if ligne.statut == Statut.ENVOYE.value:
        await publish(
            session,
            NotificationSent(
                notification_id=ligne.id, modele=ligne.modele, canal=ligne.canal, tentatives=ligne.tentatives
            ),
        )
    elif ligne.statut in {Statut.ECHEC.value, Statut.INCERTAIN.value}:
        await publish(
            session,
            NotificationFailed(
                notification_id=ligne.id,
                modele=ligne.modele,
                canal=ligne.canal,
                tentatives=ligne.tentatives,
                statut=ligne.statut,
            ),
        )


def _read(piece: tables.Piece) -> PieceJointe:
    return PieceJointe(nom=piece.nom, type_mime=piece.type_mime, contenu=base64.b64decode(piece.contenu))
