"""Entries of plannings as tests make them, the appointments in their way, and what was told."""

from datetime import datetime
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from guichet.rdv.actions.planning.appliquer import apply_resolutions
from guichet.rdv.actions.planning.decider import (
    create_evenement,
)
from guichet.rdv.actions.planning.demandes import DemandeEvenement
from guichet.rdv.actions.planning.essais import Issue
from guichet.rdv.facade import RdvCree
from guichet.rdv.metier.collisions import Resolution
from guichet.rdv.metier.evenements import TypeEvenement
from guichet.reseau.facade import CentreVue
from guichet.socle.acces import Appelant
from tests.rdv.fabrique import at, autre_demande, book


def saisie(genre: str = "blocage", debut: datetime | None = None, fin: datetime | None = None, **fields: Any) -> Any:
    values = {
        "type": TypeEvenement(genre), "debut": debut or at(8), "fin": fin or at(12), "motif": "Essai",
    }  # fmt: skip
    return DemandeEvenement(**(values | fields))


async def enter(session: AsyncSession, admin: Appelant, *args: Any, **fields: Any) -> Issue:
    return await create_evenement(session, demande=saisie(*args, **fields), appelant=admin)


async def told(session: AsyncSession, genre: str) -> list[dict[str, Any]]:
    rows = await session.execute(text("select payload from socle.messages where type = :t order by id"), {"t": genre})
    return [payload for (payload,) in rows]


async def booked(session: AsyncSession, centre: CentreVue, rang: int, heure: str = "09:00", **fields: Any) -> RdvCree:
    return await book(session, autre_demande(centre, rang, heure_debut=heure, **fields))


async def apply(
    session: AsyncSession, admin: Appelant, issue: Issue, resolutions: list[Resolution] | None = None
) -> Issue:
    assert issue.jeton
    return await apply_resolutions(
        session,
        evenement_id=issue.evenement.id,
        jeton=issue.jeton,
        resolutions=[c.proposition for c in issue.collisions] if resolutions is None else resolutions,
        appelant=admin,
    )
