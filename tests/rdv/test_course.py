"""Fifty people on the last place: exactly one has it. And the same race without protection, which shows it would be lost."""

import asyncio
import os
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import datetime, timedelta
from uuid import UUID

import psycopg
import pytest

from guichet.rdv.facade import DemandeRdv, create_rdv
from guichet.reseau.facade import CentreVue
from guichet.socle import migrations
from guichet.socle.database import Database, Role, raw
from guichet.socle.embarque import EmbeddedServer, create_database, create_extensions
from guichet.socle.errors import GuichetError
from guichet.socle.ids import new_id
from guichet.socle.settings import get_settings
from tests.identite.fabrique import make_tenant
from tests.rdv.fabrique import LUNDI, PARIS, anonyme, at, autre_demande, fill_reservable

TOURS = 200 if os.environ.get("GUICHET_TESTS_COMPLETS") else 20
COUREURS = 50
OCCUPE = "OCCUPE"
"""What the edge answers (503) when a place is asked for by too many at once for this machine."""


async def attempt(database: Database, tenant_id: UUID, demande: DemandeRdv) -> str:
    """One booking in its own transaction, as a request makes it. Returns `gagne` or the code of the refusal."""
    try:
        async with database.transaction(tenant_id) as session:
            await create_rdv(session, demande=demande, appelant=anonyme(f"test-{new_id().hex}"))
    except GuichetError as refus:
        return refus.code
    except psycopg.errors.LockNotAvailable:
        return OCCUPE
    return "gagne"


async def race(
    database: Database, centre: CentreVue, debut: datetime, coureurs: int = COUREURS, tour: int = 0
) -> Counter[str]:
    """Everybody asks for the same start at the same moment."""
    local = debut.astimezone(PARIS)
    demandes = [
        autre_demande(
            centre, tour * coureurs + rang, date=local.date().isoformat(), heure_debut=local.strftime("%H:%M")
        )
        for rang in range(coureurs)
    ]
    return Counter(await asyncio.gather(*(attempt(database, centre.tenant_id, d) for d in demandes)))


async def overlaps(database: Database, tenant_id: UUID) -> int:
    """How many pairs of living appointments share an inspector and an instant."""
    async with database.transaction(tenant_id) as session:
        cursor = await (await raw(session)).execute(
            "select count(*) from rdv.rdv a join rdv.rdv b on a.controleur_id = b.controleur_id and a.id < b.id"
            " and a.debut < b.fin and b.debut < a.fin where a.statut = 'confirme' and b.statut = 'confirme'"
        )
        ligne = await cursor.fetchone()
        assert ligne is not None
        return int(ligne[0])


def starts(n: int) -> list[datetime]:
    """Starts that do not touch, on weekdays."""
    heures = [8, 9, 10, 11, 14, 15, 16, 17]
    jours = [LUNDI + timedelta(days=7 * semaine + jour) for semaine in range(12) for jour in range(5)]
    ouvrables = [j for j in jours if (j.month, j.day) not in {(12, 25), (1, 1)}]
    return [at(h, jour=j) for j in ouvrables for h in heures][:n]


async def fill_centre_of(database: Database, controleurs: int = 1) -> CentreVue:
    tenant = await make_tenant(database)
    async with database.transaction(tenant.id) as session:
        nominales = {"tolerance_surreservation": 0}  # one slot, one winner: places in surnombre are not slots
        centre, _ = await fill_reservable(
            session, controleurs=controleurs, capacite_journaliere=1000, reservation=nominales
        )
    return centre


async def test_fifty_people_on_the_last_place_and_exactly_one_has_it(database: Database):
    centre = await fill_centre_of(database)
    for tour, debut in enumerate(starts(TOURS)):
        issues = await race(database, centre, debut, tour=tour)
        assert issues["gagne"] == 1, issues
        assert set(issues) <= {"gagne", "CRENEAU_INDISPONIBLE", OCCUPE}
    assert await overlaps(database, centre.tenant_id) == 0


