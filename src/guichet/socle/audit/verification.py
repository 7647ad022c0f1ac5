"""Reading the chain again from its beginning: any alteration, gap or deletion is named."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import psycopg

from guichet.socle.audit.chaine import (
    COLUMNS,
    DIGEST,
    START,
    Sceau,
    anchor_path,
    digest_row,
    numbers_of,
    read_anchor,
    read_seals,
)
from guichet.socle.crypto import CannotDecrypt
from guichet.socle.database import Database, Role, raw

PAGE = 50
ROWS = f"""
select {COLUMNS} from socle.audit
 where id = any (%(ids)s) and created_at >= %(mois)s::timestamp at time zone 'UTC'
   and created_at < (%(mois)s::timestamp + interval '1 month') at time zone 'UTC'
"""  # noqa: S608  constants only
STRAYS = """
select a.id from socle.audit a
 where not a.id <@ coalesce((select range_agg(s.lignes) from socle.audit_sceaux s where s.nature = 'lot'), '{}'::int8multirange)
   and not exists (select 1 from socle.audit_a_sceller f where f.id = a.id)
 order by a.id limit 1000
"""
REMOVED = "select mois from socle.audit_sceaux where nature = 'retrait'"


@dataclass(frozen=True)
class Anomalie:
    """Something is not as it was sealed. `lignes` are the numbers of the rows concerned, when they are known."""

    numero: int | None
    nature: str
    detail: str
    lignes: tuple[int, ...] = ()


@dataclass
class Rapport:
    """What a verification went through and what it found."""

    sceaux: int = 0
    lignes: int = 0
    retires: int = 0
    en_attente: int = 0
    anomalies: list[Anomalie] = field(default_factory=list)

    @property
    def intact(self) -> bool:
        """True when everything is as it was sealed."""
        return not self.anomalies


async def verify_chain(database: Database, *, anchor: tuple[int, str] | None = None) -> Rapport:
    """Verify the whole journal against its seals.

    `anchor` is a seal known from elsewhere (its number, itself in hexadecimal: the logs and backups have it); without
    one, the newest seal this machine made. Rows committed but not sealed yet are counted, not an anomaly. Reads in one
    snapshot, changes nothing, locks nothing.
    """
    report = Rapport()
    async with database.transaction(role=Role.RELAIS) as session:
        connection = await raw(session)
        await connection.execute("set transaction isolation level repeatable read, read only")
        await connection.execute("set local statement_timeout = 0")
        removed = {row[0] async for row in await connection.execute(REMOVED)}
        anchor = anchor or read_anchor(await anchor_path(connection))
        previous: Sceau | None = None
        async for link in _links(connection):
            _check_link(report, previous, link)
            if anchor and link.numero == anchor[0] and link.sceau.hex() != anchor[1]:
                report.anomalies.append(
                    Anomalie(link.numero, "ancre", "ce sceau n'est pas celui qui a été conservé hors de la base")
                )
            if link.nature == "lot":
                await _check_rows(connection, report, link, removed=link.mois in removed)
            previous = link
        if anchor and (previous is None or previous.numero < anchor[0]):
            report.anomalies.append(Anomalie(anchor[0], "fin", "la fin de la chaîne a été supprimée"))
        strays = [row[0] async for row in await connection.execute(STRAYS)]
        if strays:
            report.anomalies.append(Anomalie(None, "intrus", "lignes qu'aucun sceau ne couvre", tuple(strays)))
        waiting = await (await connection.execute("select count(*) from socle.audit_a_sceller")).fetchone()
        report.en_attente = waiting[0] if waiting else 0
    return report


async def _links(connection: psycopg.AsyncConnection[Any]) -> AsyncIterator[Sceau]:
    after = 0
    while page := await read_seals(connection, after, PAGE):
        for link in page:
            yield link
        after = page[-1].numero


def _check_link(report: Rapport, previous: Sceau | None, link: Sceau) -> None:
    report.sceaux += 1
    expected = previous.numero + 1 if previous else 1
    if link.numero != expected:
        report.anomalies.append(Anomalie(link.numero, "trou", f"les sceaux {expected} à {link.numero - 1} manquent"))
    elif link.precedent != (previous.sceau if previous else START):
        report.anomalies.append(Anomalie(link.numero, "rupture", "ce sceau ne suit pas le précédent"))
    try:
        genuine = link.compute() == link.sceau
    except CannotDecrypt:
        report.anomalies.append(Anomalie(link.numero, "cle", f"la clé « {link.cle_id} » n'est plus dans le trousseau"))
        return
    if not genuine:
        report.anomalies.append(Anomalie(link.numero, "sceau", "ce sceau a été modifié"))


async def _check_rows(connection: psycopg.AsyncConnection[Any], report: Rapport, link: Sceau, *, removed: bool) -> None:
    numbers = numbers_of(link.lignes)
    if removed:
        report.retires += len(numbers)
        return
    kept: date = link.mois
    rows = await connection.execute(ROWS, {"ids": numbers, "mois": kept})
    found = {row[0]: digest_row(row) async for row in rows}
    expected = {n: link.empreintes[i * DIGEST : (i + 1) * DIGEST] for i, n in enumerate(numbers)}
    report.lignes += len(found)
    if missing := tuple(n for n in numbers if n not in found):
        report.anomalies.append(Anomalie(link.numero, "suppression", "lignes supprimées", missing))
    if altered := tuple(n for n, digest in found.items() if digest != expected[n]):
        report.anomalies.append(Anomalie(link.numero, "modification", "lignes modifiées", tuple(sorted(altered))))
