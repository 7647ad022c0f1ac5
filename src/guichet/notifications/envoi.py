"""Sending: claim in one transaction, speak to the provider outside any, write the outcome in another."""

import asyncio
import logging
from datetime import datetime
from uuid import UUID

from sqlalchemy import text

from guichet.notifications import actions
from guichet.notifications.actions import AEnvoyer
from guichet.notifications.courriel import build_mail
from guichet.notifications.marque import load_marque
from guichet.notifications.metier import DELAI_ORPHELINE, Canal, Issue, Statut
from guichet.notifications.modeles import Marque, find_modele, render
from guichet.notifications.transport import Resultat, configured_server, hand_over
from guichet.socle.database import get_database, in_transaction
from guichet.socle.i18n import _
from guichet.socle.jobs import Travail, job
from guichet.socle.settings import get_settings

DE_FRONT = 8
PAR_PASSAGE = 200

_log = logging.getLogger(__name__)


@job(queue="notifications", transaction=False, essais=1)
async def send(travail: Travail, *, notification_id: UUID) -> None:
    """Try a message as soon as it is queued; what does not leave now is swept up the ladder."""
    assert travail.tenant_id is not None
    await send_one(travail.tenant_id, notification_id)


async def send_one(tenant_id: UUID, notification_id: UUID) -> Statut | None:
    """One attempt at one message. None when it was not due or someone else has it."""
    assert not in_transaction(), "no outside call inside a transaction"
    database = get_database()
    async with database.transaction(tenant_id) as session:
        message = await actions.claim(session, notification_id=notification_id, muets=_silent_channels())
        if message is None:
            return None
        marque = await load_marque(session, tenant_id=tenant_id)
    resultat = await _attempt(message, marque)
    async with database.transaction(tenant_id) as session:
        return await actions.finish(
            session,
            notification_id=notification_id,
            numero=message.numero,
            issue=resultat.issue,
            reponse=resultat.reponse,
        )


def _silent_channels() -> frozenset[Canal]:
    """The channels nobody is configured to send on."""
    return frozenset({Canal.SMS})


async def _attempt(message: AEnvoyer, marque: Marque) -> Resultat:
    try:
        modele = find_modele(message.modele)
        donnees = modele.donnees.model_validate_json(message.donnees)
        pieces = [*message.pieces]
        if modele.pieces:
            pieces += await modele.pieces(donnees, marque, message.locale)
        mail = build_mail(
            render(modele, donnees, marque, locale=message.locale),
            marque=marque,
            destinataire=message.destinataire,
            message_id=message.message_id,
            date=message.created_at,
            locale=message.locale,
            pieces=pieces,
        )
    except Exception:  # noqa: BLE001  a template that fails today fails tomorrow: say so once instead of trying for two days
        _log.exception("message %s cannot be made from its template", message.id)
        return Resultat(issue=Issue.REFUSEE, reponse=_("Le message n'a pas pu être composé."))
    return await hand_over(mail, destinataire=message.destinataire, serveur=configured_server(get_settings()))


async def sweep(instant: datetime) -> None:
    """Send what is due, over all tenants, and set aside the attempts nobody finished."""
    async with get_database().transaction() as session:
        lignes = await session.execute(
            text("select tenant_id, id, statut from notifications.echeances(:instant, :orphelines, :limite)"),
            {"instant": instant, "orphelines": instant - DELAI_ORPHELINE, "limite": PAR_PASSAGE},
        )
        echeances = [(ligne.tenant_id, ligne.id, Statut(ligne.statut)) for ligne in lignes]
    places = asyncio.Semaphore(DE_FRONT)

    async def treat(tenant_id: UUID, notification_id: UUID, statut: Statut) -> None:
        async with places:
            if statut is Statut.EN_COURS:
                await _set_aside(tenant_id, notification_id, instant - DELAI_ORPHELINE)
            else:
                await send_one(tenant_id, notification_id)

    async with asyncio.TaskGroup() as groupe:
        for echeance in echeances:
            groupe.create_task(treat(*echeance))


async def _set_aside(tenant_id: UUID, notification_id: UUID, avant: datetime) -> None:
    async with get_database().transaction(tenant_id) as session:
        if await actions.give_up_orphan(session, notification_id=notification_id, avant=avant):
            _log.warning("message %s: its sending was interrupted, outcome unknown", notification_id)
