"""The cache: values kept for a while under tags, dropped everywhere when the relay announces that a tag is stale.

In process. It keeps nothing until the announcements are heard (`suspended`), so that a process that cannot be told of a
change never serves an old value. Keep values that nobody modifies: bytes, text, frozen dataclasses.
"""

import asyncio
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Protocol, TypeVar

from guichet.socle.telemetrie.metriques import compteur

T = TypeVar("T")

ENTRIES = 50_000
BYTES = 64 * 1024 * 1024
FLAT_WEIGHT = 1_024  # what a value that is neither bytes nor text, and does not say its `poids`, is counted for

READS = compteur("cache_reads", "Reads of the cache, by outcome", ("issue",))
HIT, MISS = READS.labels("hit"), READS.labels("miss")


class Cache(Protocol):
    """Where values are kept. In process here; a shared one (Redis) has the same face."""

    async def get(self, cle: str) -> Any | None:
        """The value, or None when it is not kept."""
        ...

    async def set(self, cle: str, valeur: Any, *, ttl: timedelta, etiquettes: Collection[str] = ()) -> None:
        """Keep a value for a while. What was read before a change and kept after it is old: see `get_or_compute`."""
        ...

    async def get_or_compute(
        self, cle: str, calcul: Callable[[], Awaitable[T]], *, ttl: timedelta, etiquettes: Collection[str] = ()
    ) -> T:
        """The value, computed once however many ask together. Never keeps what became stale while it was computed."""
        ...

    async def invalidate(self, etiquettes: Iterable[str]) -> None:
        """Drop every value that carries one of these tags."""
        ...

    async def clear(self) -> None:
        """Drop everything."""
        ...


@dataclass(slots=True)
class _Entry:
    value: Any
    expires: float
    tags: frozenset[str]
    weight: int


@dataclass(slots=True, eq=False)
class _Computing:
    tags: frozenset[str]
    done: "asyncio.Future[Any]"
    stale: bool = False


_FAILED = object()


