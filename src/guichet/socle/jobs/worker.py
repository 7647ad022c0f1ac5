"""Running jobs: a Procrastinate worker whose tasks are the declared jobs, each in its tenant."""

import asyncio
import logging
import random
import time
from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

from procrastinate import App, BaseRetryStrategy, JobContext, PsycopgConnector, RetryDecision
from procrastinate.jobs import Job as QueuedJob
from psycopg_pool import AsyncConnectionPool

from guichet.socle.database import Database, Role, raw
from guichet.socle.errors import describe_error
from guichet.socle.horloge import now, synchronise
from guichet.socle.jobs.declaration import QUEUES, Job, Travail
from guichet.socle.origine import origin

logger = logging.getLogger(__name__)

POLL = 0.5  # seconds; jobs deferred outside the relay are found by looking
HEARTBEAT = 3.0
STALLED_AFTER = 15.0
GRACE = 3.5
LONGEST_WAIT = 3600
RECONNECT = (0.1, 0.5, 1.0, 2.0, 5.0)

DONE = "insert into socle.travaux_faits (job_id, fait_le) values (%s, %s) on conflict do nothing"
ERROR = """
insert into socle.travaux_erreurs (job_id, erreur, survenue_le) values (%s, %s, %s)
on conflict (job_id) do update set erreur = excluded.erreur, survenue_le = excluded.survenue_le
"""
WAITING = """
select exists (select 1 from travaux.procrastinate_jobs where status = 'todo'
  and (scheduled_at is null or scheduled_at <= now()) and (cardinality(%s::text[]) = 0 or queue_name = any (%s::text[])))
"""
WAKE = 'select pg_notify(canal, \'{"type": "job_inserted", "job_id": 0}\') from unnest(%s::text[]) canal'


class Reprise(BaseRetryStrategy):
    """Try again after 2, 4, 8... seconds, an hour at most, spread by chance so that failures do not march in step."""

    def __init__(self, essais: int) -> None:
        self.essais = essais

    def get_retry_decision(self, *, exception: BaseException, job: QueuedJob) -> RetryDecision | None:
        """When to try again; None when it has been tried enough."""
        if job.attempts + 1 >= self.essais and not isinstance(exception, asyncio.CancelledError):
            return None
        wait = min(2 ** (job.attempts + 1), LONGEST_WAIT) * random.uniform(0.75, 1.25)  # noqa: S311  no secret
        return RetryDecision(retry_in={"milliseconds": int(wait * 1000)})


def build_app(jobs: Iterable[Job], database: Database, *, ran: list[str] | None = None) -> App:
    """The Procrastinate application of these jobs. The name of each one that succeeds is added to `ran`."""
    app = App(connector=PsycopgConnector())
    for each in jobs:
        app.task(name=each.nom, queue=each.queue, pass_context=True, retry=Reprise(each.essais))(
            _runner(each, database, ran)
        )
    return app


def build_pool(database: Database) -> AsyncConnectionPool:
    """The queue's own connections, on the relay's role; the caller opens and closes it."""
    return AsyncConnectionPool(
        database.url(Role.RELAIS),
        kwargs={"options": "-c search_path=travaux -c timezone=UTC", "application_name": "guichet:travaux"},
        min_size=1,
        max_size=4,
        open=False,
        check=AsyncConnectionPool.check_connection,
    )


def _runner(wanted: Job, database: Database, ran: list[str] | None) -> Any:
    async def run(
        context: JobContext, *, arguments: dict[str, Any], tenant_id: str | None, correlation_id: str
    ) -> None:
        job_id = context.job.id
        assert job_id is not None
        tenant = UUID(tenant_id) if tenant_id else None
        await synchronise()
        with origin(correlation_id=correlation_id, via="travail", auteur=wanted.nom):
            try:
                async with asyncio.timeout(wanted.delai.total_seconds()):
                    if wanted.transaction:
                        await _run_once(wanted, database, job_id, tenant, wanted.decode(arguments))
                    else:
                        work = Travail(job_id=job_id, tenant_id=tenant, essai=context.job.attempts + 1)
                        await wanted.fonction(work, **wanted.decode(arguments))
            except Exception as error:
                async with database.transaction(role=Role.RELAIS) as session:
                    await (await raw(session)).execute(ERROR, (job_id, describe_error(error), now()))
                raise
        if ran is not None:
            ran.append(wanted.nom)

    return run