async def test_as_many_win_as_there_are_inspectors(database: Database):
    centre = await fill_centre_of(database, controleurs=3)
    issues = await race(database, centre, at(9), coureurs=20)
    assert issues == {"gagne": 3, "CRENEAU_INDISPONIBLE": 17}
    assert await overlaps(database, centre.tenant_id) == 0


async def test_starts_that_only_overlap_are_as_safe_as_the_same_start(database: Database):
    centre = await fill_centre_of(database)
    demandes = [
        autre_demande(centre, rang, heure_debut=f"{9 + rang % 4 // 3:02d}:{(rang % 4) * 15 % 60:02d}")
        for rang in range(24)
    ]
    issues = Counter(await asyncio.gather(*(attempt(database, centre.tenant_id, d) for d in demandes)))
    assert issues["gagne"] >= 1
    assert set(issues) == {"gagne", "CRENEAU_INDISPONIBLE"}
    assert await overlaps(database, centre.tenant_id) == 0


async def test_the_capacity_of_a_day_holds_under_the_same_race(database: Database):
    tenant = await make_tenant(database)
    async with database.transaction(tenant.id) as session:
        centre, _ = await fill_reservable(session, controleurs=3, capacite_journaliere=2)
    demandes = [autre_demande(centre, rang, heure_debut=f"{8 + rang % 4:02d}:00") for rang in range(20)]
    issues = Counter(await asyncio.gather(*(attempt(database, tenant.id, d) for d in demandes)))
    assert issues == {"gagne": 2, "CRENEAU_INDISPONIBLE": 18}


Ouvrir = Callable[[bool, bool], AbstractAsyncContextManager[Database]]
VERROU = "perform pg_advisory_xact_lock(verrou);"


@pytest.fixture
def unprotected(server: EmbeddedServer, database_urls: dict[Role, str]) -> Ouvrir:
    """Opens a database of its own, with or without the advisory locks and the exclusion constraint."""

    @asynccontextmanager
    async def opened(verrous: bool, contrainte: bool) -> AsyncIterator[Database]:
        name = f"course_{os.getpid()}_{verrous:d}{contrainte:d}"
        with psycopg.connect(server.admin_url(), autocommit=True) as connection:
            create_database(connection, name)
        with psycopg.connect(server.admin_url(name), autocommit=True) as connection:
            create_extensions(connection)
        urls = server.urls(name)
        await asyncio.to_thread(migrations.migrate, urls[Role.MAINTENANCE])
        with psycopg.connect(urls[Role.MAINTENANCE], autocommit=True) as connection:
            if not contrainte:
                connection.execute("alter table rdv.rdv drop constraint ex_rdv_controleur")
            if not verrous:
                query = "select pg_get_functiondef(p.oid) from pg_proc p where p.proname = 'verrouiller'"
                ((source,),) = connection.execute(query).fetchall()
                assert VERROU in source
                connection.execute(source.replace(VERROU, "null;").encode())
        database = Database(urls, get_settings())
        try:
            yield database
        finally:
            await database.close()
        with psycopg.connect(server.admin_url(), autocommit=True) as connection:
            connection.execute(f"drop database {name} with (force)".encode())

    return opened


async def doubles(database: Database) -> int:
    """How many double bookings a few rounds leave."""
    centre = await fill_centre_of(database)
    for tour, debut in enumerate(starts(8)):
        issues = await race(database, centre, debut, tour=tour)
        assert issues["gagne"] >= 1, issues
    return await overlaps(database, centre.tenant_id)


async def test_without_lock_and_without_constraint_the_same_race_books_twice(unprotected: Ouvrir):
    async with unprotected(False, False) as database:
        assert await doubles(database) > 0


@pytest.mark.parametrize(("verrous", "contrainte"), [(True, False), (False, True)])
async def test_each_protection_alone_is_enough(unprotected: Ouvrir, verrous: bool, contrainte: bool):
    async with unprotected(verrous, contrainte) as database:
        assert await doubles(database) == 0
