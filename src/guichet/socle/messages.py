"""Messages: what happened, told once, in the same commit as what happened.

A context declares its messages in `messages.py`, as frozen dataclasses of plain values (identifiers, words, whole
numbers, dates), never of personal data. `publish` lets immediate reactions act in the publisher's own transaction, then
writes the message to the outbox of that transaction; the relay takes it from there.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields, is_dataclass
from datetime import date, datetime
from enum import StrEnum
from types import NoneType, UnionType
from typing import Any, ClassVar, Literal, TypeVar, Union, get_args, get_origin, get_type_hints
from uuid import UUID

from pydantic import TypeAdapter, ValidationError
from sqlalchemy.ext.asyncio import AsyncSession

from guichet.socle.database import raw
from guichet.socle.fraicheur import mark_stale
from guichet.socle.horloge import now
from guichet.socle.origine import current_origin
from guichet.socle.registre import get_registre

Upgrade = Callable[[int, dict[str, Any]], dict[str, Any]]
RESERVED = frozenset({"nom", "topic", "version", "upgrade", "etiquettes"})
PLAIN = (UUID, str, int, bool, date, datetime, NoneType)

INSERT = """
insert into socle.messages (tenant_id, type, version, payload, correlation_id, created_at)
values (nullif(current_setting('app.tenant_id', true), '')::uuid, %s, %s, %s, %s, %s)
"""


class UnreadableMessage(ValueError):
    """A stored message that this code cannot read: unknown type, newer version, missing field."""


@dataclass(frozen=True, kw_only=True)
class Message:
    """The base of every message. `deferred(Message, handler)` reacts to all of them."""

    nom: ClassVar[str] = ""
    topic: ClassVar[str] = ""
    version: ClassVar[int] = 1
    upgrade: ClassVar[Upgrade | None] = None

    def etiquettes(self) -> tuple[str, ...]:
        """What this message makes stale: the tags of cached values and the topics of live pages, `rdv.centre:<id>`.

        The relay announces them to every process within one polling interval of the commit.
        """
        return ()


M = TypeVar("M", bound=type[Message])
_types: dict[str, type[Message]] = {}
_adapters: dict[str, TypeAdapter[Message]] = {}


def message(nom: str, *, topic: str, version: int = 1, upgrade: Upgrade | None = None) -> Callable[[M], M]:
    """Declare a message type. `nom` is past tense, `context.happened`; `topic` the stream it goes to outside the house.

    `version` changes when a field is removed or changes meaning (a new field with a default needs none); then `upgrade`
    turns the stored fields of an older version into today's. Raises TypeError when the class is not a frozen dataclass
    of plain values, ValueError when the name is taken.
    """

    def declare(cls: M) -> M:
        _check(cls)
        known = _types.get(nom)
        if known is not None and (known.__module__, known.__qualname__) != (cls.__module__, cls.__qualname__):
            raise ValueError(f"message {nom!r} is already declared by {known.__module__}.{known.__qualname__}")
        cls.nom, cls.topic, cls.version = nom, topic, version
        cls.upgrade = staticmethod(upgrade) if upgrade else None
        _types[nom] = cls
        _adapters[nom] = TypeAdapter(cls)
        return cls

    return declare


def _check(cls: type[Message]) -> None:
    if not (is_dataclass(cls) and issubclass(cls, Message) and cls.__dataclass_params__.frozen):  # type: ignore[attr-defined]
        raise TypeError(f"{cls.__qualname__} must be a frozen dataclass derived from Message")
    hints = get_type_hints(cls)
    for each in fields(cls):
        if each.name in RESERVED:
            raise TypeError(f"{cls.__qualname__}.{each.name}: this name is the message's own, choose another one")
        if not all(_is_plain(t) for t in _leaves(hints[each.name])):
            raise TypeError(
                f"{cls.__qualname__}.{each.name}: a message holds identifiers, words, whole numbers and dates only"
            )


def _leaves(hint: Any) -> Iterator[Any]:
    if get_origin(hint) in (Union, UnionType, tuple):
        for part in get_args(hint):
            if part is not Ellipsis:
                yield from _leaves(part)
    else:
        yield hint


def _is_plain(hint: Any) -> bool:
    if get_origin(hint) is Literal:
        return True
    return isinstance(hint, type) and (hint in PLAIN or issubclass(hint, StrEnum))


def message_types() -> dict[str, type[Message]]:
    """Every declared message type by its name."""
    return dict(_types)


def encode(event: Message) -> str:
    """The fields of a message as JSON text. Raises TypeError for a class that was never declared."""
    if _types.get(event.nom) is not type(event):
        raise TypeError(f"{type(event).__qualname__} is not declared: decorate it with @message")
    return _adapters[event.nom].dump_json(event).decode()


def decode(nom: str, version: int, payload: dict[str, Any]) -> Message:
    """The message stored under a name and version. Raises UnreadableMessage when this code does not know how."""
    cls = _types.get(nom)
    if cls is None:
        raise UnreadableMessage(f"unknown message {nom}")
    if version != cls.version:
        if cls.upgrade is None or version > cls.version:
            raise UnreadableMessage(f"{nom} version {version} is stored, version {cls.version} is known")
        payload = cls.upgrade(version, payload)
    try:
        return _adapters[nom].validate_python(payload)
    except ValidationError as error:
        wrong = ", ".join(".".join(map(str, e["loc"])) for e in error.errors(include_input=False))
        raise UnreadableMessage(f"{nom} version {version}: {wrong}") from None


def schema(cls: type[Message]) -> dict[str, Any]:
    """The JSON schema of a message's fields, with its name, topic and version; snapshots of it are kept in the tests."""
    return {"nom": cls.nom, "topic": cls.topic, "version": cls.version, "champs": _adapters[cls.nom].json_schema()}


def outbox_values(event: Message) -> tuple[str, int, str, str, datetime]:
    """Type, version, payload, correlation and instant of an outbox row, for a hot path that inserts it in its own SQL.

    Such a path also calls `react` itself.
    """
    return event.nom, event.version, encode(event), current_origin().correlation_id, now()


async def react(session: AsyncSession, event: Message) -> None:
    """Run the immediate reactions to an event in this session. What one of them raises undoes the whole transaction.

    What the publisher has changed is written first: reactions read it, by whatever means. What was remembered under the
    event's tags is forgotten here for this session, and for this process from the commit on.
    """
    if tags := event.etiquettes():
        mark_stale(session, tags)
    if session.new or session.dirty or session.deleted:
        await session.flush()
    for reaction in get_registre().reactions(type(event), immediate=True):
        await reaction.handler(session, event)


async def publish(session: AsyncSession, event: Message) -> None:
    """Tell what happened: immediate reactions now, in this session; deferred ones once the transaction is committed.

    The tenant is the transaction's. Nothing is told when the transaction is rolled back.
    """
    await react(session, event)
    await (await raw(session)).execute(INSERT, outbox_values(event))
