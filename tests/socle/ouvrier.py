"""A worker in a process of its own, to be killed: `python -m tests.socle.ouvrier`, told what to do by its environment."""

import asyncio
import os
import signal
import sys
from uuid import UUID

from procrastinate.manager import JobManager
from sqlalchemy.ext.asyncio import AsyncSession

from guichet.socle.database import Database, Role, set_database
from guichet.socle.jobs import Travail, job, run_jobs
from guichet.socle.settings import get_settings
from tests.socle.conftest import leave


@job(queue="essai", nom="essai.hang")
async def hang(session: AsyncSession, *, what: str) -> None:
    """Leave a trace, say so, and (in the process to be killed) never end."""
    await leave(session, what)
    if os.environ.get("ESSAI_SUSPENDRE"):
        print("commencé", flush=True)
        await asyncio.Event().wait()


@job(queue="essai", nom="essai.between", transaction=False)
async def between(work: Travail, *, what: UUID) -> None:
    """Open two transactions, as jobs that call the outside do."""
    for step in ("avant", "après"):
        async with work.transaction() as session:
            await leave(session, f"{step} {what} essai {work.essai}")


async def _die(*arguments: object, **options: object) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


async def main() -> None:
    """Work until killed."""
    database = Database({Role.APP: sys.argv[1], Role.RELAIS: sys.argv[2]}, get_settings())
    set_database(database)
    if os.environ.get("ESSAI_MOURIR_APRES_COMMIT"):
        JobManager.finish_job = _die
    await run_jobs(database, [hang, between])


if __name__ == "__main__":
    asyncio.run(main())
