"""Cached values go when what they show changes; open pages hear of it, in their tenant only."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

import psycopg
import pytest

from guichet.socle import live
from guichet.socle.cache import MemoryCache, get_cache
from guichet.socle.database import Database
from guichet.socle.embarque import EmbeddedServer
from guichet.socle.ids import new_id
from guichet.socle.live import ROOM, Abonnement, Diffusion, get_hub, start_listening, stream_events
from guichet.socle.messages import Message, message, publish
from guichet.socle.registre import Registre
from guichet.socle.relay import drain
from guichet.socle.signaux import Signal, pack

MINUTE = timedelta(minutes=1)


class Clock:
    """Seconds that pass when told to."""

    def __init__(self) -> None:
        self.time = 0.0

    def __call__(self) -> float:
        return self.time


class Counted:
    """A computation that counts, and can be held."""

    def __init__(self, *, held: bool = False) -> None:
        self.times = 0
        self.begun, self.release = asyncio.Event(), asyncio.Event()
        if not held:
            self.release.set()

    async def __call__(self) -> str:
        self.times += 1
        mine = self.times
        self.begun.set()
        await self.release.wait()
        return f"valeur {mine}"


def open_cache(**options: Any) -> MemoryCache:
    return MemoryCache(suspended=False, **options)


async def test_a_value_is_kept_until_its_time_is_over():
    clock = Clock()
    cache = open_cache(clock=clock)
    compute = Counted()
    for instant in (0, 59, 60, 61):
        clock.time = instant
        await cache.get_or_compute("a", compute, ttl=MINUTE)
    assert compute.times == 2


async def test_a_tag_drops_all_that_carries_it_and_nothing_else():
    cache = open_cache()
    for key, tags in {"a": {"x"}, "b": {"x", "y"}, "c": {"y"}, "d": set()}.items():
        await cache.set(key, key, ttl=MINUTE, etiquettes=tags)
    await cache.invalidate({"x", "inconnue"})
    assert [key for key in "abcd" if await cache.get(key)] == ["c", "d"]


async def test_the_least_recently_used_go_first_when_it_is_full():
    cache = open_cache(entries=2)
    await cache.set("a", "1", ttl=MINUTE)
    await cache.set("b", "2", ttl=MINUTE)
    await cache.get("a")
    await cache.set("c", "3", ttl=MINUTE)
    assert [key for key in "abc" if await cache.get(key)] == ["a", "c"]


async def test_its_weight_is_bounded_too():
    cache = open_cache(size=10)
    await cache.set("a", b"123456", ttl=MINUTE, etiquettes={"x"})
    await cache.set("b", b"123456", ttl=MINUTE)
    assert (len(cache), cache.weight) == (1, 6)
    await cache.set("b", b"12345678901", ttl=MINUTE)
    assert (len(cache), cache.weight) == (0, 0), "larger than the whole: not kept, and the old one gone"


async def test_asked_together_a_value_is_computed_once():
    cache, compute = open_cache(), Counted(held=True)
    asking = [asyncio.create_task(cache.get_or_compute("a", compute, ttl=MINUTE)) for _ in range(5)]
    await compute.begun.wait()
    compute.release.set()
    assert set(await asyncio.gather(*asking)) == {"valeur 1"}


async def test_what_became_stale_while_it_was_computed_is_not_kept_nor_given_to_later_askers():
    cache, compute = open_cache(), Counted(held=True)
    early = asyncio.create_task(cache.get_or_compute("a", compute, ttl=MINUTE, etiquettes={"x"}))
    await compute.begun.wait()
    await cache.invalidate({"x"})
    late = asyncio.create_task(cache.get_or_compute("a", compute, ttl=MINUTE, etiquettes={"x"}))
    await asyncio.sleep(0)
    compute.release.set()
    assert (await early, await late) == ("valeur 1", "valeur 2")
    assert await cache.get("a") == "valeur 2"


async def test_a_computation_that_fails_fails_for_the_one_who_ran_it_only():
    cache = open_cache()
    begun, release = asyncio.Event(), asyncio.Event()
    times = 0

    async def shaky() -> str:
        nonlocal times
        times += 1
        if times == 1:
            begun.set()
            await release.wait()
            raise ValueError("panne")
        return "valeur"

    first = asyncio.create_task(cache.get_or_compute("a", shaky, ttl=MINUTE))
    await begun.wait()
    second = asyncio.create_task(cache.get_or_compute("a", shaky, ttl=MINUTE))
    await asyncio.sleep(0)
    release.set()
    with pytest.raises(ValueError, match="panne"):
        await first
    assert await second == "valeur"


async def test_values_read_together_are_not_kept_when_they_became_stale_meanwhile():
    cache = open_cache()

    async def read(cles: Sequence[str]) -> dict[str, str]:
        await cache.invalidate({"x"})
        return {cle: cle.upper() for cle in cles}

    found = await cache.get_or_compute_many({"a": {"x"}, "b": {"y"}}, read, ttl=MINUTE)
    assert found == {"a": "A", "b": "B"}
    assert (await cache.get("a"), await cache.get("b")) == (None, "B")


async def test_a_value_asked_alone_while_it_is_read_with_others_waits_for_it():
    cache, compute = open_cache(), Counted()
    begun, release = asyncio.Event(), asyncio.Event()

    async def read(cles: Sequence[str]) -> dict[str, str]:
        begun.set()
        await release.wait()
        return {"a": "ensemble"} if "a" in cles else {}

    together = asyncio.create_task(cache.get_or_compute_many({"a": (), "b": ()}, read, ttl=MINUTE))
    await begun.wait()
    alone = [asyncio.create_task(cache.get_or_compute(key, compute, ttl=MINUTE)) for key in "ab"]
    again = asyncio.create_task(cache.get_or_compute_many({"a": ()}, read, ttl=MINUTE))
    await asyncio.sleep(0)
    release.set()
    assert await together == await again == {"a": "ensemble"}
    assert await asyncio.gather(*alone) == ["ensemble", "valeur 1"], "what was left out is computed by who asks"


async def test_a_value_says_what_it_weighs():
    @dataclass(frozen=True)
    class Heavy:
        poids: int

    cache = open_cache(size=100)
    await cache.set("a", Heavy(60), ttl=MINUTE)
    await cache.set("b", Heavy(70), ttl=MINUTE)
    assert (await cache.get("a"), cache.weight) == (None, 70)


async def test_a_process_that_hears_no_announcement_keeps_nothing():
    cache, compute = MemoryCache(), Counted()
    for _ in range(2):
        await cache.get_or_compute("a", compute, ttl=MINUTE)
    assert compute.times == 2
    await cache.resume()
    for _ in range(2):
        await cache.get_or_compute("a", compute, ttl=MINUTE)
    assert compute.times == 3
    await cache.suspend()
    assert await cache.get("a") is None


def test_a_process_has_one_cache_and_one_hub(database: Database, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(live, "_hub", None)
    assert get_cache() is get_cache()
    assert get_hub() is get_hub()


# -- announcements


@message("essai.heard", topic="essai.events")
@dataclass(frozen=True, kw_only=True)
class Heard(Message):
    centre: str

    def etiquettes(self) -> tuple[str, ...]:
        return (f"centre:{self.centre}",)


async def announce(database: Database, tenant: UUID, centre: str) -> None:
    async with database.transaction(tenant) as session:
        await publish(session, Heard(centre=centre))
    await drain(database, Registre())


async def until_resumed(page: Abonnement) -> None:
    """The hub listens: it says so by asking everyone to read again."""
    async with asyncio.timeout(20):
        signal = await anext(page)
    assert signal.type == "resync"


@pytest.fixture
async def hub(database: Database) -> AsyncIterator[Diffusion]:
    listening = Diffusion(database, MemoryCache())
    task = asyncio.create_task(listening.run())
    yield listening
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task


async def test_a_committed_message_empties_the_cache_and_reaches_the_pages_of_its_tenant(
    database: Database, hub: Diffusion, tenant_id: UUID
):
    cache = hub._cache
    async with (
        hub.subscribe(tenant_id, ["centre:lyon", "centre:paris"]) as mine,
        hub.subscribe(new_id(), ["centre:lyon"]) as other,
    ):
        await until_resumed(mine)
        await until_resumed(other)
        await cache.set("dispo", b"1", ttl=MINUTE, etiquettes={"centre:lyon"})
        await announce(database, tenant_id, "rennes")
        await announce(database, tenant_id, "lyon")
        async with asyncio.timeout(20):
            heard = await anext(mine)
        assert heard == Signal(tenant_id=tenant_id, type="essai.heard", etiquettes=frozenset({"centre:lyon"}))
        assert await cache.get("dispo") is None
        assert other._queue.empty()


async def test_after_a_lost_connection_the_cache_is_emptied_and_pages_read_again(
    database: Database, server: EmbeddedServer, hub: Diffusion, tenant_id: UUID
):
    cache = hub._cache
    async with hub.subscribe(tenant_id, ["centre:lyon"]) as page:
        await until_resumed(page)
        await cache.set("dispo", b"1", ttl=MINUTE)
        with psycopg.connect(server.admin_url(), autocommit=True) as admin:
            admin.execute(
                "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'guichet:annonces'"
            )
        await until_resumed(page)
        assert (await cache.get("dispo"), cache.suspended) == (None, False)
        await announce(database, tenant_id, "lyon")
        async with asyncio.timeout(20):
            assert (await anext(page)).type == "essai.heard"


async def test_a_page_that_is_too_late_is_told_to_read_everything_again(database: Database, tenant_id: UUID):
    hub = Diffusion(database, MemoryCache())
    async with hub.subscribe(tenant_id, ["centre:lyon"]) as page:
        signal = Signal(tenant_id=tenant_id, type="essai.heard", etiquettes=frozenset({"centre:lyon"}))
        for _ in range(ROOM + 1):
            await hub.receive(pack([signal])[0])
        assert (await anext(page)).type == "resync"
        assert page._queue.empty()


async def test_a_page_that_left_is_forgotten_and_rubbish_is_ignored(database: Database, tenant_id: UUID):
    hub = Diffusion(database, MemoryCache())
    async with hub.subscribe(tenant_id, ["centre:lyon"]):
        assert len(hub._subscriptions) == 1
    assert hub._subscriptions == set()
    await hub.receive("n'importe quoi")


async def test_events_are_streamed_with_a_pulse_and_end_with_the_process(database: Database, tenant_id: UUID):
    hub = Diffusion(database, MemoryCache())
    page = hub.subscribe(tenant_id, ["centre:lyon"])
    stream = stream_events(page, pulse=0.01)
    assert await anext(stream) == b": ...\n\n"
    page.offer(Signal(tenant_id=tenant_id, type="essai.heard", etiquettes=frozenset({"centre:lyon", "autre"})))
    assert await anext(stream) == b'event: essai.heard\ndata: ["centre:lyon"]\n\n'
    page.end()
    assert [event async for event in stream if not event.startswith(b":")] == []
    assert hub._subscriptions == set()


async def test_the_web_process_listens_for_its_life_and_ends_its_pages(database: Database, tenant_id: UUID):
    stop = await start_listening()
    page = get_hub().subscribe(tenant_id, ["centre:lyon"])
    await until_resumed(page)
    await stop()
    assert [signal async for signal in page] == []
    assert get_cache().suspended
