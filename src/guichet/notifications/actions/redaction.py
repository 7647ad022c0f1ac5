"""Writing a message to be sent, in the transaction of what causes it."""

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from guichet.annuaire.facade import is_mobile, normalise_telephone
from guichet.identite.facade import get_reglages, get_user
from guichet.notifications import tables
from guichet.notifications.messages import NotificationReceived
from guichet.notifications.metier import Canal, Statut, clean_address, domain_of, leave_quiet, message_id
from guichet.notifications.modeles import FUSEAU, Modele, PieceJointe, find_modele
from guichet.notifications.questions.preferences import address_key, why_not
from guichet.notifications.reglages import ReglagesNotifications
from guichet.socle.errors import Invalid
from guichet.socle.horloge import now
from guichet.socle.i18n import LOCALES, _
from guichet.socle.ids import new_id
from guichet.socle.messages import publish
from guichet.socle.settings import get_settings


@dataclass(frozen=True, kw_only=True)
class Redige:
    """A message written: `est_du` says that it may leave at once."""

    id: UUID
    est_du: bool


async def queue(
    session: AsyncSession,
    *,
    modele: str,
    destinataire: str,
    locale: str,
    donnees: Mapping[str, Any],
    cle: str,
    canal: str = Canal.EMAIL,
    au_plus_tot: datetime | None = None,
    au_plus_tard: datetime | None = None,
    transactionnel: bool = True,
    fuseau: str = FUSEAU,
    pieces: Sequence[PieceJointe] = (),
) -> Redige:
    """Write a message to be sent, in the caller's transaction; the same `cle` again gives the same message.

    See `facade.queue_notification`. Raises Invalid `ADRESSE_INVALIDE`, `TELEPHONE_INVALIDE`; NotFound `USER_NOT_FOUND`
    for an in-app message to nobody; ValueError when the template has no words for the channel or the data does not fit
    it (a defect of the caller).
    """
    voie = Canal(canal)
    declare = find_modele(modele)
    if voie not in declare.canaux:
        raise ValueError(f"template {modele} has no words for {voie}")
    donnees_sures = declare.check(dict(donnees))
    adresse = await _checked(session, voie, destinataire)
    identifiant, instant = new_id(), now()
    valeurs: dict[str, Any] = {
        "id": identifiant,
        "tenant_id": session.info["tenant_id"],
        "cle": cle,
        "modele": modele,
        "canal": voie.value,
        "locale": locale if locale in LOCALES else "fr",
        "destinataire": adresse,
        "donnees": donnees_sures.model_dump_json(),
        "message_id": message_id(identifiant, domain_of(get_settings().smtp_from)),
        "transactionnel": transactionnel,
        "fuseau": None if transactionnel else fuseau,
        "created_at": instant,
        "perime_a": au_plus_tard,
    }
    valeurs |= await _fate(
        session,
        modele=declare,
        canal=voie,
        adresse=adresse,
        au_plus_tot=au_plus_tot,
        au_plus_tard=au_plus_tard,
        fuseau=None if transactionnel else ZoneInfo(fuseau),
    )
    written = await session.scalar(
        insert(tables.Notification)
        .values(valeurs)
        .on_conflict_do_nothing(index_elements=["tenant_id", "cle"])
        .returning(tables.Notification.id)
    )
    if written is None:
        known = await session.scalar(select(tables.Notification.id).where(tables.Notification.cle == cle))
        assert known is not None
        return Redige(id=known, est_du=False)
    for rang, piece in enumerate(pieces):
        session.add(_stored(piece, tenant_id=valeurs["tenant_id"], notification_id=identifiant, rang=rang))
    await session.flush()
    if voie is Canal.INTERNE:
        await publish(session, NotificationReceived(notification_id=identifiant, user_id=valeurs["user_id"]))
    due = valeurs.get("prochaine_tentative")
    return Redige(id=identifiant, est_du=due is not None and due <= now())


async def _checked(session: AsyncSession, canal: Canal, destinataire: str) -> str:
    """The address in its one writing: e-mail, mobile in E.164, identifier of an account of the tenant."""
    if canal is Canal.INTERNE:
        user = await get_user(session, user_id=UUID(destinataire))
        return str(user.id)
    if canal is Canal.SMS:
        numero = normalise_telephone(destinataire)
        if not is_mobile(numero):
            raise Invalid(
                _("Ce numéro ne reçoit pas de SMS."),
                code="TELEPHONE_INVALIDE",
                champs={"telephone": _("Donnez un numéro de mobile.")},
            )
        return numero
    adresse = clean_address(destinataire)
    if adresse is None:
        raise Invalid(
            _("Cette adresse e-mail n'est pas valable."),
            code="ADRESSE_INVALIDE",
            champs={"email": _("Écrivez une adresse complète, par exemple nom@exemple.fr.")},
        )
    return adresse


async def _fate(
    session: AsyncSession,
    *,
    modele: Modele,
    canal: Canal,
    adresse: str,
    au_plus_tot: datetime | None,
    au_plus_tard: datetime | None,
    fuseau: ZoneInfo | None,
) -> dict[str, Any]:
    """Where the message starts: delivered, to be sent at an hour, or set aside with the reason."""
    instant = now()
    if canal is Canal.INTERNE:
        depart = {"statut": Statut.DISTRIBUE.value, "user_id": UUID(adresse)}
        return depart | {"voulu_a": instant, "envoye_a": instant, "distribue_a": instant}
    cle = address_key(canal, adresse)
    quand = max(instant, au_plus_tot) if au_plus_tot else instant
    if fuseau is not None:
        raison = await why_not(session, canal=canal, adresse_cle=cle, rappel=modele.rappel)
        if raison:
            return {"statut": Statut.ECARTE.value, "erreur": raison, "voulu_a": quand, "adresse_cle": cle}
        reglages = await get_reglages(session, ReglagesNotifications)
        quand = leave_quiet(quand, fuseau=fuseau, silence=reglages.silence)
    if au_plus_tard is not None and quand >= au_plus_tard:
        raison = _("Ce message serait arrivé trop tard : il n'est pas envoyé.")
        return {"statut": Statut.ECARTE.value, "erreur": raison, "voulu_a": quand, "adresse_cle": cle}
    return {
        "statut": Statut.A_ENVOYER.value,
        "prochaine_tentative": quand,
        "voulu_a": quand,
        "adresse_cle": cle,
    }


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
