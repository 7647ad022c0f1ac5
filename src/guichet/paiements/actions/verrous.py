"""The locks every change of a payment is made under, always in the same order: the reference's, the row's."""

from typing import Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from guichet.paiements.permissions import paiement_not_found
from guichet.paiements.tables import Paiement
from guichet.socle.database import raw

VERROU: Final = "select pg_advisory_xact_lock(hashtextextended('paiement:' || %s || ':' || %s, 0))"


async def lock_reference(session: AsyncSession, reference: str) -> list[Paiement]:
    """Every payment of a reference, locked, newest first. One transaction at a time works on a reference."""
    await (await raw(session)).execute(VERROU, (str(tenant_of(session)), reference))
    lignes = await session.scalars(
        select(Paiement)
        .where(Paiement.reference == reference)
        .order_by(Paiement.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    return list(reversed(lignes.all()))


async def lock_paiement(session: AsyncSession, paiement_id: UUID) -> Paiement:
    """One payment, locked and read again. Raises NotFound `PAIEMENT_NOT_FOUND`."""
    reference = await session.scalar(select(Paiement.reference).where(Paiement.id == paiement_id))
    if reference is None:
        raise paiement_not_found()
    return next(p for p in await lock_reference(session, reference) if p.id == paiement_id)


def tenant_of(session: AsyncSession) -> UUID:
    """Whose transaction this is. Raises RuntimeError when nobody's."""
    tenant_id: UUID | None = session.info.get("tenant_id")
    if tenant_id is None:
        raise RuntimeError("this transaction has no tenant: open it with one, or enter_tenant() first")
    return tenant_id
