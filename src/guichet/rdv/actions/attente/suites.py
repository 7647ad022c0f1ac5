"""What follows on the waiting list: from the clock, from bookings made elsewhere, from cancellations by a centre."""

from datetime import date, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import ColumnElement, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from guichet.rdv.actions.attente.etat import withdraw
from guichet.rdv.actions.attente.repondre import days_of_inscription, drop_out, lock_inscription
from guichet.rdv.actions.liberer import release_place
from guichet.rdv.actions.verrous import lock_days
from guichet.rdv.messages import RdvCancelled
from guichet.rdv.metier.attente import VIVANTES, StatutInscription
from guichet.rdv.metier.types import MotifAnnulation, Statut
from guichet.rdv.tables import Inscription, Rdv
from guichet.socle.database import raw
from guichet.socle.horloge import now

LOT_JOURS: Final = 10
LOT_PASSEES: Final = 200
DUS: Final = "select centre_id, jour from rdv.a_servir where a_partir <= %s order by a_partir, centre_id, jour limit %s"
FAITS: Final = """
delete from rdv.a_servir a using unnest(%s::uuid[], %s::date[]) as d(centre, jour)
 where a.centre_id = d.centre and a.jour = d.jour and a.a_partir <= %s
"""


async def serve_due(session: AsyncSession, *, lot: int = LOT_JOURS) -> int:
    """Serve the list on the days of the session's tenant that were put off, at most `lot`. Out: how many."""
    connexion, maintenant = await raw(session), now()
    jours: list[tuple[UUID, date]] = await (await connexion.execute(DUS, (maintenant, lot))).fetchall()
    if not jours:
        return 0
    await lock_days(session, jours=jours)
    await connexion.execute(FAITS, ([c for c, _j in jours], [j for _c, j in jours], maintenant))
    for centre_id, jour in sorted(jours):
        await release_place(session, centre_id=centre_id, jour=jour)
    return len(jours)


async def close_past(session: AsyncSession, *, lot: int = LOT_PASSEES) -> int:
    """Close the entries of the session's tenant whose days are over wherever they wait. Out: how many."""
    hier = (now() - timedelta(days=1)).date()
    passees = await session.scalars(
        select(Inscription)
        .where(Inscription.statut == StatutInscription.ATTENTE.value, Inscription.au < hier)
        .order_by(Inscription.id)
        .limit(lot)
        .with_for_update(skip_locked=True)
        .execution_options(populate_existing=True)
    )
    lignes = passees.all()
    for ligne in lignes:
        await withdraw(session, ligne, motif="periode")
    return len(lignes)


def _same_person(ligne: Rdv) -> list[ColumnElement[bool]]:
    """The living entries for the plate of an appointment, by the same person."""
    return [
        Inscription.statut.in_([s.value for s in VIVANTES]),
        Inscription.immatriculation == ligne.immatriculation,
        (Inscription.client_email_index == ligne.client_email_index)
        | (Inscription.client_telephone_index == ligne.client_telephone_index),
    ]


async def drop_booked(session: AsyncSession, *, rdv_id: UUID) -> None:
    """Whoever has a confirmed appointment leaves the lists they were on for that plate before they booked it.

    An entry that would give that very appointment back for an earlier one stays.
    """
    ligne = await session.get(Rdv, rdv_id, populate_existing=True)
    if ligne is None or ligne.offre_id is not None or ligne.statut != Statut.CONFIRME:
        return
    trouvees = await session.scalars(
        select(Inscription).where(
            *_same_person(ligne),
            Inscription.depuis <= ligne.created_at,
            Inscription.rdv_id.is_distinct_from(rdv_id),
        )
    )
    inscriptions = sorted(trouvees.all(), key=lambda i: i.id)
    jours = [jour for inscription in inscriptions for jour in await days_of_inscription(session, inscription)]
    await lock_days(session, jours=jours)
    for inscription in inscriptions:
        verrouillee, _offre = await lock_inscription(session, inscription.id)
        if verrouillee.statut in VIVANTES:
            await drop_out(session, verrouillee, motif="reservee")


async def give_priority(session: AsyncSession, event: RdvCancelled) -> None:
    """Whoever the centre has let down comes first on the lists they are on already. Later entries: `join_list`."""
    if event.motif != MotifAnnulation.CENTRE:
        return
    ligne = await session.get(Rdv, event.rdv_id)
    if ligne is not None:
        await session.execute(
            update(Inscription)
            .where(*_same_person(ligne), Inscription.priorite.is_(False))
            .values(priorite=True, version=Inscription.version + 1)
            .execution_options(synchronize_session=False)
        )
