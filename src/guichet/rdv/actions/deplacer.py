"""Moving an appointment that is there: the old place is given back and the new one taken in one statement."""

from datetime import date, datetime
from typing import Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from guichet.rdv.actions.placer import Place
from guichet.socle.database import raw

DEPLACER: Final = "select issue, controleur, liberes from rdv.deplacer(%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)"


async def move_place(
    session: AsyncSession,
    *,
    rdv_id: UUID,
    centre_id: UUID,
    jour: date,
    debut: datetime,
    fin: datetime,
    besoins: frozenset[str],
    choisi: UUID | None,
    maintenant: datetime,
    surnombre: bool = False,
    tolerance: int | None = None,
    statut: str | None = None,
    garder: bool = False,
) -> Place:
    """Run the moving statement: another start, centre or inspector for an appointment, under the locks of both days.

    `jour` is the local date of `debut` in the centre. Out: `issue` `ok`, or why not (`pris`, `tenu`, `lignes`, `complet`,
    `hors_horaires`, `etat`: it can no longer be moved), and then nothing has changed. `statut` brings the row to that
    state as well (a dead hold that is paid for after all). Telling it is the caller's, and `release_place` of the day it
    left. What was read of the row before is stale.
    """
    cursor = await (await raw(session)).execute(
        DEPLACER,
        (
            rdv_id,
            centre_id,
            jour,
            debut,
            fin,
            sorted(besoins),
            choisi,
            surnombre,
            statut,
            maintenant,
            garder,
            tolerance,
        ),
    )
    ligne = await cursor.fetchone()
    assert ligne is not None
    issue, controleur, liberes = ligne
    return Place(issue, controleur, liberes=tuple(liberes or ()), surnombre=surnombre)
