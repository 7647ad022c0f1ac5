"""Removing an old month of the journal: the chain says so itself, so that it is told apart from a deletion."""

from datetime import date

from psycopg.types.multirange import Multirange

from guichet.socle.audit.chaine import anchor_path, append, keep_anchor, try_lock
from guichet.socle.database import Database, Role, raw


async def retire(database: Database, mois: date) -> int:
    """Remove the partition of a month and seal its removal, in one commit. Returns how many rows went.

    Does nothing (0) when the month is not there, holds rows that are not sealed yet, or while another process seals.
    PostgreSQL itself refuses a month younger than a year.
    """
    async with database.transaction(role=Role.RELAIS) as session:
        connection = await raw(session)
        if not await try_lock(connection):
            return 0
        row = await (await connection.execute("select socle.retirer_mois('audit', %s)", (mois,))).fetchone()
        if row is None or row[0] is None:
            return 0
        link = await append(connection, "retrait", mois.replace(day=1), Multirange[int](), b"")
        path = await anchor_path(connection)
    keep_anchor(path, link)
    return int(row[0])
