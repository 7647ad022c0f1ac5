"""What runs behind the web: the worker (jobs and routines) and the relay, until told to stop."""

import asyncio
import logging
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

logger = logging.getLogger(__name__)
PATIENCE = 15.0  # seconds: more than the worker gives its jobs to finish


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


def run_until_told(main: Callable[[], Awaitable[None]], *, patience: float = PATIENCE) -> None:
    """Run a coroutine function until it ends, or until SIGINT, SIGTERM or SIGHUP cancels it; then close the database.

    What does not end within `patience` seconds of being told is left where it stands: a process that was told to stop
    stops. Jobs cut short are found by `rescue_stalled`.
    """

    async def run() -> bool:
        loop, told = asyncio.get_running_loop(), asyncio.Event()
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            loop.add_signal_handler(number, told.set)
        task = asyncio.ensure_future(main())
        ear = asyncio.ensure_future(told.wait())
        await asyncio.wait({task, ear}, return_when=asyncio.FIRST_COMPLETED)
        if task.done():
            ear.cancel()
        else:
            task.cancel()
            await asyncio.wait({task}, timeout=patience)
        if not task.done():
            logger.warning("told to stop, but something does not end: left where it stands")
            return False
        try:
            with suppress(asyncio.CancelledError):
                await task
        finally:
            await get_database().close()
        return True

    # Not asyncio.run: it would wait for the tasks left behind.
    loop = uvloop.new_event_loop()
    if loop.run_until_complete(run()):
        for left in asyncio.all_tasks(loop):
            left.cancel()
        loop.run_until_complete(loop.shutdown_asyncgens())
        loop.close()
