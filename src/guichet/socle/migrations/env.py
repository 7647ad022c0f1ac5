"""How Alembic runs here: one transaction per revision, a lock against two at once, a short wait for other locks."""

from alembic import context
from sqlalchemy import create_engine, pool, text

from guichet.socle.database import Base, sqlalchemy_url

LOCK = 7_284_001  # any number, the same for every migration


def run() -> None:
    """Apply the revisions asked for."""
    url = context.config.attributes["url"]
    engine = create_engine(
        sqlalchemy_url(url), poolclass=pool.NullPool, connect_args={"options": "-c lock_timeout=5s -c timezone=UTC"}
    )
    with engine.connect() as connection:
        connection.execute(text("select pg_advisory_lock(:lock)"), {"lock": LOCK})
        connection.execute(text("create schema if not exists socle"))
        connection.commit()
        context.configure(
            connection=connection,
            target_metadata=Base.metadata,
            version_table="alembic_version",
            version_table_schema="socle",
            transaction_per_migration=True,
        )
        try:
            with context.begin_transaction():
                context.run_migrations()
        finally:
            connection.rollback()
            connection.execute(text("select pg_advisory_unlock(:lock)"), {"lock": LOCK})
            connection.commit()
    engine.dispose()


run()
