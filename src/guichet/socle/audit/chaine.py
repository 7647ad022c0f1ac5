"""The chain: batches of rows, each sealed over the seal before it, by a key that is not in the database.

A row's digest covers every column; a seal covers the digests of its rows, their numbers and the seal before it. Whoever
alters, removes or slips in a row must write the seals again, and the key to do so is not where the rows are. The newest
seal is also kept outside the database (the anchor), so that cutting off the end of the chain is seen too.
"""

import hmac
import json
import logging
import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from hashlib import sha256
from itertools import groupby
from pathlib import Path
from typing import Any

import psycopg
from psycopg.rows import class_row
from psycopg.types.multirange import Multirange
from psycopg.types.range import Range

from guichet.socle.crypto import get_key_ring
from guichet.socle.database import Database, Role, raw
from guichet.socle.horloge import now
from guichet.socle.settings import get_settings

logger = logging.getLogger(__name__)

LOCK = 7_284_002  # one sealer at a time
BATCH = 5_000
START = bytes(32)
DIGEST = 32

# Text forms that do not depend on the reader: jsonb and inet print themselves one way only.
COLUMNS = """
id, to_char(created_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US'), tenant_id::text, niveau, action, entite,
entite_id, auteur_id::text, auteur, via, avant::text, apres::text, ip_address::text, user_agent, correlation_id
"""
TAKE = f"""
delete from socle.audit_a_sceller where ctid = any (array(select ctid from socle.audit_a_sceller limit {BATCH}))
returning id, created_at
"""  # noqa: S608  constants only
READ = f"select {COLUMNS} from socle.audit where created_at between %s and %s and id = any (%s) order by id"  # noqa: S608
LAST = "select numero, sceau from socle.audit_sceaux order by numero desc limit 1"
INSERT = """
insert into socle.audit_sceaux (numero, nature, mois, lignes, nombre, empreintes, scelle_le, cle_id, precedent, sceau)
values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
"""


@dataclass(frozen=True)
class Sceau:
    """A link of the chain. `lignes` are the numbers of the rows it covers, `empreintes` their digests, in order."""

    numero: int
    nature: str
    mois: date
    lignes: Multirange[int]
    nombre: int
    empreintes: bytes
    scelle_le: datetime
    cle_id: str
    precedent: bytes
    sceau: bytes = b""

    def compute(self) -> bytes:
        """What the seal must be. Raises CannotDecrypt when its key is no longer in the ring."""
        key = get_key_ring().derive(self.cle_id, "audit")
        content = {
            "numero": self.numero,
            "nature": self.nature,
            "mois": self.mois.isoformat(),
            "lignes": ranges_text(self.lignes),
            "nombre": self.nombre,
            "empreintes": sha256(self.empreintes).hexdigest(),
            "scelle_le": self.scelle_le.astimezone(UTC).isoformat(),
            "precedent": self.precedent.hex(),
        }
        return hmac.new(key, json.dumps(content, sort_keys=True).encode(), sha256).digest()


def digest_row(row: Sequence[Any]) -> bytes:
    """The digest of a row read as `COLUMNS`."""
    return sha256(json.dumps(row, ensure_ascii=False, separators=(",", ":")).encode()).digest()


def ranges_of(ids: Sequence[int]) -> Multirange[int]:
    """Sorted numbers as the shortest list of ranges."""
    found: list[list[int]] = []
    for each in ids:
        if found and found[-1][1] == each:
            found[-1][1] = each + 1
        else:
            found.append([each, each + 1])
    return Multirange(Range(lower, upper) for lower, upper in found)


def ranges_text(lignes: Iterable[Range[int]]) -> str:
    """Ranges as the seal covers them: `5-9,12-12`."""
    return ",".join(f"{r.lower}-{(r.upper or 0) - 1}" for r in lignes)


def numbers_of(lignes: Iterable[Range[int]]) -> list[int]:
    """The numbers in the ranges, in order."""
    return [n for r in lignes for n in range(r.lower or 0, r.upper or 0)]


