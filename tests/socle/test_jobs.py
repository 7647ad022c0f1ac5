"""Jobs are as durable as the transaction that deferred them, and are done once."""

import asyncio
import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from uuid import UUID

import procrastinate.schema
import psycopg
import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from guichet.socle.database import Database, Role
from guichet.socle.embarque import EmbeddedServer
from guichet.socle.ids import new_id
from guichet.socle.jobs import (
    Job,
    Travail,
    defer,
    defer_many,
    job,
    list_failed,
    purge_done,
    replay,
    rescue_stalled,
    run_jobs,
    run_waiting_jobs,
)
from guichet.socle.migrations import HERE
from guichet.socle.origine import current_origin, origin
from tests.socle.conftest import Traces, leave
from tests.socle.ouvrier import between, hang

QUEUE = "essai-jobs"


@job(queue=QUEUE)
async def note(session: AsyncSession, *, what: str, le: date = date(2025, 1, 1)) -> None:
    await leave(session, f"{what} {le} {current_origin().correlation_id} {current_origin().via}")


@job(queue=QUEUE, essais=1)
async def fail(session: AsyncSession, *, what: str) -> None:
    await leave(session, what)
    raise ValueError("panne")


@job(queue=QUEUE, essais=1, delai=timedelta(milliseconds=20))
async def linger(session: AsyncSession) -> None:
    await asyncio.Event().wait()


@job(queue=QUEUE)
async def chain(session: AsyncSession) -> None:
    await defer(session, note, what="suite")


JOBS: list[Job] = [note, fail, linger, chain, hang, between]


@pytest.fixture(autouse=True)
async def empty_queue(database: Database, effets: Traces):
    async with database.transaction(role=Role.RELAIS) as session:
        await session.execute(text("delete from travaux.procrastinate_jobs"))


async def work(database: Database, *queues: str) -> None:
    await run_waiting_jobs(database, JOBS, queues=queues or None)


async def counts(database: Database) -> dict[str, int]:
    async with database.transaction(role=Role.RELAIS) as session:
        rows = await session.execute(
            text("select status::text, count(*) as count from travaux.procrastinate_jobs group by 1")
        )
        return {row.status: row.count for row in rows}


async def test_a_committed_job_runs_in_its_tenant_with_its_arguments_and_correlation(
    database: Database, tenant_id: UUID, effets: Traces
):
    with origin(correlation_id="c-9", via="session"):
        async with database.transaction(tenant_id) as session:
            await defer(session, note, what="bonjour", le=date(2025, 11, 20))
    await work(database)
    assert await effets(tenant_id) == ["bonjour 2025-11-20 c-9 travail"]
    assert await counts(database) == {}


async def test_a_rolled_back_transaction_leaves_no_job(database: Database, tenant_id: UUID):
    async with database.transaction(tenant_id) as session:
        await defer(session, note, what="bonjour")
        await session.rollback()
    assert await counts(database) == {}


async def test_many_jobs_are_deferred_at_once_in_order(database: Database, tenant_id: UUID, effets: Traces):
    async with database.transaction(tenant_id) as session:
        numbers = await defer_many(session, note, [{"what": str(n)} for n in range(20)])
    assert numbers == sorted(numbers)
    await run_waiting_jobs(database, JOBS, places=1)
    assert [trace.split()[0] for trace in await effets(tenant_id)] == [str(n) for n in range(20)]


async def test_a_job_without_a_tenant_sees_no_tenant(database: Database, effets: Traces):
    before = len(await effets(None))
    async with database.transaction() as session:
        await defer(session, note, what="bonjour")
    await work(database)
    assert len(await effets(None)) == before + 1


async def test_a_job_that_calls_outside_opens_its_own_transactions(database: Database, tenant_id: UUID, effets: Traces):
    async with database.transaction(tenant_id) as session:
        await defer(session, between, what=tenant_id)
    await work(database)
    assert await effets(tenant_id) == [f"avant {tenant_id} essai 1", f"après {tenant_id} essai 1"]


async def test_a_worker_leaves_the_other_queues_alone(database: Database, tenant_id: UUID, effets: Traces):
    async with database.transaction(tenant_id) as session:
        await defer(session, note, what="bonjour")
    await work(database, "autre")
    assert await effets(tenant_id) == []
    assert await counts(database) == {"todo": 1}


async def test_a_job_deferred_by_a_job_runs_too(database: Database, tenant_id: UUID, effets: Traces):
    async with database.transaction(tenant_id) as session:
        await defer(session, chain)
    await work(database)
    assert [t.split()[0] for t in await effets(tenant_id)] == ["suite"]


