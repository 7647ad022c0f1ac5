"""The door to PostgreSQL: tenancy fails closed, roles are what they should be."""

import asyncio
from uuid import UUID

import psycopg
import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from guichet.socle import migrations
from guichet.socle.database import Database, Role, enter_tenant, in_transaction, raw
from guichet.socle.ids import new_id

TENANT = text("select current_setting('app.tenant_id', true)")


async def test_a_transaction_carries_its_tenant_and_leaves_nothing_behind(database: Database):
    tenant = new_id()
    async with database.transaction(tenant) as session:
        assert await session.scalar(TENANT) == str(tenant)
    async with database.transaction() as session:
        assert not await session.scalar(TENANT)


async def test_tenants_never_mix_over_shared_connections_with_errors_and_cancellations(database: Database):
    async def one(n: int) -> None:
        tenant = new_id()
        async with database.transaction(tenant) as session:
            assert await session.scalar(TENANT) == str(tenant)
            if n % 5 == 0:
                raise ZeroDivisionError
            if n % 7 == 0:
                await asyncio.wait_for(session.execute(text("select pg_sleep(1)")), 0.01)
            assert await session.scalar(TENANT) == str(tenant)

    results = await asyncio.gather(*(one(n) for n in range(120)), return_exceptions=True)
    unexpected = [r for r in results if r is not None and not isinstance(r, (ZeroDivisionError, TimeoutError))]
    assert unexpected == []


async def test_a_session_takes_a_tenant_once_and_never_changes_hands(database: Database):
    tenant = new_id()
    async with database.transaction() as session:
        await enter_tenant(session, tenant)
        assert await session.scalar(TENANT) == str(tenant)
        await enter_tenant(session, tenant)
        with pytest.raises(RuntimeError, match="another tenant"):
            await enter_tenant(session, new_id())


async def test_hand_written_sql_runs_in_the_same_transaction(session: AsyncSession, tenant_id: UUID):
    connection = await raw(session)
    row = await (await connection.execute("select current_setting('app.tenant_id', true)")).fetchone()
    assert row == (str(tenant_id),)


async def test_an_error_undoes_everything(database: Database):
    async def fail() -> None:
        async with database.transaction(role=Role.MAINTENANCE) as session:
            await session.execute(text("create table socle.essai_annule ()"))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await fail()
    async with database.transaction() as session:
        assert await session.scalar(text("select to_regclass('socle.essai_annule')")) is None


async def test_code_can_tell_that_a_transaction_is_open(database: Database):
    assert not in_transaction()
    async with database.transaction():
        assert in_transaction()
    assert not in_transaction()


def test_only_the_maintenance_role_bypasses_row_level_security(database_urls: dict[Role, str]):
    with psycopg.connect(database_urls[Role.MAINTENANCE]) as connection:
        rows = connection.execute(
            "select rolname, rolbypassrls, rolsuper, rolcanlogin from pg_roles where rolname like 'guichet_%'"
        ).fetchall()
    powers = {name: (bypass, is_super, login) for name, bypass, is_super, login in rows}
    assert powers["guichet_app"] == (False, False, True)
    assert powers["guichet_relais"] == (False, False, True)
    assert powers["guichet_maintenance"] == (True, False, True)
    assert powers["guichet_recherche"] == (True, False, False)


def test_migrating_twice_changes_nothing(database_urls: dict[Role, str]):
    url = database_urls[Role.MAINTENANCE]
    migrations.migrate(url)
    assert migrations.current(url) == migrations.head()
