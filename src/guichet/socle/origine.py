"""Where a piece of work comes from: the request, message, job or command being served, and who asked for it.

The edge (web, relay, worker, command line) says it once with `origin(...)`; the audit journal, the outbox, the logs and
the outgoing calls read it with `current_origin()`. It follows the task, never the thread.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import UUID

from guichet.socle.ids import new_id


@dataclass(frozen=True, kw_only=True)
class Origine:
    """Who is behind the work in progress, through what, and the identifier that ties together all it causes.

    `via` is a word of `Appelant.via`, or `relais`, `travail`, `routine`, `commande`. `auteur` is a role or a program's
    name, never personal data: the person is `auteur_id`.
    """

    correlation_id: str = field(default_factory=lambda: str(new_id()))
    auteur_id: UUID | None = None
    auteur: str = ""
    via: str = ""
    ip_address: str | None = None
    user_agent: str | None = None


_current: ContextVar[Origine | None] = ContextVar("origine", default=None)


def current_origin() -> Origine:
    """The origin of the work in progress; a new, anonymous one where nobody said."""
    return _current.get() or Origine()


def current_correlation_id() -> str | None:
    """The correlation identifier of the work in progress; None where nobody opened one."""
    origine = _current.get()
    return origine.correlation_id if origine else None


@contextmanager
def origin(**fields: Any) -> Iterator[Origine]:
    """Say where the work of this block comes from.

    `fields` are those of `Origine`; what is left out is kept from the surrounding block, so that an edge may open the
    correlation first and name the author once known.
    """
    surrounding = _current.get()
    inner = replace(surrounding, **fields) if surrounding else Origine(**fields)
    _current.set(inner)
    try:
        yield inner
    finally:
        _current.set(surrounding)


def name_author(*, auteur_id: UUID | None, auteur: str, via: str) -> None:
    """Say who asked, once known, for the rest of the surrounding `origin` block."""
    _current.set(replace(current_origin(), auteur_id=auteur_id, auteur=auteur, via=via))
