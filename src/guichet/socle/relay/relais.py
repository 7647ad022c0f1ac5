"""Dispatch: from the outbox to the notes of what must react, and one announcement per batch."""

import asyncio
import logging
import time
from collections.abc import Iterable
from dataclasses import astuple
from datetime import timedelta
from typing import Any

import psycopg
from psycopg import AsyncConnection
from psycopg.rows import class_row

from guichet.socle.database import Database, Role
from guichet.socle.horloge import now, synchronise
from guichet.socle.jobs.worker import WAKE, wake_channels
from guichet.socle.messages import message_types
from guichet.socle.registre import Reaction, Registre, get_registre
from guichet.socle.relay.livraison import Livreur
from guichet.socle.relay.lot import LEASE, UNREADABLE, Due, Ligne, Note, note, plan
from guichet.socle.signaux import CHANNEL, pack
from guichet.socle.telemetrie.metriques import compteur

logger = logging.getLogger(__name__)

INTERVAL = 0.025  # seconds between two looks at an empty outbox
BATCH = 500
SWEEP_EVERY = 1.0
SWEEP = 500
GRACE = 3.0
RECONNECT = (0.1, 0.5, 1.0, 2.0, 5.0)

# A message of a type this process does not know waits for one that does: nothing is lost while versions change.
PENDING = "select exists (select 1 from socle.messages where publie_le is null and type = any (%s))"
TAKE = """
select id, created_at, tenant_id, type, version, payload, correlation_id from socle.messages
 where publie_le is null and type = any (%s) order by id limit %s for update skip locked
"""
PUBLISHED = """
update socle.messages m set publie_le = %s from unnest(%s::bigint[], %s::timestamptz[]) as l (id, created_at)
 where m.id = l.id and m.created_at = l.created_at
"""
NOTE = """
insert into socle.livraisons (message_id, reaction, message_le, tenant_id, etat, due_le, erreur)
select * from unnest(%s::bigint[], %s::text[], %s::timestamptz[], %s::uuid[], %s::text[], %s::timestamptz[], %s::text[])
on conflict do nothing
"""
ANNOUNCE = "select pg_notify(%s, p) from unnest(%s::text[]) as p"
DUE = """
with dues as (
  select message_id, reaction from socle.livraisons
   where etat = 'due' and due_le <= %(now)s and reaction = any (%(reactions)s)
   order by due_le limit %(limit)s for update skip locked
), prises as (
  update socle.livraisons l set due_le = %(lease)s from dues d
   where l.message_id = d.message_id and l.reaction = d.reaction
  returning l.message_id, l.reaction, l.message_le, l.essais
)
select m.id, m.created_at, m.tenant_id, m.type, m.version, m.payload, m.correlation_id, p.reaction, p.essais
  from prises p join socle.messages m on m.id = p.message_id and m.created_at = p.message_le
"""
UNREAD = "update socle.livraisons set etat = 'echec', erreur = %s where message_id = %s and reaction = %s"
READ_AGAIN = "delete from socle.livraisons where message_id = %s and reaction = %s"

PUBLISHED_COUNT = compteur("messages_publies", "Messages the relay took from the outbox")


