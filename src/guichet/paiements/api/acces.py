"""Is this payment the caller's? Staff within its perimeter, or the holder of the payment's signed link."""

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from guichet.paiements.facade import get_paiement
from guichet.paiements.metier.vues import PaiementVue
from guichet.paiements.permissions import LECTURE, check_lieu, has_link, paiement_not_found
from guichet.reseau.facade import list_centres, perimetre_of
from guichet.socle.acces import Appelant
from guichet.socle.errors import Unauthenticated
from guichet.socle.i18n import _


async def check_visible(session: AsyncSession, appelant: Appelant, lieu: str | None) -> None:
    """Raises Forbidden `HORS_PERIMETRE` when the place of the money is not the caller's."""
    perimetre = perimetre_of(appelant)
    lieux = [] if perimetre.tout else [str(c.id) for c in await list_centres(session, perimetre=perimetre)]
    check_lieu(lieu, tout=perimetre.tout, lieux=lieux)


async def read_accessible(session: AsyncSession, *, paiement_id: UUID, appelant: Appelant) -> PaiementVue:
    """The payment. Raises Unauthenticated for a passer-by, NotFound `PAIEMENT_NOT_FOUND`, Forbidden `HORS_PERIMETRE`."""
    if has_link(appelant, paiement_id):
        return await get_paiement(session, paiement_id=paiement_id)
    if not appelant.is_known:
        raise Unauthenticated(_("Connectez-vous, ou ouvrez le lien de ce paiement."), code="NON_CONNECTE")
    if not appelant.can(LECTURE):
        raise paiement_not_found()
    vue = await get_paiement(session, paiement_id=paiement_id)
    await check_visible(session, appelant, vue.lieu)
    return vue
