"""Sending: claim in one transaction, speak to the provider outside any, write the outcome in another."""

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from typing import Any
from uuid import UUID

from sqlalchemy import text

from guichet.notifications import actions
from guichet.notifications.actions import AEnvoyer
from guichet.notifications.choix import build_choix, choix_url
from guichet.notifications.courriel import build_mail
from guichet.notifications.marque import load_marque
from guichet.notifications.metier import DELAI_ORPHELINE, Canal, Issue, Statut
from guichet.notifications.modeles import Donnees, Marque, Rendu, find_modele, render
from guichet.notifications.mots import Mots
from guichet.notifications.questions.modeles import get_words
from guichet.notifications.sms import FournisseurSms, Sms, configured_providers, hand_over_sms
from guichet.notifications.sms.liens import callback_urls
from guichet.notifications.transport import Resultat, configured_server, hand_over
from guichet.socle.database import get_database, in_transaction
from guichet.socle.i18n import _
from guichet.socle.jobs import Travail, job
from guichet.socle.settings import get_settings
from guichet.socle.telemetrie.metriques import compteur

DE_FRONT = 8
PAR_PASSAGE = 200

TENTATIVES = compteur("message_attempts", "Attempts at sending messages, by channel and outcome", ("canal", "issue"))
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
    fournisseurs = configured_providers(get_settings())
    muets = frozenset() if fournisseurs else frozenset({Canal.SMS})
    async with database.transaction(tenant_id) as session:
        message = await actions.claim(session, notification_id=notification_id, muets=muets)
        if message is None:
            return None
        enveloppe = Enveloppe(
            marque=await load_marque(session, tenant_id=tenant_id),
            mots=await get_words(session, modele=message.modele, canal=message.canal, locale=message.locale),
        )
    resultat = await _attempt(message, enveloppe, fournisseurs)
    TENTATIVES.labels(message.canal.value, resultat.issue.value).inc()
    async with database.transaction(tenant_id) as session:
        return await actions.finish(
            session,
            notification_id=notification_id,
            numero=message.numero,
            issue=resultat.issue,
            reponse=resultat.reponse,
            precisions=actions.Precisions(
                fournisseur=resultat.fournisseur,
                reference=resultat.reference,
                segments=resultat.segments,
                adresse_rejetee=resultat.adresse_rejetee,
            ),
        )


@dataclass(frozen=True, kw_only=True)
class Enveloppe:
    """What a message is dressed in: its sender, and the tenant's own words when it has some."""

    marque: Marque
    mots: Mots


async def _attempt(message: AEnvoyer, enveloppe: Enveloppe, fournisseurs: Sequence[FournisseurSms]) -> Resultat:
    try:
        if message.canal is Canal.SMS:
            sms = _compose_sms(message, enveloppe)
        else:
            mail = await _compose_mail(message, enveloppe)
    except Exception:  # noqa: BLE001  a template that fails today fails tomorrow: say so once instead of trying for two days
        _log.exception("message %s cannot be made from its template", message.id)
        return Resultat(issue=Issue.REFUSEE, reponse=_("Le message n'a pas pu être composé."))
    if message.canal is Canal.SMS:
        return await hand_over_sms(sms, fournisseurs)
    return await hand_over(mail, destinataire=message.destinataire, serveur=configured_server(get_settings()))


def _fill(message: AEnvoyer, enveloppe: Enveloppe, donnees: Donnees, choix: str = "") -> Rendu:
    """In the tenant's own words, or in the house's when those do not fit the data of the day."""
    modele = find_modele(message.modele)
    options: dict[str, Any] = {"locale": message.locale, "canal": message.canal, "choix": choix}
    try:
        return render(modele, donnees, enveloppe.marque, mots=enveloppe.mots, **options)
    except Exception:
        if enveloppe.mots.texte is None:
            raise
        _log.warning("message %s: the tenant's own words do not fit, the house's are used", message.id, exc_info=True)
        return render(modele, donnees, enveloppe.marque, **options)


async def _compose_mail(message: AEnvoyer, enveloppe: Enveloppe) -> EmailMessage:
    modele = find_modele(message.modele)
    donnees = modele.donnees.model_validate_json(message.donnees)
    pieces = [*message.pieces]
    if modele.pieces:
        pieces += await modele.pieces(donnees, enveloppe.marque, message.locale)
    choix = ""
    if not message.transactionnel:
        choix = choix_url(build_choix(tenant_id=message.tenant_id, notification_id=message.id))
    return build_mail(
        _fill(message, enveloppe, donnees, choix),
        marque=enveloppe.marque,
        destinataire=message.destinataire,
        message_id=message.message_id,
        date=message.created_at,
        locale=message.locale,
        pieces=pieces,
        choix=choix,
    )


def _compose_sms(message: AEnvoyer, enveloppe: Enveloppe) -> Sms:
    donnees = find_modele(message.modele).donnees.model_validate_json(message.donnees)
    accuse, reponse = callback_urls(tenant_id=message.tenant_id, notification_id=message.id, numero=message.numero)
    return Sms(
        numero=message.destinataire,
        texte=_fill(message, enveloppe, donnees).texte,
        expediteur=enveloppe.marque.expediteur_sms,
        reference=message.id.hex,
        accuse_url=accuse,
        reponse_url=reponse,
    )


async def sweep(instant: datetime) -> None:
    """Send what is due, over all tenants, and set aside the attempts nobody finished.

    A message that cannot be treated (its template is gone, its key is lost) is logged; the others leave.
    """
    async with get_database().transaction() as session:
        lignes = await session.execute(
            text("select tenant_id, id, statut from notifications.echeances(:instant, :orphelines, :limite)"),
            {"instant": instant, "orphelines": instant - DELAI_ORPHELINE, "limite": PAR_PASSAGE},
        )
        echeances = [(ligne.tenant_id, ligne.id, Statut(ligne.statut)) for ligne in lignes]
    places = asyncio.Semaphore(DE_FRONT)

    async def treat(tenant_id: UUID, notification_id: UUID, statut: Statut) -> None:
        async with places:
            try:
                if statut is Statut.EN_COURS:
                    await _set_aside(tenant_id, notification_id, instant - DELAI_ORPHELINE)
                else:
                    await send_one(tenant_id, notification_id)
            except Exception:  # noqa: BLE001  what cannot be treated of one message holds nobody else's back
                _log.exception("message %s cannot be treated", notification_id)

    async with asyncio.TaskGroup() as groupe:
        for echeance in echeances:
            groupe.create_task(treat(*echeance))


async def _set_aside(tenant_id: UUID, notification_id: UUID, avant: datetime) -> None:
    async with get_database().transaction(tenant_id) as session:
        if await actions.give_up_orphan(session, notification_id=notification_id, avant=avant):
            TENTATIVES.labels("inconnu", Issue.INCERTAINE.value).inc()
            _log.warning("message %s: its sending was interrupted, outcome unknown", notification_id)
