"""The relay: from the commit of a message to its announcement in every process, and to its reaction's own commit.

Writers publish from this process at a steady rate, then as fast as they can; the relay runs in a process of its own, as
in production. Nothing may be lost or done twice: counted at the end of each run.
"""

import asyncio
import contextlib
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import psycopg
import uvloop
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from bench.cadre import percentiles, scratch_instance
from guichet.socle import migrations
from guichet.socle.database import Database, Role, configured_urls, raw
from guichet.socle.embarque import EmbeddedServer
from guichet.socle.ids import new_id
from guichet.socle.messages import Message, message, publish
from guichet.socle.registre import Module, Registre, deferred
from guichet.socle.relay import Relay
from guichet.socle.settings import get_settings
from guichet.socle.signaux import CHANNEL, unpack

SECONDS = 8
WRITERS = 8
RATES = (50, 500, None)  # messages a second; None: as fast as they can
TENANT = new_id()
TABLE = """
create table public.bench_effets (sent bigint, done timestamptz default clock_timestamp());
grant insert on public.bench_effets to guichet_app;
"""


@message("bench.happened", topic="bench.events")
@dataclass(frozen=True, kw_only=True)
class Happened(Message):
    """Something happened at `sent`, in microseconds."""

    sent: int

    def etiquettes(self) -> tuple[str, ...]:
        """One tag each, as a booking has its centre's."""
        return (f"bench:{self.sent}",)


async def react(session: AsyncSession, event: Happened) -> None:
    """One write, as an ordinary reaction."""
    await (await raw(session)).execute("insert into public.bench_effets (sent) values (%s)", (event.sent,))


async def relay() -> None:
    """The relay's process."""
    database = Database(configured_urls(get_settings()), get_settings())
    await Relay(database, Registre([Module(nom="bench", reactions=(deferred(Happened, react),))])).run()


@contextmanager
def relaying() -> Iterator[None]:
    """A relay, for the time of the block."""
    process = subprocess.Popen([sys.executable, "-m", "bench.relais", "relayer"])
    try:
        yield
    finally:
        process.terminate()
        process.wait()


async def write(database: Database, rate: float | None, until: float) -> list[int]:
    """Publish one message per transaction. Returns when each was committed, in microseconds."""
    sent: list[int] = []
    turn = time.perf_counter()
    while time.perf_counter() < until:
        async with database.transaction(TENANT) as session:
            sent.append(time.time_ns() // 1000)
            await publish(session, Happened(sent=sent[-1]))
        if rate:
            turn += 1 / rate
            await asyncio.sleep(max(0.0, turn - time.perf_counter()))
    return sent


async def hear(database: Database, heard: dict[int, float]) -> None:
    """Note when each message was announced."""
    async with await psycopg.AsyncConnection.connect(database.url(), autocommit=True) as connection:
        await connection.execute(f"listen {CHANNEL}")
        async for notice in connection.notifies():
            instant = time.time()
            for signal in unpack(notice.payload):
                heard.update((int(tag.partition(":")[2]), instant) for tag in signal.etiquettes)


async def settle(database: Database) -> None:
    """Wait until everything published has been reacted to."""
    query = text(
        "select (select count(*) from socle.messages where publie_le is null) + (select count(*) from socle.livraisons)"
    )
    while True:
        async with database.transaction(role=Role.RELAIS) as session:
            if await session.scalar(query) == 0:
                return
        await asyncio.sleep(0.05)


async def measure(database: Database, rate: int | None) -> None:
    """One run."""
    heard: dict[int, float] = {}
    listening = asyncio.create_task(hear(database, heard))
    begin = time.perf_counter()
    share = rate / WRITERS if rate else None
    many = await asyncio.gather(*(write(database, share, begin + SECONDS) for _ in range(WRITERS)))
    sent = sorted(instant for writer in many for instant in writer)
    written = time.perf_counter() - begin
    await settle(database)
    settled = time.perf_counter() - begin
    listening.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await listening
    async with database.transaction(role=Role.MAINTENANCE) as session:
        rows = await session.execute(
            text("delete from public.bench_effets returning sent, extract(epoch from done)::float")
        )
        done = list(rows)
    print(f"{len(sent) / written:,.0f} messages/s publiés ({'à fond' if rate is None else f'cadence {rate}'})")
    print(f"  annonce   {percentiles([heard[i] - i / 1e6 for i in sent if i in heard])}")
    print(f"  réaction  {percentiles([d - s / 1e6 for s, d in done])}, {len(done) / settled:,.0f}/s")
    lost = len(set(sent) - {s for s, _ in done})
    print(
        f"  perdus {lost}, faits deux fois {len(done) - len({s for s, _ in done})}, non annoncés {len(set(sent) - set(heard))}"
    )


async def run() -> None:
    """All the runs."""
    database = Database(configured_urls(get_settings()), get_settings())
    async with database.transaction(role=Role.MAINTENANCE) as session:
        await (await raw(session)).execute(TABLE)
    with relaying():
        await measure(database, 20)  # warm
        for rate in RATES:
            await measure(database, rate)
    await database.close()


def main() -> None:
    """A server of its own, a relay, the runs."""
    with scratch_instance() as settings, EmbeddedServer(settings).running():
        migrations.migrate(configured_urls(settings)[Role.MAINTENANCE])
        uvloop.run(run())


if __name__ == "__main__":
    if sys.argv[1:] == ["relayer"]:
        with contextlib.suppress(KeyboardInterrupt):
            uvloop.run(relay())
    else:
        main()
