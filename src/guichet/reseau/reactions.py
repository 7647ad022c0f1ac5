"""What the network does when tenants and people change."""

from sqlalchemy.ext.asyncio import AsyncSession

from guichet.identite.facade import get_user
from guichet.identite.messages import TenantUpdated, UserUpdated
from guichet.reseau.actions.controleurs import rename_controleur
from guichet.reseau.actions.vitrine import refresh_vitrine
from guichet.socle.registre import deferred


async def show_or_hide(session: AsyncSession, event: TenantUpdated) -> None:
    """A closed tenant's centres leave the vitrine, an opened one's come back."""
    del event
    await refresh_vitrine(session)


async def follow_name(session: AsyncSession, event: UserUpdated) -> None:
    """An inspector is called what his account says."""
    user = await get_user(session, user_id=event.user_id)
    await rename_controleur(session, user_id=user.id, nom=user.nom, prenom=user.prenom)


REACTIONS = (deferred(TenantUpdated, show_or_hide), deferred(UserUpdated, follow_name))
