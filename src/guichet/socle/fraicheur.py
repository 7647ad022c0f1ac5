"""Values remembered from one request to the next, and never older than what the reader itself has written.

A session notes the tags of what it publishes. It reads around the memory whatever carries one of them, since only the
database knows what is not committed yet; its commit drops them in this process at once, and the relay's announcement
drops them in all the others.
"""

from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping, Sequence
from datetime import timedelta
from typing import Final, TypeVar

from sqlalchemy import event
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Session

from guichet.socle.cache import get_cache

T = TypeVar("T")

DUREE: Final = timedelta(minutes=10)
"""A bound for what nobody announced: an update by hand in the database."""
_ECRIT = "etiquettes_ecrites"


def mark_stale(session: AsyncSession, etiquettes: Iterable[str]) -> None:
    """This session changed what these tags stand for."""
    written: set[str] | None = session.info.get(_ECRIT)
    if written is None:
        written = session.info[_ECRIT] = set()
        event.listen(session.sync_session, "after_commit", _drop)
    written.update(etiquettes)


def _drop(session: Session) -> None:
    # Also called when a savepoint is released: then too early, and again at the commit itself.
    get_cache().drop(session.info[_ECRIT])


def has_written(session: AsyncSession, etiquettes: Collection[str]) -> bool:
    """True when this session changed what one of these tags stands for."""
    return not session.info.get(_ECRIT, frozenset()).isdisjoint(etiquettes)


async def remember(
    session: AsyncSession,
    cle: str,
    calcul: Callable[[], Awaitable[T]],
    *,
    etiquettes: Collection[str],
    duree: timedelta = DUREE,
) -> T:
    """A value read in this session, or kept from another one. `cle` names the tenant when row-level security does.

    `calcul` reads it; what it raises is not kept. Another session may be given what it returns.
    """
    cache = get_cache()
    if cache.suspended or has_written(session, etiquettes):
        return await calcul()
    return await cache.get_or_compute(cle, calcul, ttl=duree, etiquettes=etiquettes)


async def remember_many(
    session: AsyncSession,
    cles: Mapping[str, Collection[str]],
    calcul: Callable[[Sequence[str]], Awaitable[Mapping[str, T]]],
    *,
    duree: timedelta = DUREE,
) -> dict[str, T]:
    """The same for several keys, each with its tags; `calcul` reads together those that are missing."""
    cache = get_cache()
    if cache.suspended:
        return dict(await calcul(list(cles)))
    own = [cle for cle, etiquettes in cles.items() if has_written(session, etiquettes)]
    others = {cle: etiquettes for cle, etiquettes in cles.items() if cle not in own}
    found = await cache.get_or_compute_many(others, calcul, ttl=duree)
    return found | dict(await calcul(own)) if own else found
