"""What booking does when the network changes (the opening ranges are projected again), money moves, or somebody who waits
has booked."""

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from guichet.paiements.messages import PaymentCompleted, PaymentFailed, PaymentRefunded
from guichet.rdv.actions.attente.suites import drop_booked, give_priority
from guichet.rdv.actions.projeter import project_centre, project_controleur
from guichet.rdv.actions.rembourser import refund_cancelled, refund_surplus
from guichet.rdv.actions.tenues import close_payment, confirm_paid, free_unpaid, note_refund, read_reference
from guichet.rdv.messages import RdvCancelled, RdvCreated, RdvUpdated
from guichet.rdv.tables import Rdv
from guichet.reseau.messages import (
    CentreChanged,
    ControleurChanged,
    ControleurCreated,
    EquipementsChanged,
    HorairesChanged,
)
from guichet.socle.registre import Reaction, deferred, immediate


async def on_centre(session: AsyncSession, event: CentreChanged | HorairesChanged | EquipementsChanged) -> None:
    """Hours, exceptions, time zone, capacity, lanes or state moved."""
    await project_centre(session, centre_id=event.centre_id)


async def on_controleur(session: AsyncSession, event: ControleurCreated | ControleurChanged) -> None:
    """Centres, hours, accreditations or state of a person moved."""
    await project_controleur(session, controleur_id=event.controleur_id)


async def _paid_rdv(session: AsyncSession, reference: str) -> UUID | None:
    rdv_id = read_reference(reference)
    return rdv_id if rdv_id is not None and await session.get(Rdv, rdv_id) is not None else None


async def on_paid(session: AsyncSession, event: PaymentCompleted) -> None:
    """Money came in: the hold is confirmed, booked again, or refunded, in the payment's own commit."""
    rdv_id = await _paid_rdv(session, event.reference)
    if rdv_id is not None:
        await confirm_paid(session, rdv_id=rdv_id, paiement_id=event.paiement_id, montant_cents=event.montant_cents)


async def on_unpaid(session: AsyncSession, event: PaymentFailed) -> None:
    """Nobody will pay: the hold is let go."""
    rdv_id = await _paid_rdv(session, event.reference)
    if rdv_id is not None:
        await free_unpaid(session, rdv_id=rdv_id, motif=event.motif)


async def on_refund(session: AsyncSession, event: PaymentRefunded) -> None:
    """Money went back."""
    rdv_id = await _paid_rdv(session, event.reference)
    if rdv_id is not None:
        await note_refund(session, rdv_id=rdv_id)


async def on_booked(session: AsyncSession, event: RdvCreated | RdvUpdated) -> None:
    """Whoever has booked waits no longer."""
    if isinstance(event, RdvCreated) or "statut" in event.champs:
        await drop_booked(session, rdv_id=event.rdv_id)


# A centre that opens needs none: nothing is kept of a centre where nobody works yet.
REACTIONS: tuple[Reaction, ...] = (
    immediate(CentreChanged, on_centre),
    immediate(HorairesChanged, on_centre),
    immediate(EquipementsChanged, on_centre),
    immediate(ControleurCreated, on_controleur),
    immediate(ControleurChanged, on_controleur),
    immediate(PaymentCompleted, on_paid),
    immediate(PaymentFailed, on_unpaid),
    immediate(PaymentRefunded, on_refund),
    deferred(RdvCancelled, close_payment),
    deferred(RdvCancelled, refund_cancelled),
    deferred(RdvCancelled, give_priority),
    deferred(RdvCreated, on_booked),
    deferred(RdvUpdated, on_booked),
    deferred(RdvUpdated, refund_surplus),
)
