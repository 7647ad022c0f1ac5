"""Cancelling."""

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from guichet.rdv.actions.annonces import tell_cancelled
from guichet.rdv.actions.liberer import release_place
from guichet.rdv.actions.verrous import lock_rdv
from guichet.rdv.metier.delais import can_cancel
from guichet.rdv.metier.etats import can_become
from guichet.rdv.metier.types import MotifAnnulation, Statut
from guichet.rdv.metier.vues import RdvVue
from guichet.rdv.permissions import ANNULATION, check_access, has_link, not_connected
from guichet.rdv.questions.fiches import owners_of, read_rdvs
from guichet.rdv.tables import Rdv
from guichet.reseau.facade import get_centre
from guichet.socle.acces import Appelant
from guichet.socle.audit import audit
from guichet.socle.errors import Conflict, Forbidden, Invalid
from guichet.socle.horloge import now
from guichet.socle.i18n import _

RAISON_MAX = 500


async def cancel_rdv(session: AsyncSession, *, rdv_id: UUID, appelant: Appelant, raison: str | None = None) -> RdvVue:
    """Cancel an appointment, for its customer (account or link) or for the centre. Again: the same answer.

    A hold that died of its deadline is given up by it too: money that comes late then goes back, it books nothing again.
    Raises `RDV_NOT_FOUND` (404), `HORS_PERIMETRE` and `DELAI_DEPASSE` (403: it has begun), `ETAT_INCOMPATIBLE` (409).
    """
    if not appelant.is_known and not has_link(appelant, rdv_id):
        raise not_connected()
    ligne = await lock_rdv(session, rdv_id)
    centre = await get_centre(session, ligne.centre_id)
    check_access(
        appelant,
        ANNULATION,
        rdv_id=rdv_id,
        centre_id=centre.id,
        agence_id=centre.agence_id,
        owners=await owners_of(session, ligne),
    )
    maintenant = now()
    avant = Statut(ligne.statut)
    par_client = has_link(appelant, rdv_id) or not appelant.can(ANNULATION)
    motif = MotifAnnulation.CLIENT if par_client else MotifAnnulation.CENTRE
    if ligne.annule_motif == MotifAnnulation.EXPIRATION:
        await _give_up(session, ligne, motif)
    elif avant is not Statut.ANNULE:
        if par_client and not can_cancel(avant, ligne.debut, maintenant) and avant is Statut.CONFIRME:
            raise Forbidden(
                _("Le rendez-vous a commencé : il ne peut plus être annulé en ligne. Appelez le centre."),
                code="DELAI_DEPASSE",
            )
        if not can_become(avant, Statut.ANNULE, debut=ligne.debut, maintenant=maintenant, zone=centre.zone):
            raise Conflict(_("Ce rendez-vous ne peut plus être annulé."), code="ETAT_INCOMPATIBLE")
        ligne.statut = Statut.ANNULE.value
        ligne.annule_le = maintenant
        ligne.annule_motif = motif.value
        ligne.annule_raison = (raison or "").strip()[:RAISON_MAX] or None
        ligne.sequence += 1
        ligne.version += 1
        await session.flush()
        await tell_cancelled(session, ligne, motif=motif, avant=avant)
        await release_place(session, centre_id=ligne.centre_id, jour=ligne.jour)
    return (await read_rdvs(session, [ligne]))[0]


async def _give_up(session: AsyncSession, ligne: Rdv, motif: MotifAnnulation) -> None:
    """A hold was told dead already: only who wants it no more is new."""
    ligne.annule_motif = motif.value
    ligne.version += 1
    await session.flush()
    await audit(
        session,
        action="rdv.cancel",
        entite="rdv",
        entite_id=ligne.id,
        avant={"motif": MotifAnnulation.EXPIRATION.value},
        apres={"motif": motif.value},
    )


async def refuse_rdv(session: AsyncSession, *, rdv_id: UUID, appelant: Appelant, raison: str) -> RdvVue:
    """The centre cannot take an appointment, and says why. Raises as `cancel_rdv`, and `RAISON_REQUISE` (422)."""
    if not raison.strip():
        message = _("Dites au client pourquoi le centre ne peut pas le recevoir.")
        raise Invalid(message, code="RAISON_REQUISE", champs={"raison": message})
    return await cancel_rdv(session, rdv_id=rdv_id, appelant=appelant, raison=raison)
