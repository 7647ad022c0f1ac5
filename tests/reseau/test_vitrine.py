"""The public read model: found near a place, by everybody, fast, and written by its tenant only."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import psycopg
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError
from sqlalchemy.ext.asyncio import AsyncSession

from guichet.identite.facade import TenantVue
from guichet.reseau.facade import (
    CentreVue,
    VitrineCentre,
    find_centre_tenant,
    find_vitrine,
    list_vitrine,
    refresh_vitrine,
    search_vitrine,
)
from guichet.reseau.metier.distances import box_around, distance_km
from guichet.reseau.metier.types import Carburant, TypeControle, VehiculeType
from guichet.reseau.questions.vitrine import PROCHES
from guichet.socle.database import Database, Role, raw
from guichet.socle.horloge import frozen
from guichet.socle.ids import new_id
from tests.identite.fabrique import make_tenant
from tests.reseau.fabrique import LYON, fill_centre, fill_controleur

GAP = (44.5594, 6.0786)
RENNES = (48.1113, -1.6800)


async def around(session: AsyncSession, lieu: tuple[float, float] = GAP, **filters: Any) -> list[VitrineCentre]:
    return await search_vitrine(session, lat=lieu[0], lon=lieu[1], **filters)


async def fill_at(session: AsyncSession, km: float, lieu: tuple[float, float] = GAP, **fields: Any) -> CentreVue:
    return await fill_centre(session, lat=lieu[0] + km / 111.195, lon=lieu[1], nom=f"À {km} km", **fields)


async def test_centres_come_nearest_first_within_the_radius(session: AsyncSession, tenant: TenantVue):
    for km in (29.0, 2.0, 31.0, 12.5):
        await fill_at(session, km)
    found = await around(session, rayon_km=30, tenant_id=tenant.id)
    assert [c.nom for c in found] == ["À 2.0 km", "À 12.5 km", "À 29.0 km"]
    assert [c.distance_km for c in found] == [pytest.approx(km, abs=0.02) for km in (2.0, 12.5, 29.0)]
    assert [c.nom for c in await around(session, rayon_km=1000, limite=1, tenant_id=tenant.id)] == ["À 2.0 km"]


async def test_everybody_sees_every_tenants_centres_without_a_tenant(database: Database):
    tenants = [await make_tenant(database) for _ in range(2)]
    for tenant in tenants:
        async with database.transaction(tenant.id) as session:
            await fill_at(session, 1.0, (-21.0, 55.3))
    async with database.transaction() as session:
        found = await around(session, (-21.0, 55.3))
        assert {t.id for t in tenants} <= {c.tenant_id for c in found}
        seuls = await around(session, (-21.0, 55.3), tenant_id=tenants[0].id)
        assert {c.tenant_id for c in seuls} == {tenants[0].id}
        for centre in found:
            assert await find_centre_tenant(session, centre_id=centre.centre_id) == centre.tenant_id
            assert await find_centre_tenant(session, code=centre.code_centre) == centre.tenant_id
        assert await find_centre_tenant(session, centre_id=new_id()) is None
        assert await find_centre_tenant(session, code="INCONNU") is None
        assert await find_vitrine(session, code="INCONNU") is None


async def test_only_its_tenant_writes_a_public_row(session: AsyncSession, tenant: TenantVue, database: Database):
    other = await make_tenant(database)
    async with database.transaction(other.id) as theirs:
        centre = await fill_centre(theirs)
    changed = await session.execute(
        text("update reseau.vitrine set nom = 'pris' where centre_id = :id"), {"id": centre.id}
    )
    removed = await session.execute(text("delete from reseau.vitrine where centre_id = :id"), {"id": centre.id})
    assert (changed.rowcount, removed.rowcount) == (0, 0)  # type: ignore[attr-defined]
    with pytest.raises(ProgrammingError, match="row-level security"):
        await session.execute(
            text(
                'insert into reseau.vitrine select (jsonb_populate_record(v, \'{"centre_id": "00000000-0000-0000-0000-000000000001"}\')).* '
                "from reseau.vitrine v where centre_id = :id"
            ),
            {"id": centre.id},
        )


async def test_filters_keep_what_takes_the_vehicle_and_can_be_booked(session: AsyncSession, tenant: TenantVue):
    voitures = await fill_at(session, 1.0)
    motos = await fill_at(session, 2.0, tarifs=[{"vehicule_type": "Moto", "prix": 5000}], types_controle=["CTP"])
    muet = await fill_at(session, 3.0, tarifs=[])
    lignes = await fill_at(
        session, 4.0, tarifs=[], equipements=[{"nom": "A", "vehicule_types": ["Moto"]}, {"nom": "B", "vehicule_types": ["VP"], "en_service": False}]
    )  # fmt: skip
    await fill_controleur(session, motos)

    async def ids(**filters: Any) -> list[UUID]:
        return [c.centre_id for c in await around(session, tenant_id=tenant.id, **filters)]

    assert await ids(vehicule_type="VP") == [voitures.id, muet.id]
    assert await ids(vehicule_type="Moto") == [motos.id, muet.id, lignes.id]
    assert await ids(type_controle="CV") == [voitures.id, muet.id, lignes.id]
    assert await ids(reservable=True) == [motos.id]


async def test_a_public_row_tells_prices_hours_and_when_it_closes(session: AsyncSession, tenant: TenantVue):
    fermeture = {"type": "fermeture", "du": "2026-11-23", "plages": [{"debut": "17:00", "fin": "18:00"}]}
    with frozen(datetime(2026, 11, 23, 14, 0, tzinfo=UTC)):
        await fill_at(session, 1.0, exceptions=[fermeture])
        await fill_at(session, 2.0, horaires={})
        ouvert, sans = await around(session, tenant_id=tenant.id)
    assert (ouvert.ouvert_jusqua, sans.ouvert_jusqua) == ("17:00", None)
    assert ouvert.prix(VehiculeType.VP, Carburant.GAZ, TypeControle.CVP) == 2500
    assert ouvert.horaires["lundi"][0] == ["08:00", "12:00"]
    with frozen(datetime(2026, 11, 23, 12, 0, tzinfo=UTC)):
        assert [c.ouvert_jusqua for c in await around(session, tenant_id=tenant.id)] == [None, None]


async def test_exceptions_that_are_over_and_who_works_them_stay_private(session: AsyncSession, tenant: TenantVue):
    centre = await fill_at(session, 1.0)
    controleur = await fill_controleur(session, centre)
    from guichet.reseau.facade import CentreModification, update_centre  # noqa: PLC0415

    exceptions = [
        {"type": "fermeture", "du": "2020-01-02"},
        {"type": "ouverture", "du": "2099-01-04", "plages": [{"debut": "09:00", "fin": "12:00"}], "controleur_ids": [str(controleur.id)]},
    ]  # fmt: skip
    await update_centre(
        session, centre.id, CentreModification.model_validate({"exceptions": exceptions, "horaires": {}})
    )
    (shown,) = await list_vitrine(session, tenant_id=tenant.id)
    assert [e.du.year for e in shown.exceptions] == [2099]
    assert shown.exceptions[0].controleurs is None
    assert shown.reservable


async def test_the_rows_can_all_be_written_again(session: AsyncSession, tenant: TenantVue):
    centres = [await fill_at(session, n) for n in range(3)]
    await session.execute(text("update reseau.vitrine set nom = 'faux' where tenant_id = :t"), {"t": tenant.id})
    told: list[int] = []
    await refresh_vitrine(session, progression=told.append)
    assert sorted(c.nom for c in await list_vitrine(session, tenant_id=tenant.id)) == sorted(c.nom for c in centres)
    assert told == [3]
    await refresh_vitrine(session, [])


@pytest.fixture(scope="module")
async def many(database: Database, database_urls: dict[Role, str]) -> AsyncIterator[UUID]:
    """Six thousand centres spread over the country, as a full import leaves them."""
    tenant = await make_tenant(database)
    async with database.transaction(tenant.id) as session:
        modele = await fill_centre(session)
    with psycopg.connect(database_urls[Role.MAINTENANCE]) as connection:
        connection.execute(
            "create temporary table places as select n, md5('c' || n)::uuid as id from generate_series(1, 6000) n"
        )
        connection.execute(
            "insert into reseau.centre select (jsonb_populate_record(c, jsonb_build_object('id', p.id, 'code_centre', 'X' || p.n,"
            " 'lat', 42.5 + (p.n * 37 %% 6000) / 1000.0 * 1.4, 'lon', -4.5 + (p.n * 101 %% 6000) / 500.0))).*"
            "  from reseau.centre c, places p where c.id = %s",
            (modele.id,),
        )
        connection.execute(
            "insert into reseau.vitrine select (jsonb_populate_record(v, jsonb_build_object('centre_id', c.id, 'code_centre',"
            " c.code_centre, 'lat', c.lat, 'lon', c.lon))).* from reseau.vitrine v, reseau.centre c"
            " where v.centre_id = %s and c.tenant_id = %s and c.id <> v.centre_id",
            (modele.id, tenant.id),
        )
        connection.commit()
        connection.autocommit = True
        connection.execute("vacuum analyze reseau.vitrine")
    yield tenant.id
    with psycopg.connect(database_urls[Role.MAINTENANCE]) as connection:
        connection.execute("delete from reseau.vitrine where tenant_id = %s", (tenant.id,))


def scans(plan: dict[str, Any]) -> list[str]:
    found = [plan["Node Type"]]
    for child in plan.get("Plans", ()):
        found += scans(child)
    return found


async def test_a_search_around_rennes_uses_the_index_as_the_applications_role(database: Database, many: UUID):
    sud, ouest, nord, est = box_around(*RENNES, 30)
    parameters = {
        "lat": RENNES[0], "lon": RENNES[1], "sud": sud, "ouest": ouest, "nord": nord, "est": est, "rayon": 30,
        "limite": 50, "tenant": None, "vehicule": "VP", "type": "CTP", "reservable": False,
    }  # fmt: skip
    async with database.transaction() as session:
        connection = await raw(session)
        assert (await (await connection.execute("select current_user")).fetchone()) == ("guichet_app",)
        row = await (
            await connection.execute(("explain (analyze, format json) " + PROCHES).encode(), parameters)
        ).fetchone()
        assert row is not None
        assert not {"Seq Scan", "Parallel Seq Scan"} & set(scans(row[0][0]["Plan"]))
        found = await around(session, RENNES, vehicule_type="VP", type_controle="CTP")
    assert 10 < len(found) <= 50
    assert all(c.distance_km is not None and c.distance_km <= 30 for c in found)


async def test_the_distance_sorted_by_is_the_one_of_the_rules(database: Database, many: UUID):
    async with database.transaction() as session:
        for centre in await around(session, LYON, rayon_km=100, limite=1000, tenant_id=many):
            assert centre.distance_km == pytest.approx(distance_km(*LYON, centre.lat, centre.lon), abs=0.01)


LAT, LON = st.floats(-60, 60), st.floats(-170, 170)


@given(LAT, LON, st.floats(0.5, 100), st.floats(0, 6.283))
def test_the_box_of_a_radius_holds_the_whole_disc(lat: float, lon: float, rayon: float, cap: float):
    from math import asin, atan2, cos, degrees, radians, sin  # noqa: PLC0415

    from guichet.reseau.metier.distances import RAYON_TERRE_KM  # noqa: PLC0415

    sud, ouest, nord, est = box_around(lat, lon, rayon)
    d, phi = rayon / RAYON_TERRE_KM * 0.999, radians(lat)
    phi2 = asin(sin(phi) * cos(d) + cos(phi) * sin(d) * cos(cap))
    lon2 = lon + degrees(atan2(sin(cap) * sin(d) * cos(phi), cos(d) - sin(phi) * sin(phi2)))
    assert sud <= degrees(phi2) <= nord
    assert ouest <= lon2 <= est
    assert distance_km(lat, lon, degrees(phi2), lon2) == pytest.approx(rayon * 0.999, rel=1e-6)


def test_distances_known_from_maps():
    assert distance_km(48.8566, 2.3522, 45.7640, 4.8357) == pytest.approx(391.5, abs=1)
    assert distance_km(*LYON, *LYON) == 0
