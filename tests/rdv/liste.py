"""What the tests of the waiting list share: a full day, somebody who waits, what is offered."""

from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from guichet.rdv.actions.attente.inscrire import DemandeInscription, InscriptionFaite, join_list
from guichet.rdv.facade import RdvVue
from guichet.rdv.permissions import GENRE_LIEN_ATTENTE
from guichet.rdv.questions.attente import InscriptionVue, list_inscriptions
from guichet.reseau.facade import CentreVue
from guichet.socle.acces import Appelant
from guichet.socle.ids import new_id
from tests.rdv.fabrique import LUNDI, anonyme, autre_demande, book


async def fill_day(session: AsyncSession, centre: CentreVue, *, jour: date = LUNDI, depart: int = 1) -> list[RdvVue]:
    """Book a whole day of one inspector: three quarters of an hour each, five in the morning, five in the afternoon."""
    heures = ["08:00", "08:45", "09:30", "10:15", "11:00", "14:00", "14:45", "15:30", "16:15", "17:00"]
    return [
        (await book(session, autre_demande(centre, depart + n, date=jour.isoformat(), heure_debut=heure))).rdv
        for n, heure in enumerate(heures)
    ]


async def wait(
    session: AsyncSession,
    centre: CentreVue,
    rang: int,
    *,
    appelant: Appelant | None = None,
    autres: tuple[CentreVue, ...] = (),
    rdv_id: UUID | None = None,
    du: date = LUNDI,
    au: date | None = None,
    heure_du: str | None = None,
    heure_au: str | None = None,
    **champs: Any,
) -> InscriptionFaite:
    """Somebody else each time joins the list, by default for Monday."""
    return await join_list(
        session,
        demande=DemandeInscription(
            centre_ids=(centre.id, *(c.id for c in autres)),
            du=du.isoformat(),
            au=au and au.isoformat(),
            heure_du=heure_du,
            heure_au=heure_au,
            rdv_id=rdv_id,
            reservation=None if rdv_id else autre_demande(centre, rang, **champs),
        ),
        appelant=appelant or anonyme(f"test-{new_id().hex}"),
    )


async def read(session: AsyncSession, faite: InscriptionFaite) -> InscriptionVue:
    """An entry as it is now."""
    return (await list_inscriptions(session, ids=[faite.inscription.id]))[0]


def holder(faite: InscriptionFaite) -> Appelant:
    """Whoever holds the link of an entry."""
    return Appelant(
        tenant_id=faite.inscription.tenant_id,
        permissions=frozenset({"rdv:read:own", "rdv:create:own", "rdv:cancel:own"}),
        via="lien",
        lien={"genre": GENRE_LIEN_ATTENTE, "cible": faite.inscription.id},
    )


async def told(session: AsyncSession, genre: str) -> list[dict[str, Any]]:
    """The messages of a kind, in order."""
    requete = text("select payload from socle.messages where type = :t order by id")
    return list((await session.execute(requete, {"t": genre})).scalars())


async def row(session: AsyncSession, rdv_id: UUID) -> Any:
    """A row of `rdv.rdv`, as it is stored."""
    return (await session.execute(text("select * from rdv.rdv where id = :id"), {"id": rdv_id})).one()
