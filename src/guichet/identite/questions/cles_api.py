"""Reads of programs' keys."""

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from guichet.identite.metier.vues import CleApiVue
from guichet.identite.tables import CleApi


def cle_api_vue(row: CleApi) -> CleApiVue:
    """The row as its owners see it."""
    return CleApiVue(
        id=row.id,
        nom=row.nom,
        prefixe=row.prefixe,
        permissions=tuple(row.permissions),
        agence_ids=tuple(row.agence_ids),
        centre_ids=tuple(row.centre_ids),
        limite_minute=row.limite_minute,
        ips=tuple(row.ips),
        cree_par=row.cree_par,
        cree_le=row.cree_le,
        expire_le=row.expire_le,
        derniere_utilisation=row.derniere_utilisation,
        revoquee_le=row.revoquee_le,
    )


async def list_cles_api(session: AsyncSession, *, apres: UUID | None = None, limite: int = 100) -> list[CleApiVue]:
    """The keys of the session's tenant, newest first, revoked ones too."""
    query = select(CleApi).order_by(CleApi.id.desc()).limit(limite)
    rows = await session.scalars(query.where(CleApi.id < apres) if apres else query)
    return [cle_api_vue(row) for row in rows]
