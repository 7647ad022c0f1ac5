"""Moving messages through their states. Nothing here touches the network."""

import base64
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import delete, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from guichet.identite.facade import get_reglages
from guichet.notifications import tables
from guichet.notifications.messages import NotificationDelivered, NotificationFailed, NotificationSent
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
from guichet.notifications.modeles import FUSEAU, PieceJointe, find_modele
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
    transactionnel: bool
    pieces: tuple[PieceJointe, ...]


@dataclass(frozen=True, kw_only=True)
class Precisions:
    """What else an attempt taught: see `transport.Resultat`."""

    fournisseur: str = ""
    reference: str = ""
    segments: int | None = None
    adresse_rejetee: bool = False


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
        transactionnel=ligne.transactionnel,
        pieces=tuple(_read(piece) for piece in pieces),
    )


async def finish(
    session: AsyncSession,
    *,
    notification_id: UUID,
    numero: int,
    issue: Issue,
    reponse: str,
    precisions: Precisions | None = None,
) -> Statut | None:
    """Write how the attempt `numero` ended and what follows. None when the message has moved on since.

    An outcome learnt late still settles an attempt that was taken for lost. An address refused for good is marked, one
    that takes a message again no longer is.
    """
    precisions = precisions or Precisions()
    instant = now()
    ligne = await locked(session, notification_id)
    if ligne.tentatives != numero or ligne.statut not in {Statut.EN_COURS.value, Statut.INCERTAIN.value}:
        return None
    suite = settle(issue, tentatives=numero, now=instant, canal=Canal(ligne.canal))
    await session.execute(
        update(tables.Tentative)
        .where(tables.Tentative.notification_id == notification_id, tables.Tentative.numero == numero)
        .values(fin=instant, issue=issue.value, reponse=reponse, fournisseur=precisions.fournisseur or None)
    )
    ligne.fournisseur = precisions.fournisseur or ligne.fournisseur
    ligne.reference_fournisseur = precisions.reference or ligne.reference_fournisseur
    ligne.segments = precisions.segments or ligne.segments
    await _mark_address(session, ligne, issue, reponse, rejetee=precisions.adresse_rejetee)
    ligne.statut = suite.statut.value
    ligne.prochaine_tentative = suite.prochaine_tentative
    ligne.erreur = None if suite.statut is Statut.ENVOYE else reponse
    ligne.envoye_a = instant if suite.statut is Statut.ENVOYE else None
    if suite.prochaine_tentative is not None and not ligne.transactionnel:
        ligne.prochaine_tentative = await _after_quiet(session, ligne, suite.prochaine_tentative)
    await tell(session, ligne)
    return suite.statut


async def _mark_address(
    session: AsyncSession, ligne: tables.Notification, issue: Issue, reponse: str, *, rejetee: bool
) -> None:
    if ligne.adresse_cle is None:
        return
    if issue is Issue.ACCEPTEE:
        await session.execute(
            delete(tables.Adresse).where(
                tables.Adresse.canal == ligne.canal, tables.Adresse.adresse_cle == ligne.adresse_cle
            )
        )
    elif rejetee:
        valeurs = {"rejetee_le": now(), "raison": reponse}
        cle = {"tenant_id": ligne.tenant_id, "canal": ligne.canal, "adresse_cle": ligne.adresse_cle}
        await session.execute(
            insert(tables.Adresse)
            .values(cle | valeurs)
            .on_conflict_do_update(index_elements=["tenant_id", "canal", "adresse_cle"], set_=valeurs)
        )


async def give_up_orphan(session: AsyncSession, *, notification_id: UUID, avant: datetime) -> bool:
    """An attempt begun before `avant` that nobody finished: its outcome is unknown, and it is never repeated by itself."""
    ligne = await locked(session, notification_id)
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
    ligne = await locked(session, notification_id)
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
    ligne.perime_a = None  # a person wants it sent all the same
    await session.flush()


async def _is_held_back(session: AsyncSession, ligne: tables.Notification, muets: frozenset[Canal]) -> bool:
    """True when a due message does not leave now; what becomes of it is written."""
    instant, canal = now(), Canal(ligne.canal)
    voulu_a = ligne.voulu_a or ligne.created_at
    trop_tard = ligne.perime_a is not None and instant >= ligne.perime_a
    if trop_tard or (
        ligne.tentatives == 0 and is_stale(canal, created_at=ligne.created_at, voulu_a=voulu_a, now=instant)
    ):
        _stop(ligne, Statut.ECHEC, _("Ce message n'a pas pu partir à temps : il n'a plus d'objet."))
        await tell(session, ligne)
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
    assert ligne.adresse_cle is not None
    rappel = find_modele(ligne.modele).rappel
    raison = await why_not(session, canal=canal, adresse_cle=ligne.adresse_cle, rappel=rappel)
    if raison:
        _stop(ligne, Statut.ECARTE, raison)
        return True
    instant = now()
    quand = await _after_quiet(session, ligne, instant)
    if quand > instant:
        ligne.prochaine_tentative = quand
        return True
    return False


async def _after_quiet(session: AsyncSession, ligne: tables.Notification, quand: datetime) -> datetime:
    """The first hour from `quand` on at which its reader may be disturbed."""
    silence = (await get_reglages(session, ReglagesNotifications)).silence
    return leave_quiet(quand, fuseau=ZoneInfo(ligne.fuseau or FUSEAU), silence=silence)


def _stop(ligne: tables.Notification, statut: Statut, raison: str) -> None:
    ligne.statut = statut.value
    ligne.prochaine_tentative = None
    ligne.erreur = raison


async def locked(session: AsyncSession, notification_id: UUID) -> tables.Notification:
    """A message, locked until the commit. Raises NotFound `NOTIFICATION_NOT_FOUND`."""
    ligne = await session.scalar(
        select(tables.Notification)
        .where(tables.Notification.id == notification_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if ligne is None:
        raise NotFound(_("Message introuvable."), code="NOTIFICATION_NOT_FOUND")
    return ligne


async def tell(session: AsyncSession, ligne: tables.Notification) -> None:
    """Publish where a message stands, when that is worth saying."""
    if ligne.statut == Statut.ENVOYE.value:
        await publish(
            session,
            NotificationSent(
                notification_id=ligne.id, modele=ligne.modele, canal=ligne.canal, tentatives=ligne.tentatives
            ),
        )
    elif ligne.statut == Statut.DISTRIBUE.value:
        await publish(session, NotificationDelivered(notification_id=ligne.id, modele=ligne.modele, canal=ligne.canal))
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
