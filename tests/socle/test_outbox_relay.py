"""What was committed is reacted to, once, whatever fails meanwhile; nothing else is."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

import psycopg
import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from guichet.socle import messages as messages_module
from guichet.socle.database import Database, Role
from guichet.socle.embarque import EmbeddedServer
from guichet.socle.horloge import frozen, now
from guichet.socle.ids import new_id
from guichet.socle.jobs import defer, job
from guichet.socle.messages import Message, message, publish
from guichet.socle.origine import current_origin, origin
from guichet.socle.registre import Handler, Module, Registre, deferred
from guichet.socle.relay import Relay, drain, list_failed_deliveries, livraison, read_backlog, replay_deliveries
from guichet.socle.signaux import CHANNEL, Signal, unpack
from tests.socle.conftest import Traces, leave


@message("essai.relayed", topic="essai.events")
@dataclass(frozen=True, kw_only=True)
class Relayed(Message):
    what: str = "bonjour"

    def etiquettes(self) -> tuple[str, ...]:
        return (f"essai:{self.what}",)


@job(queue="essai-relais", nom="essai.relais.job")
async def later(session: AsyncSession) -> None: ...


def registre(*handlers: Handler, on: type[Message] = Relayed) -> Registre:
    return Registre([Module(nom="essai", reactions=tuple(deferred(on, h) for h in handlers))])


async def trace(session: AsyncSession, event: Message) -> None:
    await leave(session, getattr(event, "what", event.nom))


async def poison(session: AsyncSession, event: Message) -> None:
    await leave(session, "poison")
    raise ValueError("panne")


async def tell(database: Database, tenant: UUID | None, *what: str) -> None:
    async with database.transaction(tenant) as session:
        for each in what or ("bonjour",):
            await publish(session, Relayed(what=each))


@pytest.fixture(autouse=True)
async def quiet(database: Database, effets: Traces):
    """Nothing left over from another test."""
    async with database.transaction(role=Role.RELAIS) as session:
        await session.execute(text("update socle.messages set publie_le = now() where publie_le is null"))
        await session.execute(text("delete from socle.livraisons"))


@asynccontextmanager
async def running(*relays: Relay) -> AsyncIterator[None]:
    tasks = [asyncio.create_task(relay.run()) for relay in relays]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def test_a_deferred_reaction_runs_once_committed_in_the_message_s_tenant(
    database: Database, tenant_id: UUID, effets: Traces
):
    seen: list[Any] = []

    async def react(session: AsyncSession, event: Relayed) -> None:
        seen.append((session.info["tenant_id"], current_origin().correlation_id, current_origin().via))
        await leave(session, event.what)

    house = registre(react)
    with origin(correlation_id="c-7"):
        async with database.transaction(tenant_id) as session:
            await publish(session, Relayed())
            await drain(database, house)
            assert seen == []
    assert await drain(database, house) == 1
    assert seen == [(tenant_id, "c-7", "relais")]
    assert await effets(tenant_id) == ["bonjour"]
    assert await drain(database, house) == 0


async def test_a_message_of_no_tenant_is_reacted_to_without_one(database: Database, effets: Traces):
    before = len(await effets(None))
    await tell(database, None)
    await drain(database, registre(trace))
    assert len(await effets(None)) == before + 1


async def test_a_message_without_reaction_is_published_all_the_same(database: Database, tenant_id: UUID):
    await tell(database, tenant_id)
    assert await drain(database, Registre()) == 1
    assert (await read_backlog(database)).a_publier == 0


async def test_a_reaction_to_the_base_hears_every_message(database: Database, tenant_id: UUID, effets: Traces):
    await tell(database, tenant_id, "a", "b")
    await drain(database, registre(trace, on=Message))
    assert sorted(await effets(tenant_id)) == ["a", "b"]


async def test_a_message_written_first_and_committed_last_is_not_lost(
    database: Database, tenant_id: UUID, effets: Traces
):
    house = registre(trace)
    async with database.transaction(tenant_id) as slow:
        await publish(slow, Relayed(what="tard"))
        await tell(database, tenant_id, "tôt")
        assert await drain(database, house) == 1
    assert await drain(database, house) == 1
    assert await effets(tenant_id) == ["tôt", "tard"]


async def test_a_reaction_that_fails_leaves_nothing_and_is_tried_again_later(
    database: Database, tenant_id: UUID, effets: Traces
):
    tries = 0

    async def shaky(session: AsyncSession, event: Relayed) -> None:
        nonlocal tries
        tries += 1
        await leave(session, f"essai {tries}")
        if tries < 3:
            raise ValueError("panne")

    house = registre(shaky)
    start = now()
    with frozen(start):
        await tell(database, tenant_id)
        await drain(database, house)
        await drain(database, house)
        assert (tries, await effets(tenant_id)) == (1, [])
    with frozen(start + timedelta(seconds=2)):
        await drain(database, house)
    with frozen(start + timedelta(seconds=3)):
        await drain(database, house)
        assert tries == 2, "each wait is longer than the one before"
    with frozen(start + timedelta(seconds=20)):
        await drain(database, house)
    assert await effets(tenant_id) == ["essai 3"]


async def test_a_poisoned_reaction_ends_as_failed_seen_and_replayed_without_holding_up_the_others(
    database: Database, tenant_id: UUID, effets: Traces
):
    house = registre(poison, trace)
    await tell(database, tenant_id, "a", "b")
    await drain(database, house)
    assert sorted(await effets(tenant_id)) == ["a", "b"]
    instant = now()
    for _ in range(len(livraison.DELAYS)):
        instant += timedelta(days=1)
        with frozen(instant):
            await drain(database, house)
    failed = await list_failed_deliveries(database)
    assert [(f.reaction, f.tenant_id, f.essais, f.erreur, f.type) for f in failed] == [
        (f"{__name__}.poison", tenant_id, 8, "ValueError: panne", "essai.relayed")
    ] * 2
    assert (await read_backlog(database)).en_echec == 2

    async def mended(session: AsyncSession, event: Relayed) -> None:
        await leave(session, f"réparé {event.what}")

    mended.__qualname__ = "poison"
    assert await replay_deliveries(database, message_id=failed[0].message_id) == 1
    await drain(database, registre(mended, trace))
    assert await effets(tenant_id) == ["a", "b", "réparé a"]
    assert await replay_deliveries(database, reaction=failed[0].reaction) == 1


async def test_a_slow_reaction_keeps_no_other_waiting(database: Database, tenant_id: UUID):
    release, quick = asyncio.Event(), asyncio.Event()

    async def slow(session: AsyncSession, event: Relayed) -> None:
        await release.wait()

    async def swift(session: AsyncSession, event: Relayed) -> None:
        if event.what == "9":
            quick.set()

    async with running(Relay(database, registre(slow, swift), places=4, places_par_reaction=3)):
        await tell(database, tenant_id, *map(str, range(10)))
        async with asyncio.timeout(10):
            await quick.wait()
        release.set()


async def test_a_reaction_that_never_ends_is_stopped_and_tried_again(
    database: Database, tenant_id: UUID, monkeypatch: pytest.MonkeyPatch
):
    async def stuck(session: AsyncSession, event: Relayed) -> None:
        await asyncio.Event().wait()

    monkeypatch.setattr(livraison, "TIMEOUT", timedelta(milliseconds=20))
    await tell(database, tenant_id)
    await drain(database, registre(stuck))
    assert (await read_backlog(database)).dues == 1


async def test_two_relays_and_many_writers_lose_nothing_and_do_nothing_twice(database: Database, effets: Traces):
    tenants = [new_id() for _ in range(6)]
    count, done = 0, asyncio.Event()

    async def react(session: AsyncSession, event: Relayed) -> None:
        nonlocal count
        await leave(session, event.what)
        count += 1
        if count >= 240:
            done.set()

    house = registre(react)
    async with running(Relay(database, house), Relay(database, house)):
        async with asyncio.timeout(60):
            await asyncio.gather(
                *(tell(database, tenant, *map(str, range(n, n + 10))) for tenant in tenants for n in range(0, 40, 10))
            )
            await done.wait()
    for tenant in tenants:
        assert sorted(map(int, await effets(tenant))) == list(range(40))
    assert (await read_backlog(database)).dues == 0


async def test_what_a_relay_took_before_it_died_is_done_by_another(database: Database, tenant_id: UUID, effets: Traces):
    started = asyncio.Event()

    async def die(session: AsyncSession, event: Relayed) -> None:
        await leave(session, "jamais")
        started.set()
        await asyncio.Event().wait()

    die.__qualname__ = "trace"
    first = asyncio.create_task(Relay(database, registre(die)).run())
    await tell(database, tenant_id)
    async with asyncio.timeout(10):
        await started.wait()
    first.cancel()
    with pytest.raises(asyncio.CancelledError):
        await first
    house = registre(trace)
    await drain(database, house)
    assert await effets(tenant_id) == [], "its lease still runs"
    with frozen(now() + timedelta(seconds=16)):
        await drain(database, house)
    assert await effets(tenant_id) == ["bonjour"]


async def test_more_than_a_reaction_has_room_for_stays_in_the_table_and_is_done_too(
    database: Database, tenant_id: UUID, effets: Traces, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(livraison, "WAITING_PER_REACTION", 2)
    await tell(database, tenant_id, *map(str, range(5)))
    relay = Relay(database, registre(trace), places=1)
    await relay.drain()
    await tell(database, tenant_id, *map(str, range(5, 10)))
    await relay.drain()
    assert sorted(map(int, await effets(tenant_id))) == list(range(10))


async def test_a_type_this_process_does_not_know_waits_for_one_that_does(
    database: Database, tenant_id: UUID, effets: Traces, monkeypatch: pytest.MonkeyPatch
):
    await tell(database, tenant_id)
    known = dict(messages_module._types)
    monkeypatch.setattr(messages_module, "_types", {n: c for n, c in known.items() if c is not Relayed})
    assert await drain(database, registre(trace)) == 0
    monkeypatch.setattr(messages_module, "_types", known)
    assert await drain(database, registre(trace)) == 1
    assert await effets(tenant_id) == ["bonjour"]


async def test_a_message_that_cannot_be_read_is_seen_as_failed_and_read_once_it_can(
    database: Database, tenant_id: UUID, effets: Traces, monkeypatch: pytest.MonkeyPatch
):
    house = registre(trace)
    with monkeypatch.context() as newer:
        newer.setattr(Relayed, "version", 2)
        await tell(database, tenant_id, "lisible")
    await tell(database, tenant_id, "suivant")
    await drain(database, house)
    assert await effets(tenant_id) == ["suivant"]
    (failed,) = await list_failed_deliveries(database)
    assert (failed.reaction, "version 2 is stored" in failed.erreur) == ("*", True)
    await replay_deliveries(database)
    await drain(database, house)
    assert len(await list_failed_deliveries(database)) == 1, "still unreadable"
    monkeypatch.setattr(Relayed, "version", 2)
    await replay_deliveries(database)
    await drain(database, house)
    assert await effets(tenant_id) == ["suivant", "lisible"]


@pytest.fixture
async def listening(database: Database) -> AsyncIterator[Any]:
    """What was notified on a channel since."""
    connection = await psycopg.AsyncConnection.connect(database.url(Role.APP), autocommit=True)

    async def heard() -> list[tuple[str, str]]:
        await connection.execute("select 1")
        return [(n.channel, n.payload) async for n in connection.notifies(timeout=0.05)]

    for channel in (CHANNEL, "procrastinate_any_queue_v1"):
        await connection.execute(f'listen "{channel}"')
    yield heard
    await connection.close()


async def test_a_batch_is_announced_by_one_notification(database: Database, tenant_id: UUID, listening):
    await tell(database, tenant_id, "a", "b")
    await tell(database, tenant_id, "c")
    await drain(database, Registre())
    ((channel, payload),) = await listening()
    assert channel == CHANNEL
    tags = frozenset({"essai:a", "essai:b", "essai:c"})
    assert unpack(payload) == [Signal(tenant_id=tenant_id, type="essai.relayed", etiquettes=tags)]


async def test_a_business_transaction_notifies_nobody(database: Database, tenant_id: UUID, listening):
    async with database.transaction(tenant_id) as session:
        await publish(session, Relayed())
        await defer(session, later)
    assert await listening() == []


async def test_jobs_deferred_by_reactions_wake_the_workers_once(database: Database, tenant_id: UUID, listening):
    async def react(session: AsyncSession, event: Relayed) -> None:
        await defer(session, later)

    await tell(database, tenant_id, "a", "b", "c")
    await drain(database, registre(react))
    channels = [channel for channel, _payload in await listening()]
    assert channels.count("procrastinate_any_queue_v1") == 1


async def test_the_relay_survives_the_loss_of_its_connection(
    database: Database, server: EmbeddedServer, tenant_id: UUID
):
    heard = asyncio.Queue[str]()

    async def react(session: AsyncSession, event: Relayed) -> None:
        heard.put_nowait(event.what)

    async with running(Relay(database, registre(react))), asyncio.timeout(20):
        await tell(database, tenant_id, "avant")
        assert await heard.get() == "avant"
        with psycopg.connect(server.admin_url(), autocommit=True) as admin:
            killed = admin.execute(
                "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'guichet:relais'"
            ).fetchall()
        assert killed
        await tell(database, tenant_id, "après")
        assert await heard.get() == "après"


async def test_a_reaction_sees_its_own_tenant_only(database: Database, tenant_id: UUID):
    seen: list[Any] = []

    async def look(session: AsyncSession, event: Relayed) -> None:
        seen.append(await session.scalar(text("select count(distinct tenant_id) from socle.messages")))

    await tell(database, new_id(), "autre")
    await tell(database, tenant_id)
    await drain(database, registre(look))
    assert seen == [1, 1]
