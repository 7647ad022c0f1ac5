"""Live updates: the relay's announcements, heard by every process, told to the cache and to the pages that are open.

One connection per process listens, and connects again when it is lost; what was said meanwhile is unknown, so the cache
is emptied and every page asked to read again. A page receives the signals of its own tenant only.
"""

import asyncio
import json
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Collection
from contextlib import suppress
from types import TracebackType
from typing import Any, Self
from uuid import UUID

import psycopg
from psycopg import AsyncConnection, Notify

from guichet.socle.cache import MemoryCache, get_cache
from guichet.socle.database import Database, get_database
from guichet.socle.signaux import CHANNEL, Signal, unpack

logger = logging.getLogger(__name__)

RECONNECT = (0.1, 0.5, 1.0, 2.0, 5.0)
PULSE = 15.0  # seconds; a connection silently lost is noticed by then, and proxies keep an idle stream open
ROOM = 100  # signals a page may be late by, before it is told to read everything again
RESYNC = "resync"


class Abonnement:
    """A page's subscription: an async iterator of signals, and a context manager that ends it."""

    def __init__(self, hub: "Diffusion", tenant_id: UUID, etiquettes: Collection[str]) -> None:
        self.tenant_id = tenant_id
        self.etiquettes = frozenset(etiquettes)
        self._hub = hub
        self._queue: asyncio.Queue[Signal | None] = asyncio.Queue()

    def offer(self, signal: Signal) -> None:
        """Give a signal, if it concerns this page."""
        heard = signal.etiquettes & self.etiquettes
        if signal.tenant_id != self.tenant_id or not heard:
            return
        if self._queue.qsize() >= ROOM:
            self.resync()
        else:
            self._queue.put_nowait(Signal(tenant_id=signal.tenant_id, type=signal.type, etiquettes=heard))

    def resync(self) -> None:
        """Forget what waits: the page reads everything again."""
        while not self._queue.empty():
            self._queue.get_nowait()
        self._queue.put_nowait(Signal(tenant_id=self.tenant_id, type=RESYNC, etiquettes=self.etiquettes))

    def end(self) -> None:
        """End the iteration."""
        self._queue.put_nowait(None)

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Signal:
        signal = await self._queue.get()
        if signal is None:
            raise StopAsyncIteration
        return signal

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._hub.forget(self)


class Diffusion:
    """What one process hears, and to whom it passes it on."""

    def __init__(self, database: Database, cache: MemoryCache) -> None:
        self._database = database
        self._cache = cache
        self._subscriptions: set[Abonnement] = set()

    def subscribe(self, tenant_id: UUID, etiquettes: Collection[str]) -> Abonnement:
        """Hear of these tags in this tenant: `async with hub.subscribe(...) as page: async for signal in page: ...`."""
        subscription = Abonnement(self, tenant_id, etiquettes)
        self._subscriptions.add(subscription)
        return subscription

    def forget(self, subscription: Abonnement) -> None:
        """End a subscription."""
        self._subscriptions.discard(subscription)

    async def run(self) -> None:
        """Listen until cancelled, whatever happens to the connection."""
        failures = 0
        try:
            while True:
                try:
                    async with await self._connect() as connection:
                        await connection.execute(f"listen {CHANNEL}")
                        failures = 0
                        await self._hear_again()
                        while True:
                            await self._listen(connection)
                except psycopg.OperationalError:
                    await self._cache.suspend()
                    wait = RECONNECT[min(failures, len(RECONNECT) - 1)]
                    failures += 1
                    logger.warning("announcements are not heard, next try in %s s", wait, exc_info=True)
                    await asyncio.sleep(wait)
        finally:
            await self._cache.suspend()
            for subscription in self._subscriptions:
                subscription.end()

    async def receive(self, payload: str) -> None:
        """Pass on what a notification holds."""
        try:
            signals = unpack(payload)
        except ValueError:
            logger.exception("an announcement could not be read")
            return
        for signal in signals:
            await self._cache.invalidate(signal.etiquettes)
            for subscription in self._subscriptions:
                subscription.offer(signal)

    async def _connect(self) -> AsyncConnection[Any]:
        return await AsyncConnection.connect(
            self._database.url(), autocommit=True, application_name="guichet:annonces", connect_timeout=5
        )

    async def _hear_again(self) -> None:
        await self._cache.resume()
        for subscription in self._subscriptions:
            subscription.resync()

    async def _listen(self, connection: AsyncConnection[Any]) -> None:
        """Until it has been quiet for a while; then ask whether the connection is alive."""
        notice: Notify
        async for notice in connection.notifies(timeout=PULSE):
            await self.receive(notice.payload)
        await connection.execute("select 1")


async def stream_events(subscription: Abonnement, *, pulse: float = PULSE) -> AsyncIterator[bytes]:
    """A subscription as server-sent events: `event` is the message's name (or `resync`), `data` the tags, in JSON.

    A comment is sent when nothing happens for a while, so that nobody on the way closes the connection.
    """
    async with subscription:
        pending = asyncio.ensure_future(anext(subscription, None))
        try:
            while True:
                done, _ = await asyncio.wait([pending], timeout=pulse)
                if not done:
                    yield b": ...\n\n"
                    continue
                signal = pending.result()
                if signal is None:
                    return
                tags = json.dumps(sorted(signal.etiquettes), ensure_ascii=False)
                yield f"event: {signal.type}\ndata: {tags}\n\n".encode()
                pending = asyncio.ensure_future(anext(subscription, None))
        finally:
            pending.cancel()


_hub: Diffusion | None = None


def get_hub() -> Diffusion:
    """What this process hears."""
    global _hub  # noqa: PLW0603  one per process
    if _hub is None:
        _hub = Diffusion(get_database(), get_cache())
    return _hub


async def start_listening() -> Callable[[], Awaitable[None]]:
    """Listen for the life of the web process. Returns what stops it."""
    global _hub  # noqa: PLW0603  one per process
    _hub = Diffusion(get_database(), get_cache())
    task = asyncio.create_task(_hub.run(), name="annonces")

    async def stop() -> None:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task

    return stop
