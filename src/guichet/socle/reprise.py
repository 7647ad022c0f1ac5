"""Something slow that a transaction turns out to need: the transaction is undone, it is fetched, and all is done again.

Nothing waits for anybody outside while a transaction is open and holds locks. Whoever finds on the way that only another
process can help raises `Reprise`; whoever opened the transaction runs under `resumable`. Done again once: what was brought
is then read with `brought`, and what has changed meanwhile is for the second time to find out.
"""

from collections.abc import Awaitable, Callable
from contextvars import ContextVar
from dataclasses import dataclass
from typing import TypeVar

from guichet.socle.database import in_transaction

T = TypeVar("T")
V = TypeVar("V")


class Reprise(Exception):
    """Undo the transaction, await `chercher`, do it again."""

    def __init__(self, chercher: Callable[[], Awaitable[object]]) -> None:
        super().__init__()
        self.chercher = chercher


@dataclass(frozen=True)
class _Passage:
    """Which time it is: the first, or the second with what was brought."""

    premier: bool
    apport: object = None


_passage: ContextVar[_Passage | None] = ContextVar("reprise", default=None)


def can_resume() -> bool:
    """Would a `Reprise` raised here be taken up? Not twice, and not where nobody is ready for it."""
    passage = _passage.get()
    return passage is not None and passage.premier


def brought(genre: type[V]) -> V | None:
    """What was fetched since the first time, if it is one of those."""
    passage = _passage.get()
    return passage.apport if passage is not None and isinstance(passage.apport, genre) else None


async def resumable(faire: Callable[[], Awaitable[T]]) -> T:
    """Do something that opens its own transaction; when it raises `Reprise`, fetch what it asks for and do it once more.

    Inside a transaction it is only done: undoing that one is for those who opened it.
    """
    if in_transaction():
        return await faire()
    try:
        return await _pass(faire, _Passage(premier=True))
    except Reprise as reprise:
        chercher = reprise.chercher
    return await _pass(faire, _Passage(premier=False, apport=await chercher()))


async def _pass(faire: Callable[[], Awaitable[T]], passage: _Passage) -> T:
    avant = _passage.set(passage)
    try:
        return await faire()
    finally:
        _passage.reset(avant)
