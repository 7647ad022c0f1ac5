"""Keeping the queue healthy: jobs of dead workers, failed jobs to see and replay, old marks to forget."""

from dataclasses import dataclass
from typing import Any

from psycopg.rows import class_row

from guichet.socle.database import Database, Role, raw
from guichet.socle.jobs.worker import STALLED_AFTER

STALLED = """
select j.id, j.attempts from travaux.procrastinate_jobs j
  left join travaux.procrastinate_workers w on w.id = j.worker_id
 where j.status = 'doing' and (w.id is null or w.last_heartbeat < now() - make_interval(secs => %s))
   for update of j skip locked
"""
AGAIN = "select travaux.procrastinate_retry_job_v2(%s, now(), null, null, null)"
GIVE_UP = "select travaux.procrastinate_finish_job_v1(%s, 'failed', false)"
CRASHES = 10  # a job that takes its worker down each time is given up

FAILED = """
select j.id, j.task_name as nom, j.queue_name as queue, j.attempts as essais, (j.args ->> 'tenant_id')::uuid as tenant_id,
       j.args -> 'arguments' as arguments, coalesce(e.erreur, 'le processus a été interrompu') as erreur
  from travaux.procrastinate_jobs j left join socle.travaux_erreurs e on e.job_id = j.id
 where j.status = 'failed' order by j.id limit %s
"""
REPLAY = """
update travaux.procrastinate_jobs set status = 'todo', attempts = 0, scheduled_at = null
 where status = 'failed' and (%(id)s::bigint is null or id = %(id)s)
"""
FORGET = "delete from travaux.procrastinate_jobs where status = 'failed' and id = %s"
PURGE = """
delete from socle.{table} t where not exists (select 1 from travaux.procrastinate_jobs j where j.id = t.job_id)
   and t.{instant} < now() - interval '1 minute'
"""


@dataclass(frozen=True)
class JobEnEchec:
    """A job that was tried enough. `arguments` hold identifiers, no personal data."""

    id: int
    nom: str
    queue: str
    essais: int
    tenant_id: Any
    arguments: dict[str, Any]
    erreur: str


async def rescue_stalled(database: Database, *, seconds: float = STALLED_AFTER) -> int:
    """Give back to the queue the jobs of workers not heard of for that long. Returns how many."""
    async with database.transaction(role=Role.RELAIS) as session:
        connection = await raw(session)
        stalled = await (await connection.execute(STALLED, (seconds,))).fetchall()
        for job_id, attempts in stalled:
            await connection.execute(GIVE_UP if attempts + 1 >= CRASHES else AGAIN, (job_id,))
    return len(stalled)


async def list_failed(database: Database, *, limit: int = 200) -> list[JobEnEchec]:
    """The jobs nobody will try again, oldest first."""
    async with database.transaction(role=Role.RELAIS) as session:
        cursor = (await raw(session)).cursor(row_factory=class_row(JobEnEchec))
        await cursor.execute(FAILED, (limit,))
        return await cursor.fetchall()


async def replay(database: Database, job_id: int | None = None) -> int:
    """Try a failed job again from its first attempt; all of them without a number. Returns how many."""
    async with database.transaction(role=Role.RELAIS) as session:
        return (await (await raw(session)).execute(REPLAY, {"id": job_id})).rowcount


async def forget(database: Database, job_id: int) -> int:
    """Give up a failed job for good. Returns how many: 0 when there is none of that number."""
    async with database.transaction(role=Role.RELAIS) as session:
        return (await (await raw(session)).execute(FORGET, (job_id,))).rowcount


async def purge_done(database: Database) -> None:
    """Forget the marks and errors of jobs the queue itself has forgotten."""
    async with database.transaction(role=Role.RELAIS) as session:
        connection = await raw(session)
        await connection.execute(PURGE.format(table="travaux_faits", instant="fait_le"))
        await connection.execute(PURGE.format(table="travaux_erreurs", instant="survenue_le"))