async def seal(database: Database) -> int:
    """Seal all that was committed since the last time. Returns the number of rows; 0 when another process is sealing."""
    total = 0
    while True:
        rows = await _seal_batch(database)
        total += rows
        if rows < BATCH:
            return total


async def _seal_batch(database: Database) -> int:
    async with database.transaction(role=Role.RELAIS) as session:
        connection = await raw(session)
        if not await try_lock(connection):
            return 0
        taken = await (await connection.execute(TAKE)).fetchall()
        last: Sceau | None = None
        by_month = sorted((instant.astimezone(UTC).date().replace(day=1), id_, instant) for id_, instant in taken)
        for month, group in groupby(by_month, key=lambda t: t[0]):
            members = list(group)
            ids = sorted(id_ for _, id_, _ in members)
            instants = [instant for _, _, instant in members]
            rows = await (await connection.execute(READ, (min(instants), max(instants), ids))).fetchall()
            found = {row[0]: digest_row(row) for row in rows}
            if len(found) < len(ids):
                logger.error(
                    "audit rows vanished before they were sealed", extra={"lignes": sorted(set(ids) - set(found))}
                )
            digests = b"".join(found.get(id_, START) for id_ in ids)
            last = await append(connection, "lot", month, ranges_of(ids), digests)
        path = await anchor_path(connection)
    if last is not None:
        keep_anchor(path, last)
    return len(taken)


async def try_lock(connection: psycopg.AsyncConnection[Any]) -> bool:
    """Hold the end of the chain until the transaction ends. False when another process holds it."""
    row = await (await connection.execute("select pg_try_advisory_xact_lock(%s)", (LOCK,))).fetchone()
    return bool(row and row[0])


async def append(
    connection: psycopg.AsyncConnection[Any], nature: str, mois: date, lignes: Multirange[int], empreintes: bytes
) -> Sceau:
    """Add a link. The caller holds the lock."""
    end = await (await connection.execute(LAST)).fetchone()
    numero, precedent = (end[0] + 1, end[1]) if end else (1, START)
    fields: dict[str, Any] = {
        "numero": numero,
        "nature": nature,
        "mois": mois,
        "lignes": lignes,
        "nombre": len(empreintes) // DIGEST,
        "empreintes": empreintes,
        "scelle_le": now(),
        "cle_id": get_key_ring().active,
        "precedent": precedent,
    }
    link = Sceau(**fields, sceau=Sceau(**fields).compute())
    await connection.execute(INSERT, (*fields.values(), link.sceau))
    logger.info("audit sealed", extra={"numero": numero, "nombre": link.nombre, "sceau": link.sceau.hex()})
    return link


async def read_seals(connection: psycopg.AsyncConnection[Any], after: int, limit: int) -> list[Sceau]:
    """The next links after a number."""
    async with connection.cursor(row_factory=class_row(Sceau)) as cursor:
        await cursor.execute(
            "select * from socle.audit_sceaux where numero > %s order by numero limit %s", (after, limit)
        )
        return await cursor.fetchall()


# -- the anchor, outside the database

IDENTITY = """
select system_identifier::text || '-' || (select oid from pg_database where datname = current_database())::text
  from pg_control_system()
"""


async def anchor_path(connection: psycopg.AsyncConnection[Any]) -> Path:
    """Where this machine keeps the newest seal of this very database."""
    row = await (await connection.execute(IDENTITY)).fetchone()
    assert row is not None
    return get_settings().data_dir / f"audit-ancre-{row[0]}.json"


def keep_anchor(path: Path, link: Sceau) -> None:
    """Remember the newest seal."""
    draft = path.with_suffix(f".{os.getpid()}")
    draft.write_text(json.dumps({"numero": link.numero, "sceau": link.sceau.hex()}))
    draft.replace(path)


def read_anchor(path: Path) -> tuple[int, str] | None:
    """The newest seal this machine made: its number and itself, in hexadecimal. None when it never made one."""
    try:
        kept = json.loads(path.read_text())
    except FileNotFoundError:
        return None
    return int(kept["numero"]), str(kept["sceau"])
