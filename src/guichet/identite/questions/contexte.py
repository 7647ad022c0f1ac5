"""Whose transaction this is."""

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession


def tenant_of(session: AsyncSession) -> UUID:
    """The tenant of a session. Raises RuntimeError when it has none: the caller forgot to enter one."""
    tenant_id: UUID | None = session.info.get("tenant_id")
    if tenant_id is None:
        raise RuntimeError("this transaction has no tenant: open it with one, or enter_tenant() first")
    return tenant_id
