"""What goes back to the customer when an appointment that was paid online is cancelled (rule 7), or costs less than before.

Reckoned at the instant of the change, written a moment later: the row of a payment is never locked after a day
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
    close_paiement,
    find_paiements,
    list_remboursements,
    refund_paiement,
)
from guichet.rdv.actions.tenues import PRIX, reckon_promis, reference_of
from guichet.rdv.messages import RdvCancelled, RdvUpdated
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
    for paiement, deja, montant in await _settle(session, event):
        if deja is None and montant > 0:
            await refund_paiement(
                session,
                reference=paiement.reference,
                montant_cents=montant,
                motif=MOTIF,
                cle=f"{MOTIF}:{paiement.id}",
                paiement_id=paiement.id,
            )


async def reckon_cancelled(session: AsyncSession, event: RdvCancelled) -> Rendu:
    """What a cancellation gives back, before or after it is written: cents paid online and not given back before it."""
    paye = rendu = 0
    for paiement, deja, montant in await _settle(session, event):
        faits = await list_remboursements(session, paiement_id=paiement.id)
        autres = sum(f.montant_cents for f in faits if f.motif != MOTIF and f.statut != StatutRemboursement.REFUSE)
        paye += paiement.encaisse_cents - autres
        rendu += montant if deja is None else deja
    return Rendu(paye, rendu, annulable=False)


async def _settle(session: AsyncSession, event: RdvCancelled) -> list[tuple[PaiementVue, int | None, int]]:
    """For each payment made online of a cancelled appointment: what its cancellation gave back already, else what it owes."""
    paiements = await _paid_online(session, event.rdv_id)
    # Read after the payments: money and the state of the appointment change in one commit.
    ligne = await session.get(Rdv, event.rdv_id, populate_existing=True) if paiements else None
    if ligne is None or ligne.statut != Statut.ANNULE or ligne.annule_le is None:
        return []
    regles = []
    for paiement in paiements:
        faits = await list_remboursements(session, paiement_id=paiement.id)
        deja = [f.montant_cents for f in faits if f.motif == MOTIF]
        du = await _owed(
            session, paiement, debut=ligne.debut, maintenant=ligne.annule_le, motif=MotifAnnulation(event.motif)
        )
        promis = await reckon_promis(session, paiement.id)
        regles.append((paiement, sum(deja) if deja else None, min(du, paiement.encaisse_cents - promis)))
    return regles


async def refund_surplus(session: AsyncSession, event: RdvUpdated) -> None:
    """After a change of price: what was paid online beyond it goes back, once, and a payment that asked for an older price
    is closed. Nothing for what was cancelled since (`refund_cancelled`)."""
    if "montant_cents" not in event.champs:
        return
    paiements = await find_paiements(session, reference=reference_of(event.rdv_id))
    if not paiements:
        return
    ligne = await session.get(Rdv, event.rdv_id, populate_existing=True)
    if ligne is None or ligne.statut == Statut.ANNULE or ligne.montant_cents is None:
        return
    promis = {p.id: await reckon_promis(session, p.id) for p in paiements}
    trop = sum(p.encaisse_cents - promis[p.id] for p in paiements) - ligne.montant_cents
    if trop >= 0:
        await close_paiement(session, reference=reference_of(ligne.id), motif="annule")
    for paiement in reversed(paiements):
        rendu = min(trop, paiement.encaisse_cents - promis[paiement.id])
        if paiement.canal == Canal.EN_LIGNE and rendu > 0:
            trop -= rendu
            await refund_paiement(
                session,
                reference=paiement.reference,
                montant_cents=rendu,
                motif=PRIX,
                cle=f"{PRIX}:{paiement.id}:{promis[paiement.id]}",
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
