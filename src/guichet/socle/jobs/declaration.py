"""Declaring jobs and deferring them."""

import inspect
import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, get_type_hints
from uuid import UUID

from pydantic import BaseModel, ConfigDict, create_model
from sqlalchemy.ext.asyncio import AsyncSession

from guichet.socle.database import get_database, raw
from guichet.socle.origine import current_origin

QUEUES = "queues_to_wake"  # in session.info: what the relay tells the workers after the commit

INSERT = """
insert into travaux.procrastinate_jobs (queue_name, task_name, priority, args)
select %s, %s, %s, a from jsonb_array_elements(%s::jsonb) a returning id
"""


@dataclass(frozen=True, kw_only=True)
class Travail:
    """What a job with `transaction=False` receives instead of a session: it opens its own, between outside calls."""

    job_id: int
    tenant_id: UUID | None
    essai: int

    def transaction(self) -> AbstractAsyncContextManager[AsyncSession]:
        """A transaction in the tenant of the job."""
        return get_database().transaction(self.tenant_id)


@dataclass(frozen=True, kw_only=True)
class Job:
    """A declared job. Calling it runs it here and now, which is what tests do."""

    nom: str
    queue: str
    fonction: Callable[..., Awaitable[None]]
    arguments: type[BaseModel]
    transaction: bool
    essais: int
    delai: timedelta
    priorite: int

    async def __call__(self, support: AsyncSession | Travail, **arguments: Any) -> None:
        """Run it on a session (or a `Travail`)."""
        await self.fonction(support, **arguments)

    def encode(self, arguments: Mapping[str, Any]) -> dict[str, Any]:
        """The arguments as JSON values. Raises ValueError when one is missing, unknown or of another type."""
        return self.arguments(**arguments).model_dump(mode="json")

    def decode(self, stored: Mapping[str, Any]) -> dict[str, Any]:
        """The arguments again, typed. Raises ValueError."""
        return dict(self.arguments.model_validate(stored))


def job(
    *,
    queue: str,
    nom: str | None = None,
    transaction: bool = True,
    essais: int = 8,
    delai: timedelta = timedelta(minutes=2),
    priorite: int = 0,
) -> Callable[[Callable[..., Awaitable[None]]], Job]:
    """Declare a job: `async def send(session, *, notification_id: UUID)`.

    It runs in one transaction of its tenant, once: killed after its commit, it is not run again. With
    `transaction=False` it receives a `Travail` and opens its own transactions (outside calls are made between them); it
    may then run again after a crash and must cope. It is tried `essais` times with growing waits, each try at most
    `delai` long; then it stays, failed, to be seen and replayed. The name is `context.function`; it is stored: keep it.
    """

    def declare(fonction: Callable[..., Awaitable[None]]) -> Job:
        hints = get_type_hints(fonction)
        parameters = list(inspect.signature(fonction).parameters.values())[1:]
        if any(p.kind is not inspect.Parameter.KEYWORD_ONLY for p in parameters):
            raise TypeError(f"{fonction.__qualname__}: a job takes one support, then keyword-only arguments")
        fields: dict[str, Any] = {
            p.name: (hints[p.name], ... if p.default is inspect.Parameter.empty else p.default) for p in parameters
        }
        return Job(
            nom=nom or _name(fonction),
            queue=queue,
            fonction=fonction,
            arguments=create_model(fonction.__name__, __config__=ConfigDict(extra="forbid"), **fields),
            transaction=transaction,
            essais=essais,
            delai=delai,
            priorite=priorite,
        )

    return declare


def _name(fonction: Callable[..., Any]) -> str:
    parts = fonction.__module__.split(".")
    context = parts[1] if parts[0] == "guichet" and len(parts) > 1 else fonction.__module__
    return f"{context}.{fonction.__name__}"


async def defer(session: AsyncSession, wanted: Job, **arguments: Any) -> int:
    """Leave a job to the workers, in this transaction: no commit, no job. Returns its number.

    Raises ValueError when the arguments are not those of the job.
    """
    return (await defer_many(session, wanted, [arguments]))[0]


async def defer_many(session: AsyncSession, wanted: Job, many: Sequence[Mapping[str, Any]]) -> list[int]:
    """Leave the same job for several arguments, in one statement."""
    common = {
        "tenant_id": str(session.info["tenant_id"]) if session.info.get("tenant_id") else None,
        "correlation_id": current_origin().correlation_id,
    }
    rows = json.dumps([{**common, "arguments": wanted.encode(arguments)} for arguments in many])
    session.info.setdefault(QUEUES, set()).add(wanted.queue)
    cursor = await (await raw(session)).execute(INSERT, (wanted.queue, wanted.nom, wanted.priorite, rows))
    return [row[0] for row in await cursor.fetchall()]