async def _run_once(
    wanted: Job, database: Database, job_id: int, tenant: UUID | None, arguments: dict[str, Any]
) -> None:
    async with database.transaction(tenant) as session:
        written = await (await raw(session)).execute(DONE, (job_id, now()))
        if written.rowcount == 0:
            logger.info("job already done before a crash", extra={"job_id": job_id, "job": wanted.nom})
            return
        await wanted.fonction(session, **arguments)
        queues = set(session.info.get(QUEUES, ()))
    if queues:
        await wake_workers(database, queues)


async def wake_workers(database: Database, queues: Iterable[str]) -> None:
    """Tell the workers of these queues that there is something to fetch."""
    async with database.transaction(role=Role.RELAIS) as session:
        await (await raw(session)).execute(WAKE, (wake_channels(queues),))


def wake_channels(queues: Iterable[str]) -> list[str]:
    """The channels Procrastinate's workers of these queues listen to."""
    return ["procrastinate_any_queue_v1", *(f"procrastinate_queue_v1#{queue}" for queue in sorted(queues))]


async def run_jobs(
    database: Database, jobs: Iterable[Job], *, queues: Sequence[str] | None = None, places: int = 4
) -> None:
    """Run jobs until cancelled, `places` at once; cancelled, it lets them finish for a few seconds, then leaves them.

    `queues` None is all of them. Survives the database: what ran when it went away is found by `rescue_stalled`.
    """
    jobs = list(jobs)
    failures = 0
    logger.info("worker started", extra={"queues": list(queues or ()), "jobs": len(jobs)})
    while True:
        start = time.monotonic()
        try:
            await _work(database, jobs, queues, places, wait=True)
        except Exception:
            logger.warning("the worker lost its queue", exc_info=True)
        failures = 0 if time.monotonic() - start > STALLED_AFTER else failures + 1
        await asyncio.sleep(RECONNECT[min(failures, len(RECONNECT) - 1)])


async def run_waiting_jobs(
    database: Database, jobs: Iterable[Job], *, queues: Sequence[str] | None = None, places: int = 4
) -> list[str]:
    """Run the jobs that wait, and those they defer: for tests and for commands that end. Returns the names of those done."""
    jobs = list(jobs)
    ran: list[str] = []
    while await _waiting(database, queues):
        await _work(database, jobs, queues, places, wait=False, ran=ran)
    return ran


async def _waiting(database: Database, queues: Sequence[str] | None) -> bool:
    async with database.transaction(role=Role.RELAIS) as session:
        row = await (await (await raw(session)).execute(WAITING, [list(queues or ())] * 2)).fetchone()
    return bool(row and row[0])


async def _work(
    database: Database,
    jobs: Iterable[Job],
    queues: Sequence[str] | None,
    places: int,
    *,
    wait: bool,
    ran: list[str] | None = None,
) -> None:
    options: dict[str, Any] = {"queues": list(queues)} if queues else {}
    app = build_app(jobs, database, ran=ran)
    pool = build_pool(database)
    try:
        await pool.open(wait=True)
        async with app.open_async(pool):
            await app.run_worker_async(
                concurrency=places,
                wait=wait,
                listen_notify=wait,
                fetch_job_polling_interval=POLL,
                update_heartbeat_interval=HEARTBEAT,
                stalled_worker_timeout=STALLED_AFTER,
                shutdown_graceful_timeout=GRACE,
                delete_jobs="successful",
                install_signal_handlers=False,
                **options,
            )
    finally:
        await pool.close(timeout=1.0)
