"""Speaking to providers: read in one transaction, ask outside any, apply in another. Whatever dies between is found again.

Each exchange may be repeated at any moment: opening a page and giving money back carry our own key, and what is applied
is the difference between the provider's word and ours.
"""

import logging
from datetime import datetime
from urllib.parse import urlsplit
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from guichet.paiements.actions import appliquer, evenements, rembourser
from guichet.paiements.fournisseurs import build_fournisseur
from guichet.paiements.metier.delais import PREMIERE_VERIFICATION
from guichet.paiements.metier.types import TENTATIVES_MAX, Statut
from guichet.paiements.port import (
    DemandeRemboursement,
    DemandeSession,
    Fournisseur,
    FournisseurIndisponible,
    FournisseurRefuse,
    SessionPaiement,
)
from guichet.paiements.questions.fiches import build_lien, read_acheteur, read_lignes
from guichet.paiements.tables import Paiement
from guichet.socle.database import get_database, in_transaction
from guichet.socle.horloge import now
from guichet.socle.jobs import Travail, job
from guichet.socle.reprise import resumable
from guichet.socle.settings import get_settings

_log = logging.getLogger(__name__)
ROUTE_NOTIFICATIONS = "/api/v1/payment/{provider}/notifications"


async def open_door(session: AsyncSession, *, fournisseur: str) -> Fournisseur:
    """The adapter of the session's tenant, with its keys. Use it once the transaction is over."""
    secrets, _curseur = await evenements.read_acces(session, fournisseur=fournisseur)
    return build_fournisseur(fournisseur, tenant_id=session.info["tenant_id"], secrets=secrets)


async def ensure_session(tenant_id: UUID, paiement_id: UUID) -> SessionPaiement | None:
    """The provider's page of a waiting payment, opened at the first call. None when the payment waits no more.

    Raises FournisseurIndisponible, FournisseurRefuse.
    """
    assert not in_transaction(), "no outside call inside a transaction"
    database = get_database()
    async with database.transaction(tenant_id) as session:
        ligne = await session.get(Paiement, paiement_id)
        if ligne is None or ligne.statut != Statut.PENDING or ligne.fournisseur is None:
            return None
        if ligne.session_id and ligne.session_url:
            return SessionPaiement(id=ligne.session_id, url=ligne.session_url, champs_url=ligne.champs_url or "")
        demande = _demande(session, ligne)
        door = await open_door(session, fournisseur=ligne.fournisseur)
    async with door:
        ouverte = await door.create_session(demande)
    async with database.transaction(tenant_id) as session:
        encore = await session.get(Paiement, paiement_id, with_for_update=True)
        assert encore is not None
        encore.session_id, encore.session_url = ouverte.id, ouverte.url
        encore.champs_url = ouverte.champs_url or None
        # Closed while the page was being opened: it must be closed there too, and soon.
        encore.a_verifier = now() + PREMIERE_VERIFICATION if encore.statut == Statut.PENDING else now()
        attend = encore.statut == Statut.PENDING
    return ouverte if attend else None


def _demande(session: AsyncSession, ligne: Paiement) -> DemandeSession:
    assert ligne.expire_a is not None
    url = get_settings().url
    lien = build_lien(session, ligne.id)
    parts = urlsplit(url)
    chemin = ROUTE_NOTIFICATIONS.format(provider=ligne.fournisseur)
    return DemandeSession(
        cle=f"{ligne.id}:{int(ligne.expire_a.timestamp())}",
        montant_cents=ligne.montant_cents,
        lignes=read_lignes(ligne.lignes),
        reference=ligne.reference,
        email=read_acheteur(ligne.acheteur).email,
        langue=ligne.langue,
        retour_url=f"{url}/paiement/success?paiement={ligne.id}&lien={lien}",
        abandon_url=f"{url}/paiement/{ligne.id}?lien={lien}",
        notification_url=f"{url}{chemin}?reseau={ligne.tenant_id.hex}",
        origine=f"{parts.scheme}://{parts.netloc}",
        expire_a=ligne.expire_a,
        tentatives_max=TENTATIVES_MAX,
    )


async def sync_paiement(tenant_id: UUID, paiement_id: UUID) -> Statut | None:
    """Ask the provider about a payment and apply its answer. None when there is nobody to ask yet.

    A payment that failed here while its page is still open there has that page closed: nobody pays for nothing. Raises
    FournisseurIndisponible, FournisseurRefuse.
    """
    assert not in_transaction(), "no outside call inside a transaction"
    database = get_database()
    async with database.transaction(tenant_id) as session:
        ligne = await session.get(Paiement, paiement_id)
        if ligne is None or ligne.fournisseur is None or ligne.session_id is None:
            return None
        session_id, closed = ligne.session_id, ligne.statut == Statut.FAILED
        door = await open_door(session, fournisseur=ligne.fournisseur)
    async with door:
        constat = await (door.close_session(session_id) if closed else door.fetch(session_id))

    async def apply() -> Statut | None:
        async with database.transaction(tenant_id) as session:
            return await appliquer.apply_constat(session, paiement_id=paiement_id, constat=constat)

    return await resumable(apply)  # what follows a payment may have to look for a place


