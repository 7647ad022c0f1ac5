"""What is remembered between requests is never older than what the reader wrote, nor than the last commit heard of."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from guichet.socle import fraicheur
from guichet.socle.cache import MemoryCache
from guichet.socle.database import Database
from guichet.socle.fraicheur import mark_stale, remember, remember_many
from guichet.socle.messages import Message, message, publish

MINUTE = timedelta(minutes=1)


@message("essai.repainted", topic="essai.events")
@dataclass(frozen=True, kw_only=True)
class Repainted(Message):
    mur: str

    def etiquettes(self) -> tuple[str, ...]:
        return (f"mur:{self.mur}",)


class Wall:
    """A fact that changes, and how often it was looked at."""

    def __init__(self) -> None:
        self.colour = "blanc"
        self.looks = 0

    async def look(self) -> str:
        self.looks += 1
        return self.colour


@pytest.fixture
def cache(monkeypatch: pytest.MonkeyPatch) -> MemoryCache:
    """A memory of its own, that hears announcements."""
    mine = MemoryCache(suspended=False)
    monkeypatch.setattr(fraicheur, "get_cache", lambda: mine)
    return mine


async def ask(session: AsyncSession, wall: Wall) -> str:
    return await remember(session, "mur:nord", wall.look, etiquettes=("mur:nord",))


async def test_a_value_is_read_once_for_all_sessions(database: Database, cache: MemoryCache, tenant_id: UUID):
    wall = Wall()
    for _ in range(3):
        async with database.transaction(tenant_id) as session:
            assert await ask(session, wall) == "blanc"
    assert (wall.looks, len(cache)) == (1, 1)


async def test_the_writer_sees_what_it_wrote_and_the_others_do_not_until_the_commit(
    database: Database, cache: MemoryCache, tenant_id: UUID
):
    wall = Wall()
    async with database.transaction(tenant_id) as session:
        await ask(session, wall)
    async with database.transaction(tenant_id) as writer, database.transaction(tenant_id) as other:
        await publish(writer, Repainted(mur="nord"))
        wall.colour = "bleu"
        assert await ask(writer, wall) == "bleu"
        assert await ask(other, wall) == "blanc"
    async with database.transaction(tenant_id) as session:
        assert await ask(session, wall) == "bleu"


async def test_a_savepoint_released_early_does_not_hide_the_commit(
    database: Database, cache: MemoryCache, tenant_id: UUID
):
    wall = Wall()
    async with database.transaction(tenant_id) as writer:
        async with writer.begin_nested():
            mark_stale(writer, ["mur:nord"])
        async with database.transaction(tenant_id) as other:
            await ask(other, wall)
        wall.colour = "bleu"
    async with database.transaction(tenant_id) as session:
        assert await ask(session, wall) == "bleu"


async def test_what_was_undone_changes_nothing_for_the_others(database: Database, cache: MemoryCache, tenant_id: UUID):
    wall = Wall()
    async with database.transaction(tenant_id) as session:
        await ask(session, wall)
    async with database.transaction(tenant_id) as session:
        await publish(session, Repainted(mur="nord"))
        await session.rollback()
    async with database.transaction(tenant_id) as session:
        await ask(session, wall)
    assert wall.looks == 1


async def test_a_process_that_hears_nothing_reads_every_time(database: Database, cache: MemoryCache, tenant_id: UUID):
    wall = Wall()
    await cache.suspend()
    async with database.transaction(tenant_id) as session:
        await ask(session, wall)
        await ask(session, wall)
        assert await remember_many(session, {"a": ()}, _lengths) == {"a": 1}
    assert wall.looks == 2


async def _lengths(cles: Sequence[str]) -> Mapping[str, int]:
    return {cle: len(cle) for cle in cles if cle != "inconnue"}


async def test_several_values_are_read_together_and_only_those_that_are_missing(
    database: Database, cache: MemoryCache, tenant_id: UUID
):
    asked: list[Sequence[str]] = []

    async def read(cles: Sequence[str]) -> Mapping[str, int]:
        asked.append(list(cles))
        return await _lengths(cles)

    tags = {"a": ("x",), "bb": ("y",), "inconnue": ()}
    async with database.transaction(tenant_id) as session:
        assert await remember_many(session, {"a": ("x",)}, read) == {"a": 1}
        assert await remember_many(session, tags, read) == {"a": 1, "bb": 2}
        assert await remember_many(session, {"a": ("x",), "bb": ("y",)}, read) == {"a": 1, "bb": 2}
        mark_stale(session, ["y"])
        assert await remember_many(session, tags, read) == {"a": 1, "bb": 2}
    assert asked == [["a"], ["bb", "inconnue"], ["inconnue"], ["bb"]]
