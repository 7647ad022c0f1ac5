"""Paying a hold, or what a new price leaves to pay: where, and until when."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from guichet.paiements.facade import PaiementVue
from guichet.rdv.actions.reservation import build_cree
from guichet.rdv.actions.tenues import open_payment, reckon_paye
from guichet.rdv.metier.types import MotifAnnulation, PaiementStatut, Statut
from guichet.rdv.metier.vues import RdvVue
from guichet.rdv.questions.fiches import read_accessible
from guichet.socle.acces import Appelant
from guichet.socle.errors import Conflict, Gone
from guichet.socle.horloge import now
from guichet.socle.i18n import _


async def ask_payment(session: AsyncSession, *, rdv_id: UUID, appelant: Appelant) -> PaiementVue:
    """The payment of a hold, or of what a change of price left to pay, for its customer (account or link) or the staff of
    its centre; again, the same one.

    Raises `RDV_NOT_FOUND` (404), `HORS_PERIMETRE` (403), `RESERVATION_EXPIREE` (410: the hold is dead),
    `ETAT_INCOMPATIBLE` (409: it waits for no payment).
    """
    rdv = await read_accessible(session, rdv_id=rdv_id, appelant=appelant)
    if rdv.statut is Statut.ANNULE and rdv.annule_motif is MotifAnnulation.EXPIRATION:
        message = _("Le délai pour payer est passé : la place a été rendue. Choisissez à nouveau un créneau.")
        raise Gone(message, code="RESERVATION_EXPIREE")
    maintenant = now()
    retour = build_cree(session, rdv, maintenant=maintenant).lien_gestion
    if rdv.statut is Statut.EN_ATTENTE_PAIEMENT:
        return await open_payment(session, rdv, retour=retour)
    reste = await read_reste(session, rdv)
    if reste <= 0 or rdv.debut <= maintenant:
        raise Conflict(_("Ce rendez-vous n'attend pas de paiement."), code="ETAT_INCOMPATIBLE")
    return await open_payment(session, rdv, retour=retour, montant_cents=reste, expire_a=rdv.debut)


async def read_reste(session: AsyncSession, rdv: RdvVue) -> int:
    """Cents a change of price leaves to pay of a confirmed appointment that was paid; 0 for any other."""
    if rdv.statut is not Statut.CONFIRME or rdv.paiement_statut is not PaiementStatut.EN_ATTENTE:
        return 0
    return max((rdv.montant_cents or 0) - await reckon_paye(session, rdv.id), 0)


@dataclass(frozen=True)
class Solde:
    """Cents: the price (None where none is published), what was paid and not given back, what a new price leaves to pay."""

    prix_cents: int | None
    paye_cents: int
    reste_cents: int


async def read_solde(session: AsyncSession, *, rdv_id: UUID, appelant: Appelant) -> Solde:
    """What was paid of an appointment and what is left, for those who may read it. Raises as reading it does."""
    rdv = await read_accessible(session, rdv_id=rdv_id, appelant=appelant)
    return Solde(rdv.montant_cents, await reckon_paye(session, rdv.id), await read_reste(session, rdv))