async def test_a_job_that_fails_leaves_nothing_behind_and_is_tried_again_later(
    database: Database, tenant_id: UUID, effets: Traces
):
    again = job(queue=QUEUE, nom="essai.again", essais=3)(fail.fonction)
    async with database.transaction(tenant_id) as session:
        await defer(session, again, what="bonjour")
    await run_waiting_jobs(database, [again])
    assert await effets(tenant_id) == []
    async with database.transaction(role=Role.RELAIS) as session:
        row = (
            await session.execute(
                text("select status::text, attempts, scheduled_at > now() later from travaux.procrastinate_jobs")
            )
        ).one()
    assert tuple(row) == ("todo", 1, True)


async def test_a_job_tried_enough_is_seen_and_can_be_replayed(database: Database, tenant_id: UUID, effets: Traces):
    async with database.transaction(tenant_id) as session:
        number = await defer(session, fail, what="bonjour")
    await work(database)
    (seen,) = await list_failed(database)
    assert (seen.id, seen.nom, seen.tenant_id, seen.arguments) == (number, fail.nom, tenant_id, {"what": "bonjour"})
    assert seen.erreur == "ValueError: panne"
    assert await replay(database, number) == 1
    assert await counts(database) == {"todo": 1}
    mended = job(queue=QUEUE, nom=fail.nom)(note.fonction)
    await run_waiting_jobs(database, [mended])
    assert len(await effets(tenant_id)) == 1


async def test_a_job_that_lasts_too_long_is_stopped(database: Database, tenant_id: UUID):
    async with database.transaction(tenant_id) as session:
        await defer(session, linger)
    await work(database)
    (seen,) = await list_failed(database)
    assert seen.erreur.startswith("TimeoutError")


async def test_a_job_nobody_knows_is_kept_as_failed(database: Database, tenant_id: UUID):
    gone = job(queue=QUEUE, nom="essai.gone")(note.fonction)
    async with database.transaction(tenant_id) as session:
        await defer(session, gone, what="bonjour")
    await work(database)
    (seen,) = await list_failed(database)
    assert seen.nom == "essai.gone"


@pytest.mark.parametrize("arguments", [{}, {"what": "a", "autre": 1}, {"what": "a", "le": "hier"}])
async def test_wrong_arguments_are_refused_when_deferring(session: AsyncSession, arguments: dict[str, object]):
    with pytest.raises(ValueError, match="validation error"):
        await defer(session, note, **arguments)


async def test_a_worker_survives_the_loss_of_its_connections(
    database: Database, server: EmbeddedServer, tenant_id: UUID, monkeypatch: pytest.MonkeyPatch
):
    heard = asyncio.Queue[str]()
    monkeypatch.setattr("guichet.socle.jobs.worker.POLL", 0.05)

    @job(queue=QUEUE, nom="essai.hear")
    async def hear(session: AsyncSession, *, what: str) -> None:
        heard.put_nowait(what)

    async def say(what: str) -> None:
        async with database.transaction(tenant_id) as session:
            await defer(session, hear, what=what)

    working = asyncio.create_task(run_jobs(database, [hear], queues=[QUEUE]))
    async with asyncio.timeout(30):
        await say("avant")
        assert await heard.get() == "avant"
        with psycopg.connect(server.admin_url(), autocommit=True) as admin:
            admin.execute(
                "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'guichet:travaux'"
            )
        await say("après")
        assert await heard.get() == "après"
    working.cancel()
    with pytest.raises(asyncio.CancelledError):
        await working


def test_a_job_takes_one_support_then_keyword_only_arguments():
    async def wrong(session: AsyncSession, what: str) -> None: ...

    with pytest.raises(TypeError, match="keyword-only"):
        job(queue=QUEUE)(wrong)


def test_the_name_of_a_job_is_its_context_and_function():
    async def send(session: AsyncSession) -> None: ...

    send.__module__ = "guichet.notifications.jobs.envoi"
    assert job(queue="notifications")(send).nom == "notifications.send"


async def test_a_job_may_be_run_here_and_now(session: AsyncSession, tenant_id: UUID):
    await note(session, what="bonjour")
    assert (
        await session.scalar(text("select count(*) from public.essai_effets where tenant_id = :t"), {"t": tenant_id})
        == 1
    )


@pytest.fixture
def ouvrier(database_urls: dict[Role, str]) -> Iterator[list[subprocess.Popen[str]]]:
    started: list[subprocess.Popen[str]] = []
    yield started
    for process in started:
        process.kill()
        process.communicate()


def start(ouvrier: list[subprocess.Popen[str]], urls: dict[Role, str], **environment: str) -> subprocess.Popen[str]:
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.socle.ouvrier", urls[Role.APP], urls[Role.RELAIS]],
        cwd=Path(__file__).parents[2],
        env={**os.environ, **environment},
        stdout=subprocess.PIPE,
        text=True,
    )
    ouvrier.append(process)
    return process


