"""What other contexts may ask of payments. Keyword-only after the session; frozen values; the caller's transaction.

Nothing here calls a provider: what must be said to one is left to a job of the same commit, or to the payment page.
"""

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from guichet.paiements import echanges
from guichet.paiements.actions import ouvrir, rembourser
from guichet.paiements.actions.encaisser import record_encaissement
from guichet.paiements.actions.ouvrir import open_paiement
from guichet.paiements.documents import build_piece_pdf
from guichet.paiements.metier.cartes import refuse_carte
from guichet.paiements.metier.montants import LignePaiement
from guichet.paiements.metier.types import Canal, MotifEchec, Moyen, Statut, StatutRemboursement
from guichet.paiements.metier.vues import Acheteur, CaisseVue, LigneCaisse, PaiementVue, RecuVue, RemboursementVue
from guichet.paiements.permissions import ENCAISSEMENT, LECTURE, REMBOURSEMENT, paiement_not_found
from guichet.paiements.questions.caisse import list_caisse
from guichet.paiements.questions.fiches import find_paiement, find_paiements, list_pieces, list_remboursements
from guichet.paiements.reglages import BAC_A_SABLE, ReglagesPaiement, find_fournisseur
from guichet.socle.jobs import defer

__all__ = [
    "BAC_A_SABLE",
    "ENCAISSEMENT",
    "LECTURE",
    "REMBOURSEMENT",
    "Acheteur",
    "CaisseVue",
    "Canal",
    "LigneCaisse",
    "LignePaiement",
    "MotifEchec",
    "Moyen",
    "PaiementVue",
    "RecuVue",
    "ReglagesPaiement",
    "RemboursementVue",
    "Statut",
    "StatutRemboursement",
    "build_piece_pdf",
    "close_paiement",
    "find_paiements",
    "get_paiement",
    "list_caisse",
    "list_pieces",
    "list_remboursements",
    "open_paiement",
    "record_encaissement",
    "refund_paiement",
    "refuse_carte",
    "sells_online",
]


async def sells_online(session: AsyncSession) -> bool:
    """Does the session's tenant take money online?"""
    return await find_fournisseur(session) is not None


async def get_paiement(session: AsyncSession, *, paiement_id: UUID) -> PaiementVue:
    """A payment of the tenant. Raises NotFound `PAIEMENT_NOT_FOUND`."""
    vue = await find_paiement(session, paiement_id=paiement_id)
    if vue is None:
        raise paiement_not_found()
    return vue


async def close_paiement(session: AsyncSession, *, reference: str, motif: str) -> None:
    """Nobody will pay this reference any more (`annule` or `expiration`): what waits fails, and its page is closed.

    Nothing happens where nothing waits. Money taken all the same is told later, as late. Raises ValueError for another motif.
    """
    for ligne in await ouvrir.close_paiement(session, reference=reference, motif=motif):
        if ligne.session_id:
            await defer(session, echanges.verifier_job, paiement_id=ligne.id)


async def refund_paiement(
    session: AsyncSession,
    *,
    reference: str,
    montant_cents: int,
    motif: str,
    cle: str,
    paiement_id: UUID | None = None,
) -> RemboursementVue:
    """Give `montant_cents` of a reference back; the same `cle` gives the same refund. A card's provider is asked by a job.

    Raises Invalid `REMBOURSEMENT_EXCESSIF`, Conflict `PAIEMENT_NON_ENCAISSE`, Conflict `REMBOURSEMENT_DIFFERENT`.
    """
    vue = await rembourser.refund_paiement(
        session, reference=reference, montant_cents=montant_cents, motif=motif, cle=cle, paiement_id=paiement_id
    )
    if vue.statut == StatutRemboursement.A_ENVOYER:
        await defer(session, echanges.rembourser_job, remboursement_id=vue.id)
    return vue
