"""Reads of tenants."""

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from guichet.identite.metier.tenants import PLATEFORME, normalise_hote
from guichet.identite.metier.vues import TenantVue
from guichet.identite.questions.reperes import find_tenants
from guichet.identite.tables import Tenant
from guichet.socle.errors import NotFound
from guichet.socle.i18n import _


def tenant_vue(row: Tenant) -> TenantVue:
    """The row as others see it."""
    return TenantVue(
        id=row.id,
        slug=row.slug,
        nom=row.nom,
        type=row.type,
        plan=row.plan,
        max_users=row.max_users,
        max_agences=row.max_agences,
        domaine=row.domaine,
        hosts=tuple(row.hosts),
        branding=row.branding,
        contact=row.contact,
        actif=row.actif,
        version=row.version,
        created_at=row.created_at,
        updated_at=row.updated_at,
    )


def unknown_tenant() -> NotFound:
    """The error for a tenant nobody knows."""
    return NotFound(_("Réseau introuvable."), code="TENANT_NOT_FOUND")


async def get_tenant(session: AsyncSession, *, tenant_id: UUID) -> TenantVue:
    """A tenant, open or not. Needs no tenant. Raises NotFound `TENANT_NOT_FOUND`."""
    row = await session.get(Tenant, tenant_id, populate_existing=True)
    if row is None:
        raise unknown_tenant()
    return tenant_vue(row)


async def find_tenant(session: AsyncSession, *, slug: str | None = None, host: str | None = None) -> TenantVue | None:
    """The tenant of a slug or of a host name, open or not; None when there is none (the neutral host). Needs no tenant."""
    if slug is not None:
        row = await session.scalar(select(Tenant).where(Tenant.slug == slug, Tenant.id != PLATEFORME))
        return tenant_vue(row) if row else None
    hote = normalise_hote(host or "")
    found = await find_tenants(session, genre="hote", valeur=hote) if hote else []
    return await get_tenant(session, tenant_id=found[0]) if found else None


async def list_tenants(
    session: AsyncSession, *, actif: bool | None = None, apres: UUID | None = None, limite: int | None = None
) -> list[TenantVue]:
    """The tenants, oldest first, the house itself left out. Needs no tenant."""
    query = select(Tenant).where(Tenant.id != PLATEFORME).order_by(Tenant.created_at, Tenant.id)
    if actif is not None:
        query = query.where(Tenant.actif == actif)
    if apres is not None:
        after = await session.get(Tenant, apres)
        if after is not None:
            query = query.where(
                (Tenant.created_at > after.created_at) | ((Tenant.created_at == after.created_at) & (Tenant.id > apres))
            )
    return [tenant_vue(row) for row in await session.scalars(query.limit(limite))]
