"""The one history of the schema, applied by `guichet migrate` as the maintenance role."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine

from guichet.socle.database import sqlalchemy_url

HERE = Path(__file__).parent


def configuration(url: str) -> Config:
    """Alembic's configuration for a database, without a file."""
    config = Config()
    config.set_main_option("script_location", str(HERE))
    config.attributes["url"] = url
    return config


def migrate(url: str, *, revision: str = "head") -> None:
    """Bring a database to a revision. Two at once wait for each other; a lock held too long stops it with an error."""
    command.upgrade(configuration(url), revision)


def head() -> str:
    """The newest revision of this code."""
    revision = ScriptDirectory(str(HERE)).get_current_head()
    assert revision is not None
    return revision


def current(url: str) -> str | None:
    """The revision a database is at; None when it has never been migrated."""
    engine = create_engine(sqlalchemy_url(url))
    try:
        with engine.connect() as connection:
            return MigrationContext.configure(connection, opts={"version_table_schema": "socle"}).get_current_revision()
    finally:
        engine.dispose()
