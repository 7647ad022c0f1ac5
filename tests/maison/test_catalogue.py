"""No table lets one tenant see another's rows, and the mapping says what the database is."""

from typing import Any

import psycopg
import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import create_engine

from guichet.socle.database import Base, Role, sqlalchemy_url
from tests.maison import catalogue


@pytest.fixture
def maintenance(database_urls: dict[Role, str]):
    with psycopg.connect(database_urls[Role.MAINTENANCE]) as connection:
        yield connection
        connection.rollback()


def test_every_table_forces_row_level_security_or_says_why_not(maintenance: psycopg.Connection[Any]):
    assert catalogue.complaints(maintenance) == []


def test_the_allow_list_names_only_tables_that_exist(maintenance: psycopg.Connection[Any]):
    gone = [
        name
        for name in catalogue.WITHOUT_TENANT
        if maintenance.execute("select to_regclass(%s)", (name,)).fetchone() == (None,)
    ]
    assert gone == []


@pytest.mark.parametrize(
    ("statement", "sentence"),
    [
        ("create table socle.nue (tenant_id uuid)", "tenant_table('socle.nue')"),
        (
            "create table socle.molle (tenant_id uuid); alter table socle.molle enable row level security; create policy p on socle.molle using (true)",
            "tenant_table('socle.molle')",
        ),
        (
            "create table socle.p (tenant_id uuid, id uuid primary key); create table socle.e (tenant_id uuid, p uuid references socle.p)",
            "use the composite key",
        ),
        (
            "create function socle.f() returns int language sql security definer as 'select 1'",
            "without a fixed search_path",
        ),
    ],
)
def test_a_hole_in_tenancy_is_noticed_and_the_message_says_what_to_do(
    maintenance: psycopg.Connection[Any], statement: str, sentence: str
):
    maintenance.execute(statement)
    assert any(sentence in complaint for complaint in catalogue.complaints(maintenance))


def test_the_mapping_and_the_database_agree(database_urls: dict[Role, str]):
    from guichet.app.modules import MODULES  # noqa: PLC0415  maps every table

    assert MODULES
    mapped = {table.schema for table in Base.metadata.tables.values()}
    engine = create_engine(sqlalchemy_url(database_urls[Role.MAINTENANCE]))
    with engine.connect() as connection:
        context = MigrationContext.configure(
            connection,
            opts={
                "include_schemas": True,
                "include_name": lambda name, kind, parents: name in mapped if kind == "schema" else True,
                "include_object": lambda thing, name, kind, reflected, compare_to: (
                    not (
                        reflected
                        and compare_to is None
                        and kind in {"index", "foreign_key_constraint", "unique_constraint", "table"}
                    )
                ),
                "compare_type": True,
            },
        )
        differences = compare_metadata(context, Base.metadata)
    engine.dispose()
    assert differences == [], "tables.py and the revisions disagree: correct one of them"