async def verify(tenant_id: UUID, paiement_id: UUID) -> None:
    """What the sweep does with a payment due to be looked at: ask, or give it up where nobody ever went to pay."""
    try:
        statut = await sync_paiement(tenant_id, paiement_id)
    except (FournisseurIndisponible, FournisseurRefuse) as error:
        _log.warning("payment %s could not be verified: %s", paiement_id, type(error).__name__)
        async with get_database().transaction(tenant_id) as session:
            await appliquer.postpone_verification(session, paiement_id=paiement_id)
        return
    if statut is None:
        async with get_database().transaction(tenant_id) as session:
            await appliquer.give_up(session, paiement_id=paiement_id)


async def execute_remboursement(tenant_id: UUID, remboursement_id: UUID) -> None:
    """Ask the provider for a due refund and apply its answer; a silence is asked again later under the same key."""
    assert not in_transaction(), "no outside call inside a transaction"
    database = get_database()
    async with database.transaction(tenant_id) as session:
        demande = await rembourser.claim_remboursement(session, remboursement_id=remboursement_id)
        if demande is None:
            return
        door = await open_door(session, fournisseur=demande.fournisseur)
    try:
        async with door:
            await door.refund(
                DemandeRemboursement(
                    cle=demande.id,
                    session_id=demande.session_id,
                    montant_cents=demande.montant_cents,
                    motif=demande.motif,
                )
            )
            constat = await door.fetch(demande.session_id)
    except (FournisseurIndisponible, FournisseurRefuse) as error:
        _log.warning("refund %s was not done: %s", demande.id, error)
        async with database.transaction(tenant_id) as session:
            await rembourser.postpone_remboursement(session, demande=demande, erreur=str(error)[:300])
        return
    async with database.transaction(tenant_id) as session:
        await appliquer.apply_constat(session, paiement_id=demande.paiement_id, constat=constat)


async def treat_evenement(tenant_id: UUID, evenement_id: UUID) -> None:
    """Ask the provider about the payment an event names, apply, and mark the event treated. A silence leaves it for later."""
    database = get_database()
    async with database.transaction(tenant_id) as session:
        paiement_id = await evenements.find_concerned(session, evenement_id=evenement_id)
    if paiement_id is None:
        return
    erreur: str | None = None
    try:
        await sync_paiement(tenant_id, paiement_id)
    except (FournisseurIndisponible, FournisseurRefuse) as error:
        erreur = str(error)[:300] or type(error).__name__
    async with database.transaction(tenant_id) as session:
        await evenements.mark_treated(session, evenement_id=evenement_id, erreur=erreur)


async def read_missed(tenant_id: UUID, *, fournisseur: str, jusqua: datetime) -> int:
    """Read the events the provider has and we have not; those never heard are kept and treated. Returns how many.

    `jusqua` bounds the work of one call. Raises FournisseurIndisponible, FournisseurRefuse.
    """
    assert not in_transaction(), "no outside call inside a transaction"
    database = get_database()
    manques: list[UUID] = []
    async with database.transaction(tenant_id) as session:
        _secrets, curseur = await evenements.read_acces(session, fournisseur=fournisseur)
        door = await open_door(session, fournisseur=fournisseur)
    async with door:
        while True:
            releve = await door.list_events(curseur)
            async with database.transaction(tenant_id) as session:
                for evenement in releve.evenements:
                    nouveau = await evenements.store_evenement(
                        session, fournisseur=fournisseur, evenement=evenement, source="releve"
                    )
                    manques += [nouveau] if nouveau else []
                if releve.curseur != curseur:
                    await evenements.move_curseur(session, fournisseur=fournisseur, curseur=releve.curseur)
            curseur = releve.curseur
            if releve.is_last or now() >= jusqua:
                break
    for evenement_id in manques:
        await treat_evenement(tenant_id, evenement_id)
    return len(manques)


@job(queue="paiements", transaction=False, essais=3)
async def rembourser_job(travail: Travail, *, remboursement_id: UUID) -> None:
    """Give money back as soon as it is asked; what does not go through now is swept."""
    assert travail.tenant_id is not None
    await execute_remboursement(travail.tenant_id, remboursement_id)


@job(queue="paiements", transaction=False, essais=3)
async def verifier_job(travail: Travail, *, paiement_id: UUID) -> None:
    """Ask about a payment now: it was closed here, its page must be closed there."""
    assert travail.tenant_id is not None
    await verify(travail.tenant_id, paiement_id)


@job(queue="paiements", transaction=False, essais=3)
async def traiter_job(travail: Travail, *, evenement_id: UUID) -> None:
    """Apply a notification as soon as it is stored."""
    assert travail.tenant_id is not None
    await treat_evenement(travail.tenant_id, evenement_id)
