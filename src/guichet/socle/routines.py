"""Routines: what the house does every so often by the one clock, one worker at a time.

A routine sweeps what is due (`where echeance_le <= now`), so it may be late, run twice or be killed half-way and lose
nothing. When it ran last is kept in the database: workers come and go, the rhythm stays.
"""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Collection, Iterable
from datetime import datetime
from functools import partial
from typing import Any, TypeVar

import psycopg
from psycopg import AsyncConnection

from guichet.socle import horloge
from guichet.socle.database import Database, Role, get_database
from guichet.socle.errors import describe_error
from guichet.socle.origine import origin
from guichet.socle.registre import Registre, Routine, get_registre
from guichet.socle.telemetrie.metriques import compteur

logger = logging.getLogger(__name__)

T = TypeVar("T")

TICK = 1.0
GRACE = 3.0
RECONNECT = 2.0

# The lock belongs to the connection: it is let go when the process dies, however it dies.
LOCK = "select pg_try_advisory_lock(hashtextextended('routine:' || %s, 0))"
UNLOCK = "select pg_advisory_unlock(hashtextextended('routine:' || %s, 0))"
NEXT = "select nom, prochaine_le from socle.routines"
DONE = """
insert into socle.routines (nom, derniere_le, prochaine_le, duree_ms, echecs, erreur) values (%s, %s, %s, %s, %s, %s)
on conflict (nom) do update set derniere_le = excluded.derniere_le, prochaine_le = excluded.prochaine_le,
  duree_ms = excluded.duree_ms, erreur = excluded.erreur,
  echecs = case when excluded.erreur is null then 0 else socle.routines.echecs + 1 end
"""

RAN = compteur("routines", "Routines run, by outcome", ("routine", "issue"))


class Horaire:
    """The timetable of one worker."""

    def __init__(self, database: Database, routines: Iterable[Routine]) -> None:
        self._database = database
        self._routines = tuple(routines)
        self._running: dict[str, asyncio.Task[bool]] = {}

    async def run(self) -> None:
        """Keep the timetable until cancelled; survives the database."""
        try:
            while True:
                try:
                    async with await self._connect() as connection:
                        while True:
                            await horloge.synchronise()
                            await self._start_due(connection, horloge.now())
                            await asyncio.sleep(TICK)
                except psycopg.OperationalError:
                    logger.warning("the routines lost the database, next try in %s s", RECONNECT, exc_info=True)
                    await asyncio.sleep(RECONNECT)
        finally:
            await self._finish()

    async def run_due(self, instant: datetime, *, force: bool = False) -> list[str]:
        """Run what is due at an instant, one after the other. Returns the names of what ran."""
        async with await self._connect() as connection:
            due = self._routines if force else await self._find_due(connection, instant)
            return [r.nom for r in due if await self._run(connection, r, instant, force=force)]

    async def _connect(self) -> AsyncConnection[Any]:
        return await AsyncConnection.connect(
            self._database.url(Role.RELAIS),
            autocommit=True,
            application_name="guichet:routines",
            options="-c timezone=UTC -c statement_timeout=15000",
        )

    async def _start_due(self, connection: AsyncConnection[Any], instant: datetime) -> None:
        for routine in await self._find_due(connection, instant):
            if routine.nom not in self._running:
                task = asyncio.create_task(self._run(connection, routine, instant), name=f"routine {routine.nom}")
                self._running[routine.nom] = task
                task.add_done_callback(partial(self._ended, routine.nom))

    async def _find_due(self, connection: AsyncConnection[Any], instant: datetime) -> list[Routine]:
        rows: dict[str, datetime] = dict(await (await connection.execute(NEXT)).fetchall())
        return [r for r in self._routines if _is_due(r, rows.get(r.nom), instant)]

    def _ended(self, nom: str, done: asyncio.Task[bool]) -> None:
        del self._running[nom]
        if not done.cancelled() and (error := done.exception()):
            logger.warning("a routine could not be started", extra={"routine": nom}, exc_info=error)

    async def _finish(self) -> None:
        tasks = list(self._running.values())
        if tasks:
            _done, late = await asyncio.wait(tasks, timeout=GRACE)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)

    async def _run(
        self, connection: AsyncConnection[Any], routine: Routine, instant: datetime, *, force: bool = False
    ) -> bool:
        locked = await (await connection.execute(LOCK, (routine.nom,))).fetchone()
        if not locked or not locked[0]:
            return False  # another worker runs it
        try:
            if not force and routine not in await self._find_due(connection, instant):
                return False  # another worker has just run it
            await self._act(connection, routine, instant)
        finally:
            if not connection.closed:
                await connection.execute(UNLOCK, (routine.nom,))
        return True

    async def _act(self, connection: AsyncConnection[Any], routine: Routine, instant: datetime) -> None:
        start = time.monotonic()
        error: str | None = None
        try:
            with origin(via="routine", auteur=routine.nom):
                await routine.action(instant)
        except Exception as failure:
            error = describe_error(failure)
            logger.exception("a routine failed", extra={"routine": routine.nom})
        RAN.labels(routine.nom, "echec" if error else "faite").inc()
        duration = int((time.monotonic() - start) * 1000)
        await connection.execute(
            DONE, (routine.nom, instant, instant + routine.toutes, duration, 1 if error else 0, error)
        )


def _is_due(routine: Routine, prochaine_le: datetime | None, instant: datetime) -> bool:
    # Further away than one period: the clock was set back, the rhythm starts anew.
    return prochaine_le is None or prochaine_le <= instant or prochaine_le > instant + routine.toutes


async def run_due_routines(
    now: datetime,
    *,
    database: Database | None = None,
    registre: Registre | None = None,
    noms: Collection[str] | None = None,
    force: bool = False,
) -> list[str]:
    """Run the routines due at `now` (all of them, or those named), one after the other: for tests and commands.

    `force` runs them whether due or not. Returns the names of those that ran; a failure is kept in `socle.routines` and
    logged, as in the worker.
    """
    routines = [r for r in (registre or get_registre()).routines if noms is None or r.nom in noms]
    return await Horaire(database or get_database(), routines).run_due(now, force=force)


async def for_each(cibles: Iterable[T], action: Callable[[T], Awaitable[object]]) -> None:
    """What a routine does for each of several tenants: one that fails is logged and holds up no other.

    Raises `ExceptionGroup` when all were tried and some failed, so that the routine is kept as failed; cancelling stops it
    at once.
    """
    echecs: list[Exception] = []
    nombre = 0
    for cible in cibles:
        nombre += 1
        try:
            await action(cible)
        except Exception as error:
            logger.exception("a routine failed for one of its targets", extra={"cible": str(cible)})
            echecs.append(error)
    if echecs:
        raise ExceptionGroup(f"{len(echecs)} of {nombre}, the first: {describe_error(echecs[0])}", echecs)