async def test_a_worker_killed_in_the_middle_of_a_job_leaves_it_to_another(
    database: Database, database_urls: dict[Role, str], tenant_id: UUID, effets: Traces, ouvrier
):
    async with database.transaction(tenant_id) as session:
        await defer(session, hang, what="une fois")
    process = start(ouvrier, database_urls, ESSAI_SUSPENDRE="1")
    assert process.stdout is not None
    assert await asyncio.to_thread(process.stdout.readline) == "commencé\n"
    process.kill()
    await asyncio.to_thread(process.wait)
    await work(database)
    assert await effets(tenant_id) == [], "nobody may take it while its worker is believed alive"
    assert await rescue_stalled(database, seconds=0) == 1
    await work(database)
    assert await effets(tenant_id) == ["une fois"]


async def test_a_worker_killed_after_its_commit_does_not_make_the_job_run_twice(
    database: Database, database_urls: dict[Role, str], tenant_id: UUID, effets: Traces, ouvrier
):
    async with database.transaction(tenant_id) as session:
        await defer(session, hang, what="une fois")
    process = start(ouvrier, database_urls, ESSAI_MOURIR_APRES_COMMIT="1")
    await asyncio.to_thread(process.wait)
    assert await effets(tenant_id) == ["une fois"]
    assert await rescue_stalled(database, seconds=0) == 1
    await work(database)
    assert await effets(tenant_id) == ["une fois"]
    assert await counts(database) == {}


async def test_a_living_worker_s_jobs_are_not_taken_away(database: Database, tenant_id: UUID):
    async with database.transaction(tenant_id) as session:
        number = await defer(session, note, what="bonjour")
    async with database.transaction(role=Role.RELAIS) as session:
        await session.execute(text("insert into travaux.procrastinate_workers default values"))
        await session.execute(
            text(
                "update travaux.procrastinate_jobs set status = 'doing', worker_id = (select max(id) from travaux.procrastinate_workers)"
            )
        )
    assert await rescue_stalled(database) == 0
    async with database.transaction(role=Role.RELAIS) as session:
        await session.execute(
            text("update travaux.procrastinate_jobs set worker_id = null where id = :id"), {"id": number}
        )
    assert await rescue_stalled(database) == 1


async def test_a_job_that_takes_its_worker_down_each_time_is_given_up(database: Database, tenant_id: UUID):
    async with database.transaction(tenant_id) as session:
        await defer(session, note, what="bonjour")
    async with database.transaction(role=Role.RELAIS) as session:
        await session.execute(text("update travaux.procrastinate_jobs set status = 'doing', attempts = 9"))
    assert await rescue_stalled(database) == 1
    (seen,) = await list_failed(database)
    assert seen.erreur == "le processus a été interrompu"


async def test_marks_are_forgotten_with_their_jobs(database: Database, tenant_id: UUID):
    async with database.transaction(tenant_id) as session:
        kept = await defer(session, note, what="bonjour")
        await session.execute(
            text("insert into socle.travaux_faits values (:kept, :old), (-1, :old), (-2, :new)"),
            {"kept": kept, "old": datetime(2025, 1, 1, tzinfo=UTC), "new": datetime(2100, 1, 1, tzinfo=UTC)},
        )
    await purge_done(database)
    async with database.transaction(role=Role.RELAIS) as session:
        left = set(await session.scalars(text("select job_id from socle.travaux_faits")))
    assert left >= {kept, -2}
    assert -1 not in left


async def test_no_insertion_of_a_job_notifies(database: Database, tenant_id: UUID):
    """NOTIFY makes commits wait for one another: the relay does it, in batches."""
    async with database.transaction(role=Role.MAINTENANCE) as session:
        enabled = await session.scalar(
            text("select tgenabled from pg_trigger where tgname = 'procrastinate_jobs_notify_queue_job_inserted_v1'")
        )
    assert enabled in {"D", b"D"}


async def test_a_tenant_defers_jobs_and_reads_none(database: Database, tenant_id: UUID):
    for statement in ("select args from travaux.procrastinate_jobs", "delete from travaux.procrastinate_jobs"):
        with pytest.raises(Exception, match="permission denied"):
            async with database.transaction(tenant_id) as session:
                await session.execute(text(statement))


def test_the_frozen_queue_is_that_of_the_installed_library():
    """A new release of the library needs a revision of ours: its published migration, frozen beside the first one."""
    frozen = (HERE / "sql" / "procrastinate_3_10_0.sql").read_text()
    _comment, _, published = frozen.partition("\n")
    assert procrastinate.schema.SchemaManager.get_schema() == published


async def test_a_job_of_a_removed_tenant_still_finds_no_row_of_another(database: Database, tenant_id: UUID):
    seen: list[int | None] = []

    @job(queue=QUEUE, nom="essai.count")
    async def count(session: AsyncSession) -> None:
        seen.append(await session.scalar(text("select count(*) from socle.audit")))

    async with database.transaction(new_id()) as session:
        await defer(session, count)
    await run_waiting_jobs(database, [count])
    assert seen == [0]


def test_a_support_without_transaction_knows_its_tenant():
    tenant = new_id()
    assert Travail(job_id=1, tenant_id=tenant, essai=1).tenant_id == tenant
