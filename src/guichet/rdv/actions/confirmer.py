"""Asking for the confirmation to be sent again."""

from typing import Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from guichet.rdv.actions.annonces import facts_of
from guichet.rdv.messages import ConfirmationRequested
from guichet.rdv.metier.types import Statut
from guichet.rdv.metier.vues import RdvVue
from guichet.rdv.questions.fiches import read_accessible
from guichet.rdv.tables import Rdv
from guichet.socle.acces import Appelant
from guichet.socle.audit import audit
from guichet.socle.errors import Conflict, TooMany
from guichet.socle.i18n import _
from guichet.socle.messages import publish

RENVOIS_MAX: Final = 5
"""For each state of an appointment; a change that is told anew starts the count again."""


async def ask_confirmation(session: AsyncSession, *, rdv_id: UUID, appelant: Appelant) -> RdvVue:
    """Send the confirmation again, to the address on the appointment.

    Raises 401 for a passer-by, `RDV_NOT_FOUND` (404), `HORS_PERIMETRE` (403), `ETAT_INCOMPATIBLE`, `SANS_ADRESSE` (409),
    `TROP_DE_RENVOIS` (429).
    """
    rdv = await read_accessible(session, rdv_id=rdv_id, appelant=appelant)
    if rdv.statut is not Statut.CONFIRME:
        raise Conflict(_("Seul un rendez-vous confirmé a une confirmation."), code="ETAT_INCOMPATIBLE")
    if not rdv.client.email:
        raise Conflict(_("Ce rendez-vous n'a pas d'adresse e-mail."), code="SANS_ADRESSE")
    ligne = await session.scalar(select(Rdv).where(Rdv.id == rdv_id).with_for_update())
    assert ligne is not None  # read above, and what is confirmed is never deleted
    faits = ligne.renvois or 0
    if faits >= RENVOIS_MAX:
        raise TooMany(
            _("La confirmation a déjà été renvoyée plusieurs fois. Vérifiez l'adresse et les indésirables."),
            code="TROP_DE_RENVOIS",
            retry_after=3600,
        )
    ligne.renvois = faits + 1
    await session.flush()
    await publish(session, ConfirmationRequested(**facts_of(ligne), statut=ligne.statut, rang=faits + 1))
    await audit(session, action="rdv.confirmation.resend", entite="rdv", entite_id=rdv_id, apres={"rang": faits + 1})
    return rdv
