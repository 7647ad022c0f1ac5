"""Routines keep their rhythm by the one clock, whichever worker runs them, and one at a time."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import psycopg
import pytest
from sqlalchemy import text

from guichet.socle import entretien
from guichet.socle.audit import audit
from guichet.socle.database import Database, Role, in_transaction, raw
from guichet.socle.embarque import EmbeddedServer
from guichet.socle.horloge import frozen, now
from guichet.socle.origine import current_origin
from guichet.socle.registre import Module, Registre, Routine
from guichet.socle.routines import Horaire, for_each, run_due_routines

START = datetime(2025, 12, 1, 9, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)


class Counted:
    """A routine that says when it ran."""

    def __init__(self, nom: str, *, fails: bool = False) -> None:
        self.ran: list[datetime] = []
        self.fails = fails
        self.routine = Routine(nom=f"essai.{nom}", toutes=HOUR, action=self)

    async def __call__(self, instant: datetime) -> None:
        assert (in_transaction(), current_origin().via) == (False, "routine")
        self.ran.append(instant)
        if self.fails:
            raise ValueError("panne")


@pytest.fixture(autouse=True)
async def never_ran(database: Database):
    async with database.transaction(role=Role.MAINTENANCE) as session:
        await session.execute(text("delete from socle.routines"))


async def due(database: Database, instant: datetime, *counted: Counted, **options: bool) -> list[str]:
    registre = Registre([Module(nom="essai", routines=tuple(c.routine for c in counted))])
    return await run_due_routines(instant, database=database, registre=registre, **options)


async def test_a_routine_runs_at_once_then_at_its_rhythm(database: Database):
    hourly = Counted("hourly")
    for minutes in (0, 30, 59, 60, 61, 300):
        await due(database, START + timedelta(minutes=minutes), hourly)
    assert hourly.ran == [START, START + HOUR, START + 5 * HOUR]


async def test_a_forced_routine_runs_whether_due_or_not(database: Database):
    hourly = Counted("hourly")
    await due(database, START, hourly)
    assert await due(database, START, hourly, force=True) == ["essai.hourly"]


async def test_a_clock_set_back_does_not_stop_the_rhythm(database: Database):
    hourly = Counted("hourly")
    await due(database, START + timedelta(days=300), hourly)
    await due(database, START, hourly)
    assert len(hourly.ran) == 2


async def test_a_failure_is_kept_and_holds_up_no_other(database: Database):
    broken, sound = Counted("broken", fails=True), Counted("sound")
    for hours in range(2):
        await due(database, START + hours * HOUR, broken, sound)
    assert len(sound.ran) == 2
    async with database.transaction(role=Role.RELAIS) as session:
        row = (
            await session.execute(text("select echecs, erreur from socle.routines where nom = 'essai.broken'"))
        ).one()
    assert tuple(row) == (2, "ValueError: panne")
    broken.fails = False
    await due(database, START + 5 * HOUR, broken)
    async with database.transaction(role=Role.RELAIS) as session:
        row = (
            await session.execute(text("select echecs, erreur from socle.routines where nom = 'essai.broken'"))
        ).one()
    assert tuple(row) == (0, None)


async def test_one_target_that_fails_holds_up_no_other_and_the_routine_is_kept_as_failed(database: Database):
    faites: list[int] = []

    async def treat(cible: int) -> None:
        if cible % 2:
            raise ValueError(f"panne {cible}")
        faites.append(cible)

    async def sweep(instant: datetime) -> None:
        await for_each(range(4), treat)

    registre = Registre([Module(nom="essai", routines=(Routine(nom="essai.tous", toutes=HOUR, action=sweep),))])
    await run_due_routines(START, database=database, registre=registre)
    assert faites == [0, 2]
    async with database.transaction(role=Role.RELAIS) as session:
        requete = text("select echecs, erreur from socle.routines where nom = 'essai.tous'")
        echecs, erreur = (await session.execute(requete)).one()
    assert echecs == 1
    assert "2 of 4, the first: ValueError: panne 1" in erreur


async def test_only_one_worker_runs_a_routine_at_a_time(database: Database):
    begun, finish = asyncio.Event(), asyncio.Event()
    runs = 0

    async def long(instant: datetime) -> None:
        nonlocal runs
        runs += 1
        begun.set()
        await finish.wait()

    routine = Routine(nom="essai.long", toutes=HOUR, action=long)
    first = asyncio.create_task(Horaire(database, [routine]).run_due(START))
    await begun.wait()
    assert await Horaire(database, [routine]).run_due(START) == []
    finish.set()
    assert await first == ["essai.long"]
    assert await Horaire(database, [routine]).run_due(START) == []
    assert runs == 1


@asynccontextmanager
async def working(database: Database, *routines: Routine) -> AsyncIterator[None]:
    task = asyncio.create_task(Horaire(database, routines).run())
    try:
        async with asyncio.timeout(20):
            yield
    finally:
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task


async def test_a_worker_keeps_the_timetable_and_a_long_routine_stops_no_other(database: Database):
    quick, release = asyncio.Event(), asyncio.Event()

    async def long(instant: datetime) -> None:
        await release.wait()

    async def short(instant: datetime) -> None:
        quick.set()

    routines = [Routine(nom=f"essai.{a.__name__}", toutes=HOUR, action=a) for a in (long, short)]
    async with working(database, *routines):
        await quick.wait()
        release.set()


async def test_a_worker_survives_the_loss_of_its_connection(
    database: Database, server: EmbeddedServer, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("guichet.socle.routines.RECONNECT", 0)
    monkeypatch.setattr("guichet.socle.routines.TICK", 0.01)
    ran = asyncio.Queue[datetime]()

    async def tick(instant: datetime) -> None:
        ran.put_nowait(instant)

    async with working(database, Routine(nom="essai.tick", toutes=timedelta(0), action=tick)):
        await ran.get()
        with psycopg.connect(server.admin_url(), autocommit=True) as admin:
            admin.execute(
                "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'guichet:routines'"
            )
        while not ran.empty():
            ran.get_nowait()
        await ran.get()
        await ran.get()


async def test_the_plumbing_s_own_routines_all_run(database: Database, tenant_id: UUID):
    async with database.transaction(tenant_id) as session:
        await audit(session, action="essai.done", entite="essai")
    registre = Registre([Module(nom="socle", routines=entretien.ROUTINES)])
    ran = await run_due_routines(now(), database=database, registre=registre)
    assert ran == [r.nom for r in entretien.ROUTINES]
    async with database.transaction(role=Role.RELAIS) as session:
        failures = await session.scalar(text("select count(*) from socle.routines where erreur is not null"))
        left = await session.scalar(text("select count(*) from socle.audit_a_sceller"))
    assert (failures, left) == (0, 0)


async def partitions(database: Database) -> set[str]:
    query = "select c.relname from pg_inherits i join pg_class c on c.oid = i.inhrelid where i.inhparent = 'socle.messages'::regclass"
    async with database.transaction(role=Role.RELAIS) as session:
        return set(await session.scalars(text(query)))


async def test_the_coming_months_are_opened_and_old_ones_closed_once_delivered(database: Database, tenant_id: UUID):
    long_ago = datetime(2019, 3, 10, tzinfo=UTC)
    await entretien.open_months(long_ago)
    assert {"messages_2019_03", "messages_2019_06"} <= await partitions(database)
    insert = "insert into socle.messages (created_at, type, version, payload, publie_le) values (%s, 'essai.old', 1, '{}', %s)"
    async with database.transaction(role=Role.MAINTENANCE) as session:
        connection = await raw(session)
        await connection.execute(insert, (long_ago, long_ago))
        await connection.execute(insert, (long_ago + timedelta(days=31), None))
    with frozen(long_ago + timedelta(days=200)):
        await entretien.close_months(now())
    left = await partitions(database)
    assert "messages_2019_03" not in left
    assert "messages_2019_04" in left, "a message waits in it"
    async with database.transaction(role=Role.MAINTENANCE) as session:
        await session.execute(text("update socle.messages set publie_le = now() where type = 'essai.old'"))
    await entretien.close_months(now())
    assert "messages_2019_04" not in await partitions(database)


async def test_old_messages_without_a_month_of_their_own_are_removed_too(database: Database):
    insert = "insert into socle.messages (created_at, type, version, payload, publie_le) values (%s, 'essai.stray', 1, '{}', %s)"
    old = datetime(2001, 1, 1, tzinfo=UTC)
    async with database.transaction(role=Role.MAINTENANCE) as session:
        connection = await raw(session)
        await connection.execute(insert, (old, old))
        await connection.execute(insert, (old, None))
    await entretien.close_months(now())
    async with database.transaction(role=Role.MAINTENANCE) as session:
        left = list(await session.scalars(text("delete from socle.messages where type = 'essai.stray' returning id")))
    assert len(left) == 1


async def test_a_month_whose_first_rows_fell_elsewhere_stays_there(database: Database):
    month = datetime(2002, 5, 5, tzinfo=UTC)
    async with database.transaction(role=Role.MAINTENANCE) as session:
        connection = await raw(session)
        await connection.execute(
            "insert into socle.messages (created_at, type, version, payload, publie_le) values (%s, 'essai.odd', 1, '{}', now())",
            (month,),
        )
    async with database.transaction(role=Role.RELAIS) as session:
        opened = await session.scalar(
            text("select socle.ouvrir_partitions('messages', :d, :d)"), {"d": date(2002, 5, 1)}
        )
    assert opened == 0
    with pytest.raises(Exception, match="no monthly partitions"):
        async with database.transaction(role=Role.RELAIS) as session:
            await session.execute(text("select socle.ouvrir_partitions('livraisons', current_date, current_date)"))


async def test_what_waits_is_measured(database: Database):
    async with database.transaction() as session:
        measured = list(await entretien.measure(session))
    assert {m.nom for m in measured} >= {"messages_waiting", "messages_lag_seconds", "deliveries_failed", "jobs"}
