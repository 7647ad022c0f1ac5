"""The locks of a centre's day. Taken before the first read, in one statement, sorted; kept until the transaction ends.

Order of everything that waits: the row of a payment, the re-inspections of a plate, these locks, rows of appointments.
"""

from collections.abc import Iterable
from datetime import date
from typing import Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from guichet.rdv.permissions import rdv_not_found
from guichet.rdv.tables import Rdv
from guichet.socle.database import raw

VERROUILLER: Final = "select rdv.verrouiller(%s::uuid[], %s::date[], '{}')"
CLE_PLAQUE: Final = "hashtextextended('contre_visite:' || current_setting('app.tenant_id') || %s, 0)"
VERROUILLER_PLAQUE: Final = f"select pg_advisory_xact_lock({CLE_PLAQUE})"
ESSAYER_PLAQUE: Final = f"select pg_try_advisory_xact_lock({CLE_PLAQUE})"


async def lock_days(session: AsyncSession, *, jours: Iterable[tuple[UUID, date]]) -> None:
    """Take the advisory locks of centre-days and of the other centre-days of their inspectors.

    `jours`: centre and local date. Nobody books, moves, blocks or frees there until the transaction ends; what is read
    after this is the truth. Locks already held cost nothing. A wait that is too long raises `LockNotAvailable` (503).
    """
    voulus = sorted(set(jours))
    if voulus:
        await (await raw(session)).execute(
            VERROUILLER, ([centre for centre, _jour in voulus], [jour for _centre, jour in voulus])
        )


async def lock_inspections(session: AsyncSession, immatriculation: str) -> None:
    """Let one re-inspection of a plate at a time be decided upon in the tenant: only one of an inspection's is free."""
    await (await raw(session)).execute(VERROUILLER_PLAQUE, (immatriculation,))


async def try_lock_inspections(session: AsyncSession, immatriculation: str) -> bool:
    """`lock_inspections` for whoever holds days already, and must not wait for it; False when somebody else has it."""
    cursor = await (await raw(session)).execute(ESSAYER_PLAQUE, (immatriculation,))
    return bool((await cursor.fetchone() or (False,))[0])


async def lock_rdv(session: AsyncSession, rdv_id: UUID, *, jours: Iterable[tuple[UUID, date]] = ()) -> Rdv:
    """An appointment, locked with its centre-day and `jours`; in that order, so that nobody waits for us in a circle.

    Raises `RDV_NOT_FOUND` (404).
    """
    autres = list(jours)
    place = await _place_of(session, rdv_id)
    while True:
        await lock_days(session, jours=[place, *autres])
        ligne = await session.scalar(
            select(Rdv).where(Rdv.id == rdv_id).with_for_update().execution_options(populate_existing=True)
        )
        if ligne is None or ligne.offre_id is not None:
            raise rdv_not_found()
        if (ligne.centre_id, ligne.jour) == place:
            return ligne
        place = ligne.centre_id, ligne.jour


async def _place_of(session: AsyncSession, rdv_id: UUID) -> tuple[UUID, date]:
    ligne = (await session.execute(select(Rdv.centre_id, Rdv.jour).where(Rdv.id == rdv_id))).one_or_none()
    if ligne is None:
        raise rdv_not_found()
    return ligne.centre_id, ligne.jour
