"""Is it the caller's? Checks of agences and centres against a perimeter."""

from collections.abc import Iterable
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from guichet.reseau.permissions import Perimetre, check_agence, check_centre
from guichet.reseau.tables import Centre


async def agences_of(session: AsyncSession, centre_ids: Iterable[UUID]) -> dict[UUID, UUID]:
    """The agence of each centre of the session's tenant among the ones named."""
    rows = await session.execute(select(Centre.id, Centre.agence_id).where(Centre.id.in_(sorted(set(centre_ids)))))
    return {row.id: row.agence_id for row in rows}


async def check_centres(session: AsyncSession, perimetre: Perimetre, centre_ids: Iterable[UUID]) -> None:
    """Raises `HORS_PERIMETRE` (403) when a centre of this tenant is not the caller's; unknown ones are left to others."""
    if perimetre.tout:
        return
    for centre_id, agence_id in (await agences_of(session, centre_ids)).items():
        check_centre(perimetre, centre_id, agence_id)


async def check_agence_visible(session: AsyncSession, perimetre: Perimetre, agence_id: UUID) -> None:
    """Raises `HORS_PERIMETRE` (403) unless the agence, or one of its centres, is the caller's."""
    if perimetre.has_agence(agence_id):
        return
    siens = select(Centre.id).where(Centre.agence_id == agence_id, Centre.id.in_(perimetre.centres)).limit(1)
    if await session.scalar(siens) is None:
        check_agence(perimetre, agence_id)
