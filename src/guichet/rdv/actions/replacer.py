"""Another place for an appointment that is there, with everything the engine can do."""

from functools import partial
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from guichet.rdv.actions.deplacer import move_place
from guichet.rdv.actions.etages import Recherche, find_place
from guichet.rdv.actions.placer import Place
from guichet.rdv.questions.journee import Voulu


async def find_other_place(
    session: AsyncSession, *, rdv_id: UUID, voulu: Voulu, statut: str | None = None, surbook: bool = False
) -> Place:
    """Move an appointment to `voulu`: a free inspector, else by moving others, else in surnombre where it is open.

    As `move_place` and `find_place`: what is refused has changed nothing; telling it and `release_place` of the day it left
    are the caller's; what was read of the row before is stale.
    """
    poser = partial(
        move_place,
        session,
        rdv_id=rdv_id,
        centre_id=voulu.contexte.centre.id,
        jour=voulu.jour,
        debut=voulu.debut,
        fin=voulu.fin,
        besoins=voulu.besoins,
        choisi=voulu.choisi,
        maintenant=voulu.maintenant,
        statut=statut,
    )
    return await find_place(session, Recherche(voulu=voulu, poser=poser, sauf=(rdv_id,), surbook=surbook))
