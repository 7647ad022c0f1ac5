"""The opening ranges booking reads: written when the network changes, rolled forward as days come within reach."""

from datetime import date, timedelta
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from guichet.identite.facade import TenantVue
from guichet.rdv.facade import extend_projection, project_centre, project_controleur
from guichet.reseau.facade import CentreModification, CentreVue, update_centre
from guichet.socle.horloge import frozen
from guichet.socle.ids import new_id
from tests.rdv.fabrique import AUJOURDHUI, MAINTENANT, fill_reservable
from tests.reseau.fabrique import fill_centre, fill_controleur


async def projected(session: AsyncSession, centre: CentreVue) -> list[date]:
    """The days known of a centre, in order."""
    query = text("select jour from rdv.journee where centre_id = :c order by jour")
    return list(await session.scalars(query, {"c": centre.id}))


async def open_days(session: AsyncSession, centre: CentreVue) -> int:
    """How many inspector-days can be booked there."""
    query = text("select count(*) from rdv.ouverture where centre_id = :c")
    return int(await session.scalar(query, {"c": centre.id}) or 0)


async def test_a_centre_without_inspectors_keeps_no_day(session: AsyncSession, tenant: TenantVue):
    centre = await fill_centre(session)
    assert await project_centre(session, centre_id=centre.id) == 0
    assert await projected(session, centre) == []


async def test_a_centre_that_does_not_exist_is_nothing_to_project(session: AsyncSession, tenant: TenantVue):
    assert await project_centre(session, centre_id=new_id()) == 0


async def test_a_centre_that_closes_for_good_loses_its_days(session: AsyncSession, tenant: TenantVue):
    centre, _ = await fill_reservable(session)
    assert await open_days(session, centre) > 0
    ferme = CentreModification.model_validate({"actif": False, "version": centre.version})
    await update_centre(session, centre.id, ferme)
    assert await projected(session, centre) == []
    assert await open_days(session, centre) == 0


async def test_days_reach_a_little_beyond_the_horizon(session: AsyncSession, tenant: TenantVue):
    centre, _ = await fill_reservable(session)
    jours = await projected(session, centre)
    assert jours[0] == AUJOURDHUI
    assert jours[-1] > AUJOURDHUI + timedelta(days=120)
    assert jours == [jours[0] + timedelta(days=n) for n in range(len(jours))]


async def test_an_inspector_who_leaves_a_centre_is_forgotten_there(session: AsyncSession, tenant: TenantVue):
    centre, (controleur,) = await fill_reservable(session)
    await session.execute(text("delete from reseau.controleur_centre where controleur_id = :id"), {"id": controleur.id})
    await project_controleur(session, controleur_id=controleur.id)
    assert await open_days(session, centre) == 0


async def test_each_night_brings_the_days_within_reach_and_a_second_run_brings_nothing(
    session: AsyncSession, tenant: TenantVue
):
    centre, _ = await fill_reservable(session)
    avant = await projected(session, centre)
    assert await extend_projection(session) == 0
    with frozen(MAINTENANT + timedelta(days=10)):
        assert await extend_projection(session) == 1
        assert await extend_projection(session) == 0
    apres = await projected(session, centre)
    assert apres == [avant[0] + timedelta(days=n) for n in range(len(avant) + 10)]


async def test_a_centre_never_projected_is_found_by_its_inspectors(session: AsyncSession, tenant: TenantVue):
    centre, _ = await fill_reservable(session)
    for table in ("ouverture", "journee"):
        await session.execute(text(f"delete from rdv.{table} where centre_id = :c"), {"c": centre.id})
    assert await extend_projection(session) == 1
    assert (await projected(session, centre))[0] == AUJOURDHUI


async def test_a_closed_centre_is_not_rolled_forward(session: AsyncSession, tenant: TenantVue):
    centre, _ = await fill_reservable(session)
    await session.execute(text("update reseau.centre set actif = false where id = :id"), {"id": centre.id})
    with frozen(MAINTENANT + timedelta(days=10)):
        assert await extend_projection(session) == 0


async def test_two_inspectors_are_two_openings_a_day(session: AsyncSession, tenant: TenantVue):
    centre, _ = await fill_reservable(session)
    seul = await open_days(session, centre)
    await fill_controleur(session, centre)
    assert await open_days(session, centre) == 2 * seul


async def test_an_accreditation_that_ends_is_no_longer_written_after_its_last_day(
    session: AsyncSession, tenant: TenantVue
):
    centre = await fill_centre(session)
    dernier = AUJOURDHUI + timedelta(days=10)
    controleur = await fill_controleur(session, centre, agrements=[{"code": "VL", "valide_au": dernier}])

    async def capacites(controleur_id: UUID, jour: date) -> list[str]:
        query = text("select capacites from rdv.ouverture where controleur_id = :id and jour = :j")
        return list(await session.scalar(query, {"id": controleur_id, "j": jour}) or [])

    assert await capacites(controleur.id, dernier) == ["VL"]
    assert await capacites(controleur.id, dernier + timedelta(days=3)) == []
