"""The audit journal is append-only, and whatever is done to it behind its back is found.

These tests have a database of their own: they spoil its journal on purpose.
"""

import asyncio
import os
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

import psycopg
import pytest
from sqlalchemy import text

from guichet.socle import migrations
from guichet.socle.audit import audit, retire, seal, verify_chain
from guichet.socle.crypto import KeyRing, get_key_ring, set_key_ring
from guichet.socle.database import Database, Role, raw
from guichet.socle.embarque import EmbeddedServer, create_database, create_extensions
from guichet.socle.horloge import frozen
from guichet.socle.ids import new_id
from guichet.socle.origine import origin
from guichet.socle.settings import Settings

LONG_AGO = datetime(2020, 3, 15, 9, 0, tzinfo=UTC)


@pytest.fixture(scope="module")
def modele(server: EmbeddedServer) -> str:
    """A migrated database nobody writes in, copied for each test."""
    name = f"tests_audit_{os.getpid()}"
    with psycopg.connect(server.admin_url(), autocommit=True) as connection:
        create_database(connection, name)
    with psycopg.connect(server.admin_url(name), autocommit=True) as connection:
        create_extensions(connection)
    migrations.migrate(server.urls(name)[Role.MAINTENANCE])
    return name


@pytest.fixture
async def journal(server: EmbeddedServer, settings: Settings, modele: str) -> AsyncIterator[Database]:
    name = f"{modele}_{new_id().hex[-12:]}"
    with psycopg.connect(server.admin_url(), autocommit=True) as connection:
        create_database(connection, name, template=modele)
    opened = Database(server.urls(name), settings)
    yield opened
    await opened.close()
    with psycopg.connect(server.admin_url(), autocommit=True) as connection:
        connection.execute(f'drop database "{name}"')


async def write(journal: Database, count: int = 1, tenant: UUID | None = None, **fields: Any) -> None:
    async with journal.transaction(tenant or new_id()) as session:
        for _ in range(count):
            await audit(session, **{"action": "rdv.create", "entite": "rdv", "entite_id": new_id(), **fields})


async def tamper(journal: Database, statement: str, *, table: str = "audit") -> None:
    """What an administrator of the database could do, protections removed."""
    async with journal.transaction(role=Role.MAINTENANCE) as session:
        connection = await raw(session)
        await connection.execute(f"alter table socle.{table} disable trigger all")
        await connection.execute(statement)
        await connection.execute(f"alter table socle.{table} enable trigger all")


async def natures(journal: Database, **options: Any) -> list[str]:
    return [a.nature for a in (await verify_chain(journal, **options)).anomalies]


async def test_a_row_says_who_what_when_from_where_and_what_changed(journal: Database):
    person, tenant, thing = new_id(), new_id(), new_id()
    with (
        frozen(datetime(2025, 12, 1, 9, 0, tzinfo=UTC)),
        origin(
            correlation_id="c-1",
            auteur_id=person,
            auteur="AGENT",
            via="session",
            ip_address="192.0.2.7",
            user_agent="x" * 900,
        ),
    ):
        await write(
            journal,
            tenant=tenant,
            entite_id=thing,
            avant={"debut": datetime(2025, 12, 2, 8, 0, tzinfo=UTC)},
            apres={"centre": thing},
        )
    async with journal.transaction(tenant) as session:
        row = (await session.execute(text("select * from socle.audit"))).one()
    assert (row.action, row.entite, row.entite_id, row.niveau) == ("rdv.create", "rdv", str(thing), "AUDIT")
    assert (row.auteur_id, row.auteur, row.via, str(row.ip_address)) == (person, "AGENT", "session", "192.0.2.7")
    assert (row.avant, row.apres) == ({"debut": "2025-12-02T08:00:00Z"}, {"centre": str(thing)})
    assert (row.correlation_id, len(row.user_agent), row.created_at.year) == ("c-1", 400, 2025)


async def test_a_tenant_reads_its_own_rows_only(journal: Database):
    await write(journal)
    async with journal.transaction(new_id()) as session:
        assert await session.scalar(text("select count(*) from socle.audit")) == 0


