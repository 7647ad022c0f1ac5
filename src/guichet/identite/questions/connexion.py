"""What signing in reads: an account with its secrets. Never leaves this context."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from guichet.identite.metier.vues import TenantVue, UserVue
from guichet.identite.questions.tenants import get_tenant
from guichet.identite.questions.users import user_vue
from guichet.identite.tables import User


@dataclass(frozen=True)
class Candidat:
    """An account that may be the one: its tenant, its hash, and whether a second factor is asked."""

    tenant: TenantVue
    user: UserVue
    empreinte: str | None
    epoque: int

    @property
    def is_open(self) -> bool:
        """True when both the account and its tenant are active."""
        return self.user.actif and self.tenant.actif


async def find_candidate(session: AsyncSession, *, tenant_id: UUID, email: str) -> Candidat | None:
    """The account of that normal address in the session's tenant."""
    row = await session.scalar(select(User).where(User.email == email))
    return await _candidate(session, tenant_id, row) if row else None


async def get_candidate(session: AsyncSession, *, tenant_id: UUID, user_id: UUID) -> Candidat | None:
    """The account of that identifier in the session's tenant."""
    row = await session.scalar(select(User).where(User.id == user_id))
    return await _candidate(session, tenant_id, row) if row else None


async def _candidate(session: AsyncSession, tenant_id: UUID, row: User) -> Candidat:
    tenant = await get_tenant(session, tenant_id=tenant_id)
    return Candidat(tenant, user_vue(row), row.mot_de_passe, row.epoque)
