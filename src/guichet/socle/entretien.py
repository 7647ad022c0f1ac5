"""The plumbing's own routines and figures: months opened and closed, seals, rescued jobs, what waits."""

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from guichet.socle.audit import retire, seal
from guichet.socle.database import Role, get_database, raw
from guichet.socle.jobs import purge_done, rescue_stalled
from guichet.socle.registre import Routine
from guichet.socle.relay import read_backlog
from guichet.socle.telemetrie.metriques import Mesure

AHEAD = timedelta(days=92)
KEEP_MESSAGES = timedelta(days=92)
KEEP_AUDIT = timedelta(days=3 * 366)  # spec: logs are kept three years
BATCH = 5_000

MONTHS = """
select to_date(right(c.relname, 7), 'YYYY_MM') from pg_inherits i join pg_class c on c.oid = i.inhrelid
 where i.inhparent = ('socle.' || %s)::regclass and c.relname ~ '[0-9]{4}_[0-9]{2}$' order by 1
"""
# What fell into the default partition has no month of its own to be removed with.
STRAYS = f"""
delete from socle.messages where (id, created_at) in (
  select id, created_at from socle.messages m where created_at < %s and publie_le is not null
     and not exists (select 1 from socle.livraisons l where l.message_id = m.id) limit {BATCH})
"""  # noqa: S608  constants only


async def open_months(instant: datetime) -> None:
    """Have the partitions of this month and the next three ready."""
    async with get_database().transaction(role=Role.RELAIS) as session:
        connection = await raw(session)
        for parent in ("messages", "audit"):
            values = (parent, instant.date(), (instant + AHEAD).date())
            await connection.execute("select socle.ouvrir_partitions(%s, %s, %s)", values)


async def close_months(instant: datetime) -> None:
    """Remove the months of messages and of the audit journal that have been kept long enough."""
    database = get_database()
    for month in await _months("messages", before=instant - KEEP_MESSAGES):
        async with database.transaction(role=Role.RELAIS) as session:
            await (await raw(session)).execute("select socle.retirer_mois('messages', %s)", (month,))
    deleted = BATCH
    while deleted == BATCH:
        async with database.transaction(role=Role.RELAIS) as session:
            deleted = (await (await raw(session)).execute(STRAYS, (instant - KEEP_MESSAGES,))).rowcount
    for month in await _months("audit", before=instant - KEEP_AUDIT):
        await retire(database, month)


async def _months(parent: str, *, before: datetime) -> list[date]:
    """The months that were over before an instant and have a partition."""
    async with get_database().transaction(role=Role.RELAIS) as session:
        rows = await (await (await raw(session)).execute(MONTHS, (parent,))).fetchall()
    limit = before.astimezone(UTC).date().replace(day=1)
    return [month for (month,) in rows if month < limit]


async def seal_audit(instant: datetime) -> None:
    """Seal what the journal received since the last time."""
    del instant
    await seal(get_database())


async def rescue_jobs(instant: datetime) -> None:
    """Give back the jobs of workers that died."""
    del instant
    await rescue_stalled(get_database())


async def forget_jobs(instant: datetime) -> None:
    """Forget what is kept about jobs that are no more."""
    del instant
    await purge_done(get_database())


async def measure(session: AsyncSession) -> Iterable[Mesure]:
    """What waits in the outbox and in the queues."""
    del session  # the application's role sees one tenant at most
    found = await read_backlog(get_database())
    return (
        Mesure(nom="messages_waiting", aide="Messages not dispatched yet", valeur=found.a_publier),
        Mesure(nom="messages_lag_seconds", aide="Age of the oldest of them", valeur=found.retard_s),
        Mesure(nom="deliveries_waiting", aide="Deferred reactions to run", valeur=found.dues),
        Mesure(nom="deliveries_failed", aide="Deferred reactions given up", valeur=found.en_echec),
        Mesure(nom="jobs", aide="Jobs by state", valeur=found.travaux_a_faire, etiquettes={"etat": "a_faire"}),
        Mesure(nom="jobs", aide="Jobs by state", valeur=found.travaux_en_cours, etiquettes={"etat": "en_cours"}),
        Mesure(nom="jobs", aide="Jobs by state", valeur=found.travaux_en_echec, etiquettes={"etat": "en_echec"}),
    )


ROUTINES = (
    Routine(nom="socle.mois_ouverts", toutes=timedelta(hours=12), action=open_months),
    Routine(nom="socle.mois_fermes", toutes=timedelta(days=1), action=close_months),
    Routine(nom="socle.audit_scelle", toutes=timedelta(seconds=5), action=seal_audit),
    Routine(nom="socle.travaux_secourus", toutes=timedelta(seconds=10), action=rescue_jobs),
    Routine(nom="socle.travaux_oublies", toutes=timedelta(hours=1), action=forget_jobs),
)