class Relay:
    """One relay. `run` goes on until cancelled; `drain` does what there is to do and returns."""

    def __init__(
        self, database: Database, registre: Registre | None = None, *, places: int = 12, places_par_reaction: int = 3
    ) -> None:
        self._database = database
        registre = registre or get_registre()
        self._by_type: dict[str, list[Reaction]] = {
            nom: registre.reactions(cls, immediate=False) for nom, cls in message_types().items()
        }
        self._reactions = {r.nom: r for found in self._by_type.values() for r in found}
        self._livreur = Livreur(database, self._reactions, places=places, places_par_reaction=places_par_reaction)

    # -- life

    async def run(self) -> None:
        """Relay until cancelled. Survives the database: connects again, and goes on where it was."""
        failures = 0
        try:
            while True:
                try:
                    async with await self._connect() as connection:
                        failures = 0
                        logger.info("relay started", extra={"reactions": len(self._reactions)})
                        await self._relay(connection)
                except psycopg.OperationalError:
                    wait = RECONNECT[min(failures, len(RECONNECT) - 1)]
                    failures += 1
                    logger.warning("the relay lost the database, next try in %s s", wait, exc_info=True)
                    await asyncio.sleep(wait)
        finally:
            await self._livreur.close(GRACE)

    async def drain(self, *, ahead: timedelta = timedelta()) -> int:
        """Dispatch and deliver until nothing is due, or will be within `ahead`. Returns how many messages were dispatched."""
        total = 0
        async with await self._connect() as connection:
            while True:
                taken = await self.dispatch(connection)
                swept = await self.sweep(connection, ahead=ahead)
                await self._livreur.idle()
                await self._wake_workers(connection)
                total += taken
                if not taken and not swept:
                    return total

    async def _connect(self) -> AsyncConnection[Any]:
        return await AsyncConnection.connect(
            self._database.url(Role.RELAIS),
            autocommit=True,
            application_name="guichet:relais",
            options="-c timezone=UTC -c statement_timeout=15000 -c lock_timeout=2000",
        )

    async def _relay(self, connection: AsyncConnection[Any]) -> None:
        next_sweep = 0.0
        while True:
            await synchronise()
            taken = await self.dispatch(connection)
            if time.monotonic() >= next_sweep:
                await self.sweep(connection)
                next_sweep = time.monotonic() + SWEEP_EVERY
            await self._wake_workers(connection)
            if taken < BATCH:
                await asyncio.sleep(INTERVAL)

    # -- steps

    async def dispatch(self, connection: AsyncConnection[Any]) -> int:
        """Take a batch from the outbox, note its reactions, announce it. Returns how many messages it held."""
        types = list(self._by_type)
        pending = await (await connection.execute(PENDING, (types,))).fetchone()
        if not pending or not pending[0]:
            return 0
        async with connection.transaction(), connection.cursor(row_factory=class_row(Ligne)) as cursor:
            messages = await (await cursor.execute(TAKE, (types, BATCH))).fetchall()
            if not messages:
                return 0  # another relay has them
            instant = now()
            lot = plan(messages, self._by_type, instant=instant, has_room=self._livreur.has_room)
            places = [m.id for m in messages], [m.created_at for m in messages]
            await connection.execute(PUBLISHED, (instant, *places))
            await _write(connection, lot.notes)
            await connection.execute(ANNOUNCE, (CHANNEL, pack(lot.signaux)))
        for livraison in lot.livraisons:
            self._livreur.offer(livraison)
        PUBLISHED_COUNT.inc(len(messages))
        return len(messages)

    async def sweep(self, connection: AsyncConnection[Any], *, ahead: timedelta = timedelta()) -> int:
        """Take the deliveries that are due: to be tried again, or left by a relay that is gone. Returns how many."""
        instant = now()
        wanted = [UNREADABLE, *filter(self._livreur.has_room, self._reactions)]
        values = {"now": instant + ahead, "lease": instant + LEASE, "limit": SWEEP, "reactions": wanted}
        async with connection.cursor(row_factory=class_row(Due)) as cursor:
            dues = await (await cursor.execute(DUE, values)).fetchall()
        for due in dues:
            event, error = due.read()
            if event is None:
                await connection.execute(UNREAD, (error, due.id, due.reaction))
            elif due.reaction == UNREADABLE:
                await self._spread(connection, due)
            else:
                self._livreur.offer(due.to(due.reaction, event, due.essais))
        return len(dues)

    async def _spread(self, connection: AsyncConnection[Any], due: Due) -> None:
        """A message that could not be read can be now: its reactions take the place of its failure."""
        async with connection.transaction():
            await connection.execute(READ_AGAIN, (due.id, UNREADABLE))
            await _write(connection, [note(due, r.nom, now()) for r in self._by_type[due.type]])

    async def _wake_workers(self, connection: AsyncConnection[Any]) -> None:
        """One NOTIFY for all the jobs the reactions have deferred since the last one."""
        if self._livreur.queues:
            queues = sorted(self._livreur.queues)
            self._livreur.queues.clear()
            await connection.execute(WAKE, (wake_channels(queues),))


async def drain(database: Database, registre: Registre | None = None, *, leased: bool = False) -> int:
    """Relay all there is to relay, then return: for tests and for commands that end. Returns the number of messages.

    `leased`: also what another relay has taken and not delivered yet; nothing is delivered twice all the same.
    """
    return await Relay(database, registre).drain(ahead=LEASE if leased else timedelta())


async def _write(connection: AsyncConnection[Any], notes: Iterable[Note]) -> None:
    columns = [list(column) for column in zip(*map(astuple, notes), strict=True)]
    if columns:
        await connection.execute(NOTE, columns)