@pytest.mark.parametrize("role", [Role.APP, Role.RELAIS, Role.MAINTENANCE])
@pytest.mark.parametrize(
    "statement",
    [
        "update socle.audit set action = 'rien'",
        "delete from socle.audit",
        "truncate socle.audit",
        "truncate socle.audit_autres",
        "update socle.audit_sceaux set nombre = 0",
        "delete from socle.audit_sceaux",
        "truncate socle.audit_sceaux",
    ],
)
async def test_no_role_changes_or_removes_a_row_or_a_seal(journal: Database, role: Role, statement: str):
    tenant = new_id()
    await write(journal, tenant=tenant)
    await seal(journal)
    with pytest.raises(Exception, match=r"permission denied|append-only|must be owner"):
        async with journal.transaction(tenant, role=role) as session:
            await session.execute(text(statement))


async def test_an_untouched_journal_is_found_intact(journal: Database):
    for _ in range(3):
        await write(journal, 4)
        assert await seal(journal) == 4
    await write(journal, 2)
    report = await verify_chain(journal)
    assert report.intact
    assert (report.sceaux, report.lignes, report.en_attente) == (3, 12, 2)


async def test_an_empty_journal_is_intact(journal: Database):
    assert await seal(journal) == 0
    assert (await verify_chain(journal)).intact


async def test_a_row_committed_after_a_later_one_was_sealed_is_sealed_next_time(journal: Database):
    async with journal.transaction(new_id()) as slow:
        await audit(slow, action="rdv.create", entite="rdv")
        await write(journal)
        assert await seal(journal) == 1
    assert await seal(journal) == 1
    report = await verify_chain(journal)
    assert (report.intact, report.lignes) == (True, 2)


async def test_a_writer_never_waits_for_the_sealer_nor_the_sealer_for_a_writer(journal: Database):
    await write(journal)
    async with journal.transaction(role=Role.RELAIS) as sealing:
        await (await raw(sealing)).execute("delete from socle.audit_a_sceller")
        await write(journal)
    async with journal.transaction(new_id()) as writing:
        await audit(writing, action="rdv.create", entite="rdv")
        assert await seal(journal) == 1


async def test_two_sealers_never_seal_the_same_row_twice(journal: Database):
    await write(journal, 200)
    await asyncio.gather(*(seal(journal) for _ in range(4)))
    await seal(journal)
    report = await verify_chain(journal)
    assert (report.intact, report.lignes, report.en_attente) == (True, 200, 0)


@pytest.mark.parametrize(
    "change",
    [
        "action = 'rien'",
        "apres = '{}'",
        "created_at = created_at + interval '1 second'",
        "tenant_id = null",
        "auteur_id = tenant_id",
        "ip_address = '192.0.2.1'",
        "correlation_id = 'autre'",
    ],
)
async def test_an_altered_row_is_found_and_named(journal: Database, change: str):
    await write(journal, 5, apres={"centre": "a"})
    await seal(journal)
    await tamper(journal, f"update socle.audit set {change} where id = 3")
    (found,) = (await verify_chain(journal)).anomalies
    assert (found.nature, found.lignes) == ("modification", (3,))


async def test_a_deleted_row_is_found_and_named(journal: Database):
    await write(journal, 5)
    await seal(journal)
    await tamper(journal, "delete from socle.audit where id in (2, 3)")
    (found,) = (await verify_chain(journal)).anomalies
    assert (found.nature, found.lignes) == ("suppression", (2, 3))


async def test_a_row_deleted_before_it_was_sealed_is_found_too(journal: Database):
    await write(journal, 3)
    await tamper(journal, "delete from socle.audit where id = 2")
    await seal(journal)
    (found,) = (await verify_chain(journal)).anomalies
    assert (found.nature, found.lignes) == ("suppression", (2,))


async def test_a_row_slipped_in_is_found(journal: Database):
    await write(journal, 2)
    await seal(journal)
    await tamper(
        journal, "insert into socle.audit (id, created_at, action, entite) values (900, now(), 'rdv.create', 'rdv')"
    )
    (found,) = (await verify_chain(journal)).anomalies
    assert (found.nature, found.lignes) == ("intrus", (900,))


