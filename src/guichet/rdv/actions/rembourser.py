"""What goes back to the customer when an appointment that was paid online is cancelled (rule 7).

Reckoned at the instant of the cancellation, written a moment later: the row of a payment is never locked after a day
(ADR 78), and a message delivered twice gives nothing back twice.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from guichet.identite.facade import get_reglages
from guichet.paiements.facade import (
    Canal,
    PaiementVue,
    StatutRemboursement,
    find_paiements,
    list_remboursements,
    refund_paiement,
)
from guichet.rdv.actions.tenues import reference_of
from guichet.rdv.messages import RdvCancelled
from guichet.rdv.metier.delais import can_cancel, refund
from guichet.rdv.metier.etats import TRANSITIONS
from guichet.rdv.metier.reglages import Reservation
from guichet.rdv.metier.types import MotifAnnulation, Statut
from guichet.rdv.metier.vues import RdvVue
from guichet.rdv.permissions import ANNULATION
from guichet.rdv.questions.fiches import read_accessible
from guichet.rdv.tables import Rdv
from guichet.socle.acces import Appelant
from guichet.socle.horloge import now

MOTIF: Final = "annulation"


@dataclass(frozen=True)
class Rendu:
    """Cents paid online and not given back yet, cents given back if it is cancelled now, and whether it can be."""

    paye_cents: int
    rendu_cents: int
    annulable: bool


async def preview_refund(session: AsyncSession, *, rdv_id: UUID, appelant: Appelant) -> Rendu:
    """What cancelling now would give back; nothing is written. Raises as reading the appointment does."""
    rdv = await read_accessible(session, rdv_id=rdv_id, appelant=appelant)
    par_client = not (appelant.is_known and appelant.can(ANNULATION))
    return await reckon_refund(session, rdv, motif=MotifAnnulation.CLIENT if par_client else MotifAnnulation.CENTRE)


async def reckon_refund(session: AsyncSession, rdv: RdvVue, *, motif: MotifAnnulation) -> Rendu:
    """What goes back if an appointment is cancelled now, by its customer or by its centre."""
    maintenant = now()
    paye = rendu = 0
    for paiement in await _paid_online(session, rdv.id):
        paye += paiement.remboursable_cents
        du = await _owed(session, paiement, debut=rdv.debut, maintenant=maintenant, motif=motif)
        rendu += min(du, paiement.remboursable_cents)
    par_client = motif is MotifAnnulation.CLIENT
    annulable = (
        can_cancel(rdv.statut, rdv.debut, maintenant) if par_client else Statut.ANNULE in TRANSITIONS[rdv.statut]
    )
    return Rendu(paye, rendu, annulable)


async def refund_cancelled(session: AsyncSession, event: RdvCancelled) -> None:
    """Give back what the policy of the tenant gives back; all of it when the centre cancels. Once, however often told."""
    paiements = await _paid_online(session, event.rdv_id)
    if not paiements:
        return
    # Read after the payments: money and the state of the appointment change in one commit.
    ligne = await session.get(Rdv, event.rdv_id, populate_existing=True)
    if ligne is None or ligne.statut != Statut.ANNULE or ligne.annule_le is None:
        return
    for paiement in paiements:
        faits = await list_remboursements(session, paiement_id=paiement.id)
        if any(f.motif == MOTIF for f in faits):
            continue
        du = await _owed(
            session, paiement, debut=ligne.debut, maintenant=ligne.annule_le, motif=MotifAnnulation(event.motif)
        )
        promis = sum(f.montant_cents for f in faits if f.statut != StatutRemboursement.REFUSE)
        montant = min(du, paiement.encaisse_cents - promis)
        if montant > 0:
            await refund_paiement(
                session,
                reference=paiement.reference,
                montant_cents=montant,
                motif=MOTIF,
                cle=f"{MOTIF}:{paiement.id}",
                paiement_id=paiement.id,
            )


async def _paid_online(session: AsyncSession, rdv_id: UUID) -> list[PaiementVue]:
    paiements = await find_paiements(session, reference=reference_of(rdv_id))
    return [p for p in paiements if p.canal == Canal.EN_LIGNE and p.encaisse_cents]


async def _owed(
    session: AsyncSession, paiement: PaiementVue, *, debut: datetime, maintenant: datetime, motif: MotifAnnulation
) -> int:
    politique = (await get_reglages(session, Reservation)).paliers
    return refund(paiement.encaisse_cents, debut=debut, maintenant=maintenant, motif=motif, politique=politique)
