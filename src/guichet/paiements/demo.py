"""The demonstration sells online, through the sandbox."""

from sqlalchemy.ext.asyncio import AsyncSession

from guichet.identite.facade import set_reglages
from guichet.paiements.reglages import BAC_A_SABLE, ReglagesPaiement
from guichet.socle.demo import Monde


async def fill(session: AsyncSession, monde: Monde) -> dict[str, int]:
    """Let the current tenant sell online."""
    await set_reglages(
        session,
        ReglagesPaiement(fournisseur=BAC_A_SABLE, raison_sociale=monde.tenant.nom, mentions="SAS, capital 40 000 €"),
    )
    return {}