async def test_a_rewritten_seal_is_found(journal: Database):
    await write(journal, 2)
    await seal(journal)
    await tamper(
        journal, "update socle.audit_sceaux set scelle_le = scelle_le - interval '1 hour'", table="audit_sceaux"
    )
    assert await natures(journal) == ["sceau"]


async def test_a_seal_taken_out_of_the_middle_is_found(journal: Database):
    for _ in range(3):
        await write(journal, 2)
        await seal(journal)
    await tamper(journal, "delete from socle.audit_sceaux where numero = 2", table="audit_sceaux")
    assert await natures(journal) == ["trou", "intrus"]


async def test_seals_put_back_in_another_order_break_the_chain(journal: Database):
    for _ in range(3):
        await write(journal, 1)
        await seal(journal)
    await tamper(journal, "delete from socle.audit_sceaux where numero = 1; update socle.audit_sceaux set numero = numero - 1",
                 table="audit_sceaux")  # fmt: skip
    assert "rupture" in await natures(journal)


async def test_an_end_cut_off_is_found_thanks_to_the_anchor_outside_the_database(journal: Database):
    for _ in range(2):
        await write(journal, 1)
        await seal(journal)
    await tamper(journal, "delete from socle.audit where id = 2")
    await tamper(journal, "delete from socle.audit_sceaux where numero = 2", table="audit_sceaux")
    assert await natures(journal) == ["fin"]


async def test_a_whole_journal_written_again_with_the_key_does_not_match_the_anchor(journal: Database):
    await write(journal, 1)
    await seal(journal)
    async with journal.transaction(role=Role.RELAIS) as session:
        sealed = await session.scalar(text("select encode(sceau, 'hex') from socle.audit_sceaux"))
    assert await natures(journal, anchor=(1, sealed)) == []
    assert await natures(journal, anchor=(1, "00" * 32)) == ["ancre"]
    assert await natures(journal, anchor=(7, sealed)) == ["fin"]


async def test_a_key_that_left_the_ring_is_said_and_a_turned_key_goes_on(journal: Database):
    await write(journal, 1)
    await seal(journal)
    first = get_key_ring()
    try:
        set_key_ring(KeyRing({"k2": b"b" * 32, **first.keys}, "k2"))
        await write(journal, 1)
        await seal(journal)
        assert await natures(journal) == []
        set_key_ring(KeyRing({"k2": b"b" * 32}, "k2"))
        assert await natures(journal) == ["cle"]
    finally:
        set_key_ring(first)


async def open_month(journal: Database, month: date) -> None:
    async with journal.transaction(role=Role.RELAIS) as session:
        await session.execute(text("select socle.ouvrir_partitions('audit', :d, :d)"), {"d": month})


async def test_an_old_month_is_removed_and_the_chain_says_so(journal: Database):
    await open_month(journal, LONG_AGO.date())
    with frozen(LONG_AGO):
        await write(journal, 3)
    await write(journal, 2)
    assert await retire(journal, LONG_AGO.date()) == 0, "not sealed yet"
    await seal(journal)
    assert await retire(journal, LONG_AGO.date()) == 3
    report = await verify_chain(journal)
    assert (report.intact, report.lignes, report.retires) == (True, 2, 3)
    assert await retire(journal, LONG_AGO.date()) == 0


async def test_a_removal_nobody_sealed_is_a_deletion(journal: Database):
    await open_month(journal, LONG_AGO.date())
    with frozen(LONG_AGO):
        await write(journal, 3)
    await seal(journal)
    async with journal.transaction(role=Role.MAINTENANCE) as session:
        await session.execute(text("drop table socle.audit_2020_03"))
    assert await natures(journal) == ["suppression"]


async def test_a_month_younger_than_a_year_cannot_be_removed(journal: Database):
    await write(journal)
    await seal(journal)
    async with journal.transaction(role=Role.RELAIS) as session:
        this_month = await session.scalar(text("select current_date"))
    with pytest.raises(Exception, match="too young"):
        await retire(journal, this_month)
