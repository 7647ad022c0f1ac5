"""The door to PostgreSQL: engines by role, transactions scoped to a tenant, the mapping base.

The tenant of a transaction is set here and nowhere else, as `app.tenant_id`, local to the transaction; row-level
security reads it. Without it every tenant table is empty: forgetting fails closed.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from contextvars import ContextVar
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

import psycopg
from psycopg_pool import AsyncConnectionPool
from sqlalchemy import MetaData, Text, event, func
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.dialects.postgresql import UUID as PG_UUID
from sqlalchemy.engine import URL, Connection, make_url
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, SessionTransaction, mapped_column
from sqlalchemy.types import TIMESTAMP

from guichet.socle.settings import Settings, get_settings

SET_TENANT = "select set_config('app.tenant_id', %s, true)"


class Role(StrEnum):
    """The PostgreSQL roles. Only maintenance bypasses row-level security: migrations, imports, backups."""

    APP = "guichet_app"
    RELAIS = "guichet_relais"
    MAINTENANCE = "guichet_maintenance"


class Base(DeclarativeBase):
    """Every table of the house. Each context maps its own schema."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map = {  # noqa: RUF012  SQLAlchemy's own attribute
        datetime: TIMESTAMP(timezone=True),
        UUID: PG_UUID(as_uuid=True),
        str: Text(),
        dict[str, Any]: JSONB(),
        list[Any]: JSONB(),
    }


class TenantMixin:
    """A row that belongs to a tenant; its table has row-level security forced."""

    tenant_id: Mapped[UUID] = mapped_column(nullable=False)


class Horodatage:
    """When a row was made and last changed, UTC, by the database's clock."""

    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    updated_at: Mapped[datetime] = mapped_column(server_default=func.now(), onupdate=func.now())


class TenantSession(Session):
    """A session that tells each of its transactions whose they are."""


@event.listens_for(TenantSession, "after_begin")
def _set_tenant(session: Session, transaction: SessionTransaction, connection: Connection) -> None:
    tenant_id = session.info.get("tenant_id")
    if tenant_id is not None and not transaction.nested:
        connection.exec_driver_sql(SET_TENANT, (str(tenant_id),))


_depth: ContextVar[int] = ContextVar("open_transactions", default=0)
_tenant: ContextVar[UUID | None] = ContextVar("tenant_of_the_transaction", default=None)


def in_transaction() -> bool:
    """True inside a `Database.transaction` of this task: no outside call may be made now."""
    return _depth.get() > 0


def current_tenant() -> UUID | None:
    """The tenant of the innermost `Database.transaction` of this task; None where there is none."""
    return _tenant.get()


