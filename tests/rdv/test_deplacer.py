"""Moving an appointment: the old place is given back and the new one taken at once; a freed inspector is not wasted."""

import asyncio
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import psycopg
import pytest
from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession

from guichet.identite.facade import TenantVue
from guichet.rdv.actions.deplacer import move_place
from guichet.rdv.actions.liberer import release_place
from guichet.rdv.actions.placer import Place
from guichet.rdv.actions.verrous import lock_days, lock_rdv
from guichet.rdv.facade import RdvVue, cancel_rdv, list_rdv
from guichet.rdv.tables import Rdv
from guichet.reseau.facade import CentreVue
from guichet.socle.database import Database
from guichet.socle.errors import GuichetError, NotFound
from guichet.socle.ids import new_id
from tests.identite.fabrique import make_tenant
from tests.rdv.fabrique import LUNDI, MAINTENANT, agent, at, autre_demande, book, demande, fill_reservable
from tests.rdv.test_course import attempt, overlaps

MARDI = LUNDI + timedelta(days=1)


async def move(
    session: AsyncSession,
    rdv: RdvVue,
    debut: datetime,
    *,
    jour: date = LUNDI,
    centre: UUID | None = None,
    **autres: Any,
) -> Place:
    return await move_place(
        session,
        rdv_id=rdv.id,
        centre_id=centre or rdv.centre.id,
        jour=jour,
        debut=debut,
        fin=debut + timedelta(minutes=45),
        besoins=frozenset({"VL"}),
        maintenant=MAINTENANT,
        **({"choisi": None} | autres),
    )


async def row(session: AsyncSession, rdv_id: UUID) -> Rdv:
    ligne = await session.scalar(select(Rdv).where(Rdv.id == rdv_id).execution_options(populate_existing=True))
    assert ligne is not None
    return ligne


async def test_an_appointment_may_move_onto_its_own_time(session: AsyncSession, tenant: TenantVue):
    centre, _ = await fill_reservable(session)
    rdv = (await book(session, demande(centre))).rdv
    place = await move(session, rdv, at(9, 15))
    assert (place.issue, place.controleur_id) == ("ok", rdv.controleur and rdv.controleur.id)
    ligne = await row(session, rdv.id)
    assert (ligne.debut, ligne.fin, ligne.sequence, ligne.version) == (at(9, 15), at(10), 1, 2)


async def test_a_full_day_can_still_be_rearranged(session: AsyncSession, tenant: TenantVue):
    centre, _ = await fill_reservable(session, capacite_journaliere=1)
    rdv = (await book(session, demande(centre))).rdv
    assert (await move(session, rdv, at(15))).ok


async def test_a_taken_hour_is_refused_and_nothing_has_moved(session: AsyncSession, tenant: TenantVue):
    centre, _ = await fill_reservable(session)
    premier = (await book(session, autre_demande(centre, 1))).rdv
    second = (await book(session, autre_demande(centre, 2, heure_debut="10:00"))).rdv
    assert (await move(session, second, at(9, 15))).issue == "pris"
    assert (await move(session, second, at(13))).issue == "hors_horaires"
    assert (await row(session, second.id)).debut == at(10)
    await cancel_rdv(session, rdv_id=premier.id, appelant=agent(tenant.id))
    assert (await move(session, second, at(9))).ok
    assert (await move(session, premier, at(11))).issue == "etat"
    with pytest.raises(NotFound):
        await lock_rdv(session, new_id())


async def test_a_move_to_another_centre_frees_the_first_one(session: AsyncSession, tenant: TenantVue):
    centre, _ = await fill_reservable(session)
    autre, (la_bas,) = await fill_reservable(session)
    rdv = (await book(session, demande(centre))).rdv
    assert (await move(session, rdv, at(9, jour=MARDI), jour=MARDI, centre=autre.id)).controleur_id == la_bas.id
    assert (await book(session, autre_demande(centre, 1))).rdv.debut == at(9)


async def committed(database: Database, controleurs: int = 1, **champs: Any) -> CentreVue:
    tenant = await make_tenant(database)
    async with database.transaction(tenant.id) as session:
        return (await fill_reservable(session, controleurs=controleurs, **champs))[0]


