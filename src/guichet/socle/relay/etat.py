"""What waits and what failed, for the operator: figures, the list of failed deliveries, replay."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from psycopg.rows import class_row

from guichet.socle.database import Database, Role, raw
from guichet.socle.horloge import now

BACKLOG = """
select (select count(*) from socle.messages where publie_le is null) as a_publier,
       coalesce((select extract(epoch from %s - min(created_at)) from socle.messages where publie_le is null), 0)::float as retard_s,
       (select count(*) from socle.livraisons where etat = 'due') as dues,
       (select count(*) from socle.livraisons where etat = 'echec') as en_echec,
       (select count(*) from travaux.procrastinate_jobs where status = 'todo') as travaux_a_faire,
       (select count(*) from travaux.procrastinate_jobs where status = 'doing') as travaux_en_cours,
       (select count(*) from travaux.procrastinate_jobs where status = 'failed') as travaux_en_echec
"""
FAILED = """
select l.message_id, l.reaction, l.tenant_id, l.essais, m.type, m.payload,
       coalesce(l.erreur, 'aucun relais ne connaît cette réaction') as erreur
  from socle.livraisons l join socle.messages m on m.id = l.message_id and m.created_at = l.message_le
 where l.etat = 'echec' or l.due_le < %s order by l.message_id, l.reaction limit %s
"""
FORGOTTEN_AFTER = timedelta(days=1)
FORGET = """
delete from socle.livraisons where (etat = 'echec' or due_le < %(forgotten)s)
   and (%(message_id)s::bigint is null or message_id = %(message_id)s)
   and (%(reaction)s::text is null or reaction = %(reaction)s)
"""
REPLAY = """
update socle.livraisons set etat = 'due', essais = 0, due_le = %(now)s
 where etat = 'echec' and (%(message_id)s::bigint is null or message_id = %(message_id)s)
   and (%(reaction)s::text is null or reaction = %(reaction)s)
"""


@dataclass(frozen=True)
class Arriere:
    """How much waits. `retard_s` is the age in seconds of the oldest message not yet dispatched."""

    a_publier: int
    retard_s: float
    dues: int
    en_echec: int
    travaux_a_faire: int
    travaux_en_cours: int
    travaux_en_echec: int


@dataclass(frozen=True)
class LivraisonEnEchec:
    """A reaction given up, or a message that could not be read (`reaction` is then `*`)."""

    message_id: int
    reaction: str
    tenant_id: UUID | None
    essais: int
    erreur: str
    type: str
    payload: dict[str, Any]


async def read_backlog(database: Database) -> Arriere:
    """How much waits now, over all tenants."""
    async with database.transaction(role=Role.RELAIS) as session:
        cursor = (await raw(session)).cursor(row_factory=class_row(Arriere))
        await cursor.execute(BACKLOG, (now(),))
        found = await cursor.fetchone()
    assert found is not None
    return found


async def list_failed_deliveries(database: Database, *, limit: int = 200) -> list[LivraisonEnEchec]:
    """The reactions nobody will try again, oldest first; among them those no relay knows any more, due for a day."""
    async with database.transaction(role=Role.RELAIS) as session:
        cursor = (await raw(session)).cursor(row_factory=class_row(LivraisonEnEchec))
        await cursor.execute(FAILED, (now() - FORGOTTEN_AFTER, limit))
        return await cursor.fetchall()


async def replay_deliveries(database: Database, *, message_id: int | None = None, reaction: str | None = None) -> int:
    """Try failed deliveries again from their first attempt: of one message, of one reaction, or all. Returns how many."""
    values = {"now": now(), "message_id": message_id, "reaction": reaction}
    async with database.transaction(role=Role.RELAIS) as session:
        return (await (await raw(session)).execute(REPLAY, values)).rowcount


async def forget_deliveries(database: Database, *, message_id: int | None = None, reaction: str | None = None) -> int:
    """Give up for good what `list_failed_deliveries` shows: of one message, of one reaction, or all. Returns how many."""
    values = {"forgotten": now() - FORGOTTEN_AFTER, "message_id": message_id, "reaction": reaction}
    async with database.transaction(role=Role.RELAIS) as session:
        return (await (await raw(session)).execute(FORGET, values)).rowcount
