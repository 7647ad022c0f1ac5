"""Signals: what the relay tells every process, once per batch, on one PostgreSQL channel.

A signal says that something happened to something (tenant, type of message, tags), never what: whoever cares reads
again. Caches drop what carries the tag, live pages ask again for their fragment.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

CHANNEL = "guichet"
LIMIT = 7_900  # bytes; PostgreSQL refuses 8,000


@dataclass(frozen=True, kw_only=True)
class Signal:
    """Something of a tenant (None: of nobody) changed, or may have: `type` is the message's name."""

    tenant_id: UUID | None
    type: str
    etiquettes: frozenset[str]


def pack(signals: Iterable[Signal]) -> list[str]:
    """The fewest payloads that hold these signals, those of the same tenant and type merged."""
    merged: dict[tuple[UUID | None, str], set[str]] = {}
    for signal in signals:
        merged.setdefault((signal.tenant_id, signal.type), set()).update(signal.etiquettes)
    payloads: list[str] = []
    current: list[Any] = []
    size = 0
    for (tenant, type_), tags in merged.items():
        for chunk in _chunks(sorted(tags)):
            entry = json.dumps([str(tenant) if tenant else None, type_, chunk], separators=(",", ":"))
            if current and size + len(entry) + 1 > LIMIT:
                payloads.append(f"[{','.join(current)}]")
                current, size = [], 0
            current.append(entry)
            size += len(entry) + 1
    if current:
        payloads.append(f"[{','.join(current)}]")
    return payloads


def _chunks(tags: list[str]) -> Iterable[list[str]]:
    room = LIMIT // 2
    chunk: list[str] = []
    size = 0
    for tag in tags:
        length = len(json.dumps(tag)) + 1
        if chunk and size + length > room:
            yield chunk
            chunk, size = [], 0
        chunk.append(tag)
        size += length
    yield chunk


def unpack(payload: str) -> list[Signal]:
    """The signals of a payload. Raises ValueError when it is not one of ours."""
    try:
        return [
            Signal(tenant_id=UUID(tenant) if tenant else None, type=type_, etiquettes=frozenset(tags))
            for tenant, type_, tags in json.loads(payload)
        ]
    except (TypeError, AttributeError) as error:
        raise ValueError("not a list of signals") from error