async def test_a_move_and_a_booking_race_for_an_hour_and_one_has_it(database: Database):
    centre = await committed(database)
    for tour in range(6):
        jour = LUNDI + timedelta(days=7 * tour)
        async with database.transaction(centre.tenant_id) as session:
            rdv = (await book(session, autre_demande(centre, 100 + tour, date=jour.isoformat()))).rdv

        async def moving(rdv: RdvVue = rdv, jour: date = jour) -> str:
            async with database.transaction(centre.tenant_id) as session:
                return (await move(session, rdv, at(14, jour=jour), jour=jour)).issue

        voulu = autre_demande(centre, tour, date=jour.isoformat(), heure_debut="14:15")
        issues = await asyncio.gather(moving(), attempt(database, centre.tenant_id, voulu))
        assert sorted(i in {"ok", "gagne"} for i in issues) == [False, True], issues
    assert await overlaps(database, centre.tenant_id) == 0


async def test_two_moves_that_cross_do_not_wait_for_each_other_for_ever(database: Database):
    centre = await committed(database, 2)
    async with database.transaction(centre.tenant_id) as session:
        un = (await book(session, autre_demande(centre, 1))).rdv
        deux = (await book(session, autre_demande(centre, 2, date=MARDI.isoformat()))).rdv

    async def moving(rdv: RdvVue, jour: date) -> bool:
        async with database.transaction(centre.tenant_id) as session:
            return (await move(session, rdv, at(10, jour=jour), jour=jour)).ok

    for _tour in range(5):
        assert all(await asyncio.gather(moving(un, MARDI), moving(deux, LUNDI)))
        assert all(await asyncio.gather(moving(un, LUNDI), moving(deux, MARDI)))


async def test_a_day_under_lock_is_booked_by_nobody_else(database: Database):
    centre = await committed(database)
    async with database.transaction(centre.tenant_id) as session:
        await lock_days(session, jours=[(centre.id, LUNDI)])
        async with database.transaction(centre.tenant_id) as autre:
            await autre.execute(text("set local lock_timeout = '50ms'"))
            with pytest.raises(psycopg.errors.LockNotAvailable):
                await book(autre, demande(centre))
            await autre.rollback()
    assert await attempt(database, centre.tenant_id, demande(centre)) == "gagne"


async def surnombre(session: AsyncSession, rdv: RdvVue) -> None:
    """Make an appointment one that has no inspector."""
    await session.execute(
        text("update rdv.rdv set surnombre = true, controleur_id = null where id = :id"), {"id": rdv.id}
    )


async def test_a_freed_inspector_goes_to_the_oldest_appointment_in_surnombre(session: AsyncSession, tenant: TenantVue):
    centre, (controleur,) = await fill_reservable(session, capacite_journaliere=1)
    attend = (await book(session, autre_demande(centre, 1))).rdv
    await surnombre(session, attend)
    nominal = (await book(session, autre_demande(centre, 2))).rdv
    await lock_days(session, jours=[(centre.id, LUNDI)])
    await release_place(session, centre_id=centre.id, jour=LUNDI)
    assert (await row(session, attend.id)).surnombre
    await cancel_rdv(session, rdv_id=nominal.id, appelant=agent(tenant.id))
    await release_place(session, centre_id=centre.id, jour=LUNDI)
    ligne = await row(session, attend.id)
    assert (ligne.surnombre, ligne.controleur_id, ligne.sequence) == (False, controleur.id, 0)
    types = (await session.execute(text("select type from socle.messages order by id"))).scalars().all()
    assert types.count("rdv.updated") == 1


async def test_a_row_held_for_an_offer_is_in_no_list(session: AsyncSession, tenant: TenantVue):
    centre, _ = await fill_reservable(session)
    rdv = (await book(session, demande(centre))).rdv
    assert [r.id for r in await list_rdv(session)] == [rdv.id]
    await session.execute(text("update rdv.rdv set offre_id = :o where id = :id"), {"o": new_id(), "id": rdv.id})
    assert await list_rdv(session) == []


async def test_what_is_refused_says_so_with_alternatives(session: AsyncSession, tenant: TenantVue):
    centre, _ = await fill_reservable(session)
    await book(session, autre_demande(centre, 1))
    with pytest.raises(GuichetError) as refus:
        await book(session, autre_demande(centre, 2))
    assert (refus.value.code, refus.value.extra["raison"]) == ("CRENEAU_INDISPONIBLE", "pris")
