"""One real PostgreSQL per test run, one database per process, one fresh tenant per test that asks for one."""

import os
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from uuid import UUID

import httpx
import psycopg
import pytest
from fastapi import FastAPI
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings
from sqlalchemy.ext.asyncio import AsyncSession

from guichet.app.http import create_app
from guichet.socle import migrations
from guichet.socle.acces import set_authenticator
from guichet.socle.database import Database, Role, set_database
from guichet.socle.embarque import EmbeddedServer, create_database, create_extensions
from guichet.socle.ids import new_id
from guichet.socle.registre import set_registre
from guichet.socle.settings import Settings, forget_settings, get_settings, set_settings
from tests.serveur import live_server

# How long an example takes proves nothing, on a machine that does other things besides.
hypothesis_settings.register_profile("maison", deadline=None, suppress_health_check=[HealthCheck.too_slow])
hypothesis_settings.load_profile("maison")


LONGS = ("tests/app/", "tests/maison/", "tests/ia/", "tests/reseau/test_api_exemples", "tests/notifications/test_panne", "tests/socle/test_jobs", "tests/socle/test_embarque")  # fmt: skip
PART = 40
"""Routes fuzzed together: that file alone is longer than a tenth of the run."""


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What is long begins first, and each file stays in one process (`--dist loadgroup`): nobody waits at the end."""
    items.sort(key=lambda item: not item.nodeid.startswith(LONGS))
    for rang, item in enumerate(items):
        nom = item.nodeid.partition("::")[0]
        part = f".{rang // PART}" if nom.endswith("test_aleas.py") else ""
        item.add_marker(pytest.mark.xdist_group(nom + part))


@pytest.fixture(scope="session")
def settings() -> Iterator[Settings]:
    """Settings of a test instance, in a folder of its own that the server's user can reach."""
    folder = Path(tempfile.mkdtemp(prefix="guichet-tests-"))
    folder.chmod(0o711)
    os.environ["GUICHET_MODE"] = "essai"
    os.environ["GUICHET_DATA_DIR"] = str(folder)
    os.environ["GUICHET_RATE_PUBLIC_PER_MINUTE"] = os.environ["GUICHET_RATE_LOGIN_PER_MINUTE"] = "0"
    os.environ["GUICHET_RELAY_LAG_LIMIT_S"] = "1e9"  # no relay runs beside most tests
    forget_settings()
    yield get_settings()
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def server(settings: Settings) -> Iterator[EmbeddedServer]:
    """The embedded PostgreSQL, running for the whole session."""
    with EmbeddedServer(settings).running() as running:
        yield running


@pytest.fixture(scope="session")
def database_urls(server: EmbeddedServer) -> dict[Role, str]:
    """A migrated database of this test process."""
    name = f"tests_{os.getpid()}"
    with psycopg.connect(server.admin_url(), autocommit=True) as connection:
        create_database(connection, name)
    with psycopg.connect(server.admin_url(name), autocommit=True) as connection:
        create_extensions(connection)
    urls = server.urls(name)
    migrations.migrate(urls[Role.MAINTENANCE])
    return urls


@pytest.fixture(scope="session")
async def database(database_urls: dict[Role, str], settings: Settings) -> AsyncIterator[Database]:
    """The house's own door to that database, also for code that asks `get_database()`."""
    opened = Database(database_urls, settings)
    set_database(opened)
    yield opened
    set_database(None)
    await opened.close()


@pytest.fixture
def tenant_id() -> UUID:
    """An identifier no other test uses: row-level security keeps tests apart as it keeps tenants apart."""
    return new_id()


@pytest.fixture
async def session(database: Database, tenant_id: UUID) -> AsyncIterator[AsyncSession]:
    """A session of that tenant, rolled back at the end."""
    async with database.transaction(tenant_id) as opened:
        yield opened
        await opened.rollback()


@pytest.fixture(scope="session")
def app(database: Database, settings: Settings) -> FastAPI:
    """The whole house, assembled as a server has it."""
    return create_app(settings)


@pytest.fixture
async def client(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    """A browser on the house: its writes say they come from our own pages. A program sends a bearer instead."""
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app),
        base_url="http://testserver",
        headers={"Sec-Fetch-Site": "same-origin"},
    ) as opened:
        yield opened


@pytest.fixture(scope="session")
def adresse(database_urls: dict[Role, str], settings: Settings) -> Iterator[str]:
    """The address of the whole house behind a real server."""
    with live_server(database_urls, settings) as address:
        yield address


@pytest.fixture(autouse=True)
def the_house_of_the_run(request: pytest.FixtureRequest) -> Iterator[None]:
    """Each test finds the database, the registry and the recogniser of the run, whatever the one before did to them.

    Journeys in a browser talk to a server of its own process, and their library keeps a loop running: they need none.
    """
    if request.node.get_closest_marker("navigateur"):
        yield
        return
    house: FastAPI = request.getfixturevalue("app")
    set_settings(request.getfixturevalue("settings"))
    set_database(request.getfixturevalue("database"))
    set_registre(house.state.registre)
    set_authenticator(next((m.authenticator for m in house.state.registre.modules if m.authenticator), None))
    before = {name: value for name, value in os.environ.items() if name.startswith("GUICHET_")}
    yield
    after = {name: value for name, value in os.environ.items() if name.startswith("GUICHET_")}
    if after != before:
        for name in after:
            del os.environ[name]
        os.environ.update(before)
        forget_settings()
