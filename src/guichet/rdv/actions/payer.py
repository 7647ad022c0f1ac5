"""Paying a hold: where, and until when."""

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from guichet.paiements.facade import PaiementVue
from guichet.rdv.actions.reservation import build_cree
from guichet.rdv.actions.tenues import open_payment
from guichet.rdv.metier.types import MotifAnnulation, Statut
from guichet.rdv.questions.fiches import read_accessible
from guichet.socle.acces import Appelant
from guichet.socle.errors import Conflict, Gone
from guichet.socle.horloge import now
from guichet.socle.i18n import _


async def ask_payment(session: AsyncSession, *, rdv_id: UUID, appelant: Appelant) -> PaiementVue:
    """The payment of a hold, for its customer (account or link) or the staff of its centre; again, the same one.

    Raises `RDV_NOT_FOUND` (404), `HORS_PERIMETRE` (403), `RESERVATION_EXPIREE` (410: the hold is dead),
    `ETAT_INCOMPATIBLE` (409: it waits for no payment).
    """
    rdv = await read_accessible(session, rdv_id=rdv_id, appelant=appelant)
    if rdv.statut is Statut.ANNULE and rdv.annule_motif is MotifAnnulation.EXPIRATION:
        message = _("Le délai pour payer est passé : la place a été rendue. Choisissez à nouveau un créneau.")
        raise Gone(message, code="RESERVATION_EXPIREE")
    if rdv.statut is not Statut.EN_ATTENTE_PAIEMENT:
        raise Conflict(_("Ce rendez-vous n'attend pas de paiement."), code="ETAT_INCOMPATIBLE")
    return await open_payment(session, rdv, retour=build_cree(session, rdv, maintenant=now()).lien_gestion)