class Database:
    """Pools of connections by role, opened at first use."""

    def __init__(self, urls: dict[Role, str], settings: Settings) -> None:
        self._urls = urls
        self._settings = settings
        self._engines: dict[Role, AsyncEngine] = {}
        self._hot: AsyncConnectionPool[psycopg.AsyncConnection[Any]] | None = None

    def url(self, role: Role = Role.APP) -> str:
        """The libpq address of a role. Raises KeyError when the role has none configured."""
        return self._urls[role]

    def engine(self, role: Role = Role.APP) -> AsyncEngine:
        """The pool of a role."""
        if role not in self._engines:
            s = self._settings
            timeouts = f"-c lock_timeout={s.lock_timeout_ms} -c statement_timeout={s.statement_timeout_ms}"
            if role is Role.MAINTENANCE:
                timeouts = f"-c lock_timeout={s.lock_timeout_ms}"
            self._engines[role] = create_async_engine(
                sqlalchemy_url(self._urls[role]),
                pool_size=s.pool_size if role is Role.APP else 2,
                max_overflow=s.pool_overflow,
                pool_pre_ping=True,
                connect_args={"options": f"{timeouts} -c timezone=UTC", "application_name": f"guichet:{role.value}"},
            )
        return self._engines[role]

    @asynccontextmanager
    async def hot(self) -> AsyncIterator[psycopg.AsyncConnection[Any]]:
        """A connection in no transaction, for a hot path: one prepared statement that says its tenant and is the commit."""
        pool = self._hot = self._hot or self._make_hot()
        if pool.closed:
            await pool.open()
        async with pool.connection() as connection:
            yield connection

    def _make_hot(self) -> "AsyncConnectionPool[psycopg.AsyncConnection[Any]]":
        s = self._settings
        return AsyncConnectionPool(
            self._urls[Role.APP],
            min_size=1,
            max_size=s.pool_size,
            open=False,
            kwargs={
                "autocommit": True,
                "prepare_threshold": 0,
                "application_name": f"guichet:{Role.APP.value}",
                "options": f"-c lock_timeout={s.lock_timeout_ms} -c statement_timeout={s.statement_timeout_ms} -c timezone=UTC",
            },
        )

    @asynccontextmanager
    async def transaction(
        self, tenant_id: UUID | None = None, *, role: Role = Role.APP, read_only: bool = False
    ) -> AsyncIterator[AsyncSession]:
        """One transaction: committed when the block ends, rolled back when it raises.

        `tenant_id` None sees no tenant's rows at all (only what is public), unless the role bypasses row-level security.
        `read_only` makes PostgreSQL refuse any write.
        """
        engine = self.engine(role)
        if read_only:
            engine = engine.execution_options(postgresql_readonly=True)
        factory = async_sessionmaker(engine, sync_session_class=TenantSession, expire_on_commit=False)
        token = _depth.set(_depth.get() + 1)
        outer_tenant = _tenant.set(tenant_id)
        try:
            async with factory() as session:
                if tenant_id is not None:
                    session.info["tenant_id"] = tenant_id
                async with session.begin():
                    yield session
        finally:
            _tenant.reset(outer_tenant)
            _depth.reset(token)

    async def close(self) -> None:
        """Close every pool."""
        for engine in self._engines.values():
            await engine.dispose()
        self._engines.clear()
        if self._hot is not None:
            await self._hot.close()
            self._hot = None


def sqlalchemy_url(url: str) -> URL:
    """The same address for SQLAlchemy on psycopg 3."""
    return make_url(url).set(drivername="postgresql+psycopg")


def unbound_session(tenant_id: UUID) -> AsyncSession:
    """A session of a tenant that never connects, for what only asks whose the values it writes are."""
    return AsyncSession(info={"tenant_id": tenant_id})


async def enter_tenant(session: AsyncSession, tenant_id: UUID) -> None:
    """Give its tenant to a session that has none (a public booking takes the centre's).

    Raises RuntimeError when the session already belongs to another tenant: a transaction never changes hands.
    """
    current = session.info.get("tenant_id")
    if current == tenant_id:
        return
    if current is not None:
        raise RuntimeError("this transaction belongs to another tenant")
    session.info["tenant_id"] = tenant_id
    _tenant.set(tenant_id)
    if session.in_transaction():
        connection = await session.connection()
        await connection.exec_driver_sql(SET_TENANT, (str(tenant_id),))


async def raw(session: AsyncSession) -> psycopg.AsyncConnection[Any]:
    """The psycopg connection under a session, in the same transaction, for hand-written SQL."""
    proxy = await (await session.connection()).get_raw_connection()
    connection = proxy.driver_connection
    assert isinstance(connection, psycopg.AsyncConnection)
    return connection


_database: Database | None = None


def get_database() -> Database:
    """The database of this process. The address comes from the settings, else from the running embedded server."""
    global _database  # noqa: PLW0603  one per process
    if _database is None:
        _database = Database(configured_urls(get_settings()), get_settings())
    return _database


def set_database(database: Database | None) -> None:
    """Used by the assembly and by tests."""
    global _database  # noqa: PLW0603  one per process
    _database = database


def configured_urls(settings: Settings) -> dict[Role, str]:
    """The addresses by role: the configured cluster's, else the embedded server's."""
    if settings.database_url:
        urls = {Role.APP: settings.database_url}
        if settings.database_relay_url:
            urls[Role.RELAIS] = settings.database_relay_url
        if settings.database_maintenance_url:
            urls[Role.MAINTENANCE] = settings.database_maintenance_url
        return urls
    from guichet.socle.embarque import EmbeddedServer  # noqa: PLC0415  only where no cluster is configured

    return EmbeddedServer(settings).urls()
