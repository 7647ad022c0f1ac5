"""What the clock brings: payments to ask about, refunds to send, events to apply, events never heard."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import text

from guichet.identite.facade import list_tenants
from guichet.paiements import echanges
from guichet.paiements.port import FournisseurIndisponible, FournisseurRefuse
from guichet.paiements.reglages import find_fournisseur
from guichet.socle.database import get_database
from guichet.socle.registre import Routine
from guichet.socle.routines import for_each

PAR_PASSAGE: Final = 200
DE_FRONT: Final = 8
PATIENCE: Final = timedelta(seconds=20)  # a job treats an event at once; the sweep takes those it left
DUREE_RELEVE: Final = timedelta(minutes=2)

_log = logging.getLogger(__name__)
GESTES: Final[dict[str, Callable[[UUID, UUID], Awaitable[None]]]] = {
    "paiement": echanges.verify,
    "remboursement": echanges.execute_remboursement,
    "evenement": echanges.treat_evenement,
}


async def sweep(instant: datetime) -> None:
    """Do what is due, over all tenants. One that fails is logged and comes back; the others go on."""
    async with get_database().transaction() as session:
        lignes = await session.execute(
            text("select tenant_id, genre, id from paiements.echeances(:instant, :avant, :limite)"),
            {"instant": instant, "avant": instant - PATIENCE, "limite": PAR_PASSAGE},
        )
        dues = [(ligne.genre, ligne.tenant_id, ligne.id) for ligne in lignes]
    places = asyncio.Semaphore(DE_FRONT)

    async def treat(genre: str, tenant_id: UUID, identifiant: UUID) -> None:
        async with places:
            try:
                await GESTES[genre](tenant_id, identifiant)
            except Exception:  # noqa: BLE001  one tenant's trouble must not keep the others waiting
                _log.exception("%s %s could not be treated", genre, identifiant)

    await asyncio.gather(*(treat(*due) for due in dues))


async def reconcile(instant: datetime) -> dict[UUID, int]:
    """Read what providers say happened and was never heard here. Returns the number of missed events by tenant.

    A tenant that cannot be read is logged and left out.
    """
    manques: dict[UUID, int] = {}
    with suppress(ExceptionGroup):
        await _read_all(instant, manques)
    return manques


async def read_events(instant: datetime) -> None:
    """`reconcile`, by the clock; it says when tenants could not be read."""
    await _read_all(instant, {})


async def _read_all(instant: datetime, manques: dict[UUID, int]) -> None:
    async with get_database().transaction(read_only=True) as session:
        tenants = [t.id for t in await list_tenants(session) if t.actif]

    async def read(tenant_id: UUID) -> None:
        async with get_database().transaction(tenant_id, read_only=True) as session:
            fournisseur = await find_fournisseur(session)
        if fournisseur is None:
            return
        try:
            manques[tenant_id] = await echanges.read_missed(
                tenant_id, fournisseur=fournisseur, jusqua=instant + DUREE_RELEVE
            )
        except (FournisseurIndisponible, FournisseurRefuse) as error:
            _log.warning("the events of %s could not be read: %s", fournisseur, error)

    await for_each(tenants, read)


ROUTINES: Final = (
    Routine(nom="paiements.echeances", toutes=timedelta(seconds=10), action=sweep),
    Routine(nom="paiements.releve", toutes=timedelta(minutes=5), action=read_events),
)
