"""Writing messages to be sent, and moving them through their states. Nothing here touches the network."""

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from guichet.notifications import tables
from guichet.notifications.messages import NotificationFailed, NotificationSent
from guichet.notifications.metier import Issue, Statut, clean_address, domain_of, message_id, settle
from guichet.notifications.modeles import PieceJointe, find_modele
from guichet.socle.errors import Conflict, Invalid, NotFound
from guichet.socle.horloge import now
from guichet.socle.i18n import LOCALES, _
from guichet.socle.ids import new_id
from guichet.socle.messages import publish
from guichet.socle.settings import get_settings


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
    pieces: tuple[PieceJointe, ...]


async def queue(
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
    """Write a message to be sent, in the caller's transaction; the same `cle` again gives the same message.

    Raises Invalid `ADRESSE_INVALIDE` for an address no server would take, ValueError when the data does not fit the
    template (a defect of the caller).
    """
    donnees_sures = find_modele(modele).check(dict(donnees))
    adresse = clean_address(destinataire)
    if adresse is None:
        raise Invalid(
            _("Cette adresse e-mail n'est pas valable."),
            code="ADRESSE_INVALIDE",
            champs={"email": _("Écrivez une adresse complète, par exemple nom@exemple.fr.")},
        )
    identifiant = new_id()
    valeurs = {
        "id": identifiant,
        "tenant_id": session.info["tenant_id"],
        "cle": cle,
        "modele": modele,
        "canal": canal,
        "locale": locale if locale in LOCALES else "fr",
        "destinataire": adresse,
        "donnees": donnees_sures.model_dump_json(),
        "message_id": message_id(identifiant, domain_of(get_settings().smtp_from)),
        "statut": Statut.A_ENVOYER.value,
        "prochaine_tentative": now(),
        "created_at": now(),
    }
    written = await session.scalar(
        insert(tables.Notification)
        .values(valeurs)
        .on_conflict_do_nothing(index_elements=["tenant_id", "cle"])
        .returning(tables.Notification.id)
    )
    if written is None:
        known = await session.scalar(select(tables.Notification.id).where(tables.Notification.cle == cle))
        assert known is not None
        return known
    for rang, piece in enumerate(pieces):
        session.add(_stored(piece, tenant_id=valeurs["tenant_id"], notification_id=identifiant, rang=rang))
    await session.flush()
    return identifiant


async def claim(session: AsyncSession, *, notification_id: UUID) -> AEnvoyer | None:
    """Take a due message for one attempt: `en_cours`, the attempt written. None when someone else has it or it waits.

    The caller commits before it sends.
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
    if ligne is None:
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
    suite = settle(issue, tentatives=numero, now=instant)
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

    Raises NotFound `NOTIFICATION_NOT_FOUND`; Conflict `NOTIFICATION_EN_ROUTE` while it is waiting or being sent.
    """
    ligne = await _locked(session, notification_id)
    if ligne.statut in {Statut.A_ENVOYER.value, Statut.EN_COURS.value}:
        raise Conflict(_("Ce message est déjà en route."), code="NOTIFICATION_EN_ROUTE")
    ligne.statut = Statut.A_ENVOYER.value
    ligne.prochaine_tentative = now()
    await session.flush()


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


def _stored(piece: PieceJointe, *, tenant_id: UUID, notification_id: UUID, rang: int) -> tables.Piece:
    return tables.Piece(
        id=new_id(),
        tenant_id=tenant_id,
        notification_id=notification_id,
        rang=rang,
        nom=piece.nom,
        type_mime=piece.type_mime,
        contenu=base64.b64encode(piece.contenu).decode(),
    )


def _read(piece: tables.Piece) -> PieceJointe:
    return PieceJointe(nom=piece.nom, type_mime=piece.type_mime, contenu=base64.b64decode(piece.contenu))