class MemoryCache:
    """A cache in this process: least recently used values go first when it is full."""

    def __init__(
        self,
        *,
        entries: int = ENTRIES,
        size: int = BYTES,
        clock: Callable[[], float] = time.monotonic,
        suspended: bool = True,
    ) -> None:
        self._limit = entries
        self._size_limit = size
        self._clock = clock
        self._entries: OrderedDict[str, _Entry] = OrderedDict()
        self._by_tag: dict[str, set[str]] = {}
        self._computing: dict[str, _Computing] = {}
        self._weight = 0
        self.suspended = suspended

    def __len__(self) -> int:
        return len(self._entries)

    @property
    def weight(self) -> int:
        """About how many bytes are kept."""
        return self._weight

    # -- the port

    async def get(self, cle: str) -> Any | None:
        """The value, or None when it is not kept."""
        return self.peek(cle)

    def peek(self, cle: str) -> Any | None:
        """The same at once, for the hot paths of this process."""
        entry = self._entries.get(cle)
        if entry is None or entry.expires <= self._clock():
            MISS.inc()
            return None
        self._entries.move_to_end(cle)
        HIT.inc()
        return entry.value

    async def set(self, cle: str, valeur: Any, *, ttl: timedelta, etiquettes: Collection[str] = ()) -> None:
        """Keep a value for a while; keeps nothing while suspended."""
        if self.suspended:
            return
        self._drop(cle)
        weight = len(valeur) if isinstance(valeur, (bytes, str)) else getattr(valeur, "poids", FLAT_WEIGHT)
        if weight > self._size_limit:
            return
        entry = _Entry(valeur, self._clock() + ttl.total_seconds(), frozenset(etiquettes), weight)
        self._entries[cle] = entry
        self._weight += weight
        for tag in entry.tags:
            self._by_tag.setdefault(tag, set()).add(cle)
        while len(self._entries) > self._limit or self._weight > self._size_limit:
            self._drop(next(iter(self._entries)))

    async def get_or_compute(
        self, cle: str, calcul: Callable[[], Awaitable[T]], *, ttl: timedelta, etiquettes: Collection[str] = ()
    ) -> T:
        """The value, computed once however many ask together.

        What is invalidated while it is computed is given to those who asked before, and not kept. When the computation
        fails, the failure goes to the one who ran it; the others try for themselves.
        """
        while True:
            known = self.peek(cle)
            if known is not None:
                return known  # type: ignore[no-any-return]
            computing = self._computing.get(cle)
            if computing is None:
                return await self._compute(cle, calcul, ttl, frozenset(etiquettes))
            value = await asyncio.shield(computing.done)
            if value is not _FAILED:
                return value  # type: ignore[no-any-return]

    async def get_or_compute_many(
        self,
        cles: Mapping[str, Collection[str]],
        calcul: Callable[[Sequence[str]], Awaitable[Mapping[str, T]]],
        *,
        ttl: timedelta,
    ) -> dict[str, T]:
        """The values of several keys (each with its tags); those that are not kept are computed together.

        `calcul` takes the missing keys and may leave some out. What another one is computing is computed again here
        rather than waited for, and only kept by the first.
        """
        found: dict[str, T] = {cle: known for cle in cles if (known := self.peek(cle)) is not None}
        missing = [cle for cle in cles if cle not in found]
        if not missing:
            return found
        loop = asyncio.get_running_loop()
        mine = {c: _Computing(frozenset(cles[c]), loop.create_future()) for c in missing if c not in self._computing}
        self._computing.update(mine)
        values: Mapping[str, T] = {}
        try:
            values = await calcul(missing)
            for cle, computing in mine.items():
                if cle in values and not computing.stale:
                    await self.set(cle, values[cle], ttl=ttl, etiquettes=computing.tags)
            return found | dict(values)
        finally:
            for cle, computing in mine.items():
                if self._computing.get(cle) is computing:
                    del self._computing[cle]
                computing.done.set_result(values.get(cle, _FAILED))

    async def invalidate(self, etiquettes: Iterable[str]) -> None:
        """Drop every value that carries one of these tags."""
        self.drop(etiquettes)

    def drop(self, etiquettes: Iterable[str]) -> None:
        """The same at once, for what follows a commit of this process."""
        stale = set(etiquettes)
        for tag in stale:
            for key in list(self._by_tag.get(tag, ())):
                self._drop(key)
        self._spoil(lambda computing: not stale.isdisjoint(computing.tags))

    async def clear(self) -> None:
        """Drop everything."""
        self._entries.clear()
        self._by_tag.clear()
        self._weight = 0
        self._spoil(lambda _computing: True)

    def forget(self, cle: str) -> None:
        """Drop one value: its reader found that it no longer holds."""
        self._drop(cle)

    # -- the announcements

    async def suspend(self) -> None:
        """Announcements are no longer heard: keep nothing, serve nothing."""
        self.suspended = True
        await self.clear()

    async def resume(self) -> None:
        """Announcements are heard again."""
        await self.clear()
        self.suspended = False

    # -- inside

    async def _compute(
        self, cle: str, calcul: Callable[[], Awaitable[T]], ttl: timedelta, etiquettes: frozenset[str]
    ) -> T:
        computing = _Computing(etiquettes, asyncio.get_running_loop().create_future())
        self._computing[cle] = computing
        outcome: Any = _FAILED
        try:
            value = outcome = await calcul()
            if not computing.stale:
                await self.set(cle, value, ttl=ttl, etiquettes=etiquettes)
            return value
        finally:
            if self._computing.get(cle) is computing:
                del self._computing[cle]
            computing.done.set_result(outcome)

    def _spoil(self, concerned: Callable[[_Computing], bool]) -> None:
        """What is being computed from old facts is not kept, and whoever asks from now on computes anew."""
        for key, computing in list(self._computing.items()):
            if concerned(computing):
                computing.stale = True
                del self._computing[key]

    def _drop(self, cle: str) -> None:
        entry = self._entries.pop(cle, None)
        if entry is None:
            return
        self._weight -= entry.weight
        for tag in entry.tags:
            keys = self._by_tag[tag]
            keys.discard(cle)
            if not keys:
                del self._by_tag[tag]


_cache = MemoryCache()


def get_cache() -> MemoryCache:
    """The cache of this process."""
    return _cache
