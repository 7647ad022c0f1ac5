"""When inspectors work, as those above project it."""

from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from guichet.reseau.facade import CentreModification, Exceptionnel, find_centre, opening_ranges, update_centre
from tests.reseau.fabrique import JOURNEE, fill_centre, fill_controleur

pytestmark = pytest.mark.usefixtures("tenant")
LUNDI = date(2026, 11, 23)


def hours(plages: tuple[tuple[datetime, datetime], ...]) -> list[tuple[int, int]]:
    return [(debut.hour, fin.hour) for debut, fin in plages]


async def test_a_week_of_an_inspector_who_follows_the_centre(session: AsyncSession):
    centre = await fill_centre(session)
    controleur = await fill_controleur(session, centre)
    ouvertures = await opening_ranges(session, centre_id=centre.id, du=LUNDI, au=LUNDI + timedelta(6))
    assert [o.jour for o in ouvertures] == [LUNDI + timedelta(n) for n in range(5)]
    assert {(o.controleur_id, o.centre_id) for o in ouvertures} == {(controleur.id, centre.id)}
    assert hours(ouvertures[0].plages) == [(7, 11), (13, 17)]
    assert ouvertures[0].plages[0][0] == datetime(2026, 11, 23, 7, tzinfo=UTC)


async def test_one_person_in_two_centres_and_two_time_zones(session: AsyncSession):
    lyon = await fill_centre(session)
    reunion = await fill_centre(session, code_postal="97400", ville="Saint-Denis", lat=-20.9, lon=55.4)
    controleur = await fill_controleur(
        session, lyon, centres=[{"centre_id": lyon.id, "horaires": {"lundi": JOURNEE}}, {"centre_id": reunion.id, "horaires": {"mardi": JOURNEE}}]
    )  # fmt: skip
    ouvertures = await opening_ranges(session, controleur_id=controleur.id, du=LUNDI, au=LUNDI + timedelta(4))
    found = {(o.centre_id, o.jour): hours(o.plages) for o in ouvertures}
    assert found == {
        (lyon.id, LUNDI): [(7, 11), (13, 17)],
        (reunion.id, LUNDI + timedelta(1)): [(4, 8), (10, 14)],
    }


async def test_holidays_exceptions_and_those_they_name(session: AsyncSession):
    centre = await fill_centre(session)
    a, b = await fill_controleur(session, centre), await fill_controleur(session, centre)
    noel, dimanche = date(2026, 12, 25), date(2026, 12, 27)
    await update_centre(
        session,
        centre.id,
        CentreModification.model_validate(
            {
                "exceptions": [
                    {"type": "ouverture", "du": dimanche, "plages": [{"debut": "09:00", "fin": "11:00"}], "controleur_ids": [str(b.id)]},
                    {"type": "fermeture", "du": "2026-12-23", "motif": "Inventaire"},
                ]
            }
        ),
    )  # fmt: skip
    ouvertures = await opening_ranges(session, centre_id=centre.id, du=date(2026, 12, 22), au=dimanche)
    found = {(o.jour.day, o.controleur_id) for o in ouvertures}
    assert found == {(22, a.id), (22, b.id), (24, a.id), (24, b.id), (27, b.id)}
    shown = await find_centre(session, centre.id)
    assert shown is not None
    assert shown.opening(noel).raison == "ferie"
    named: Exceptionnel = shown.exceptions[1].exception
    assert named.controleurs == frozenset({b.id})


async def test_nobody_works_in_a_closed_centre_nor_after_leaving(session: AsyncSession):
    ferme = await fill_centre(session, actif=False)
    ouvert = await fill_centre(session)
    await fill_controleur(session, ferme)
    await fill_controleur(session, ouvert, actif=False)
    assert await opening_ranges(session, du=LUNDI, au=LUNDI) == []


@pytest.mark.parametrize(("jour", "heures"), [(date(2026, 3, 29), 23), (date(2026, 10, 25), 25)])
async def test_a_night_shift_is_right_on_both_clock_change_days(session: AsyncSession, jour: date, heures: int):
    centre = await fill_centre(session, horaires={"dimanche": [{"debut": "00:00", "fin": "24:00"}]})
    await fill_controleur(session, centre)
    ((debut, fin),) = (await opening_ranges(session, centre_id=centre.id, du=jour, au=jour))[0].plages
    assert fin - debut == timedelta(hours=heures)


async def test_the_whole_tenant_at_once_is_the_sum_of_its_centres(session: AsyncSession):
    centres = [await fill_centre(session) for _ in range(3)]
    for centre in centres:
        await fill_controleur(session, centre)
    tout = await opening_ranges(session, du=LUNDI, au=LUNDI + timedelta(9))
    un_par_un: list[tuple[UUID, UUID, date]] = []
    for centre in sorted(centres, key=lambda c: c.id):
        du_centre = await opening_ranges(session, centre_id=centre.id, du=LUNDI, au=LUNDI + timedelta(9))
        un_par_un += [(o.centre_id, o.controleur_id, o.jour) for o in du_centre]
    assert [(o.centre_id, o.controleur_id, o.jour) for o in tout] == un_par_un
