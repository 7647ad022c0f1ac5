"""What booking does when the network changes: the opening ranges are projected again, in the same commit."""

from sqlalchemy.ext.asyncio import AsyncSession

from guichet.rdv.actions.projeter import project_centre, project_controleur
from guichet.reseau.messages import (
    CentreChanged,
    ControleurChanged,
    ControleurCreated,
    EquipementsChanged,
    HorairesChanged,
)
from guichet.socle.registre import Reaction, immediate


async def on_centre(session: AsyncSession, event: CentreChanged | HorairesChanged | EquipementsChanged) -> None:
    """Hours, exceptions, time zone, capacity, lanes or state moved."""
    await project_centre(session, centre_id=event.centre_id)


async def on_controleur(session: AsyncSession, event: ControleurCreated | ControleurChanged) -> None:
    """Centres, hours, accreditations or state of a person moved."""
    await project_controleur(session, controleur_id=event.controleur_id)


# A centre that opens needs none: nothing is kept of a centre where nobody works yet.
REACTIONS: tuple[Reaction, ...] = (
    immediate(CentreChanged, on_centre),
    immediate(HorairesChanged, on_centre),
    immediate(EquipementsChanged, on_centre),
    immediate(ControleurCreated, on_controleur),
    immediate(ControleurChanged, on_controleur),
)
