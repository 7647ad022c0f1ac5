"""What runs behind the web: the worker (jobs and routines) and the relay, until told to stop."""

import asyncio
import signal
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress

import uvloop

from guichet.app.modules import assemble
from guichet.app.services import contexts_of
from guichet.socle.database import get_database
from guichet.socle.i18n import load_catalogues
from guichet.socle.jobs import run_jobs
from guichet.socle.relay import Relay
from guichet.socle.routines import Horaire


async def work(services: Sequence[str] = ()) -> None:
    """Run the jobs and routines of the named services (none named: all) until cancelled. Raises UnknownService."""
    served = contexts_of(services)
    registre = assemble()
    load_catalogues()
    modules = [m for m in registre.modules if m.nom in served]
    queues = sorted({job.queue for m in modules for job in m.jobs}) if services else None
    routines = [routine for m in modules for routine in m.routines]
    database = get_database()
    async with asyncio.TaskGroup() as group:
        group.create_task(run_jobs(database, registre.jobs, queues=queues))
        group.create_task(Horaire(database, routines).run())


async def relay() -> None:
    """Relay messages until cancelled."""
    registre = assemble()
    load_catalogues()
    await Relay(get_database(), registre).run()


def run_until_told(main: Callable[[], Awaitable[None]]) -> None:
    """Run a coroutine function until it ends, or until SIGINT, SIGTERM or SIGHUP cancels it; then close the database."""

    async def run() -> None:
        task = asyncio.ensure_future(main())
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            asyncio.get_running_loop().add_signal_handler(number, task.cancel)
        try:
            with suppress(asyncio.CancelledError):
                await task
        finally:
            await get_database().close()

    uvloop.run(run())
