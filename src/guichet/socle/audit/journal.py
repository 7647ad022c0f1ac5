"""Writing in the journal. A row is one insertion in the caller's transaction; sealing comes later and never waits."""

from datetime import datetime
from typing import Any
from uuid import UUID

from psycopg.types.json import Jsonb
from pydantic_core import to_jsonable_python
from sqlalchemy.ext.asyncio import AsyncSession

from guichet.socle.database import raw
from guichet.socle.horloge import now
from guichet.socle.origine import current_origin

INSERT = """
insert into socle.audit (tenant_id, created_at, niveau, action, entite, entite_id, auteur_id, auteur, via, avant, apres,
                         ip_address, user_agent, correlation_id)
values (nullif(current_setting('app.tenant_id', true), '')::uuid, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
"""
AGENT_LENGTH = 400

Values = tuple[
    datetime, str, str, str, str | None, UUID | None, str, str, Jsonb | None, Jsonb | None, str | None, str | None, str
]


def audit_values(
    *,
    action: str,
    entite: str,
    entite_id: UUID | str | None = None,
    avant: dict[str, Any] | None = None,
    apres: dict[str, Any] | None = None,
    niveau: str = "AUDIT",
) -> Values:
    """The values of a row after `tenant_id`, in the order of `INSERT`, for a hot path that writes it in its own SQL."""
    origine = current_origin()
    agent = origine.user_agent[:AGENT_LENGTH] if origine.user_agent else None
    return (
        now(),
        niveau,
        action,
        entite,
        None if entite_id is None else str(entite_id),
        origine.auteur_id,
        origine.auteur,
        origine.via,
        None if avant is None else Jsonb(to_jsonable_python(avant)),
        None if apres is None else Jsonb(to_jsonable_python(apres)),
        origine.ip_address,
        agent,
        origine.correlation_id,
    )


async def audit(
    session: AsyncSession,
    *,
    action: str,
    entite: str,
    entite_id: UUID | str | None = None,
    avant: dict[str, Any] | None = None,
    apres: dict[str, Any] | None = None,
    niveau: str = "AUDIT",
) -> None:
    """Write in the journal that `action` (`rdv.create`) was done on an `entite`, in the same commit as the action.

    Who, from where and the correlation come from the origin of the work in progress; the tenant is the transaction's.
    `avant` and `apres` hold the fields that changed, dates and identifiers as they are; never a secret. `niveau` is one
    of DEBUG, INFO, WARN, ERROR, AUDIT.
    """
    values = audit_values(action=action, entite=entite, entite_id=entite_id, avant=avant, apres=apres, niveau=niveau)
    await (await raw(session)).execute(INSERT, values)
