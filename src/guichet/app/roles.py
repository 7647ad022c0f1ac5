"""The roles of production: web, worker, relay, migrations. Each takes the embedded database along when none is configured."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import uvicorn

from guichet.socle.database import Role, configured_urls, set_database
from guichet.socle.settings import Settings, get_settings
from guichet.socle.telemetrie.journaux import set_up_logs

ARRET_S = 20


@contextmanager
def house(settings: Settings) -> Iterator[None]:
    """The database is there for the time of the block: the configured one, else the embedded server."""
    set_database(None)
    if settings.database_url:
        yield
        return
    from guichet.socle.embarque import EmbeddedServer  # noqa: PLC0415  only where no cluster is configured

    with EmbeddedServer(settings).running():
        yield


def serve(services: Sequence[str]) -> None:
    """Serve the web until told to stop; requests under way are finished first. Raises ReglageRefuse in the test mode."""
    from guichet.app.essai import check_host  # noqa: PLC0415
    from guichet.app.http import create_app  # noqa: PLC0415  the whole house, only where it is served

    settings = get_settings()
    check_host(settings)
    set_up_logs(settings, "web")
    with house(settings):
        uvicorn.run(
            create_app(settings, services=services),
            host=settings.host,
            port=settings.port,
            loop="uvloop",
            http="httptools",
            proxy_headers=False,  # the edge believes only the proxies of the settings
            server_header=False,
            access_log=False,
            log_config=None,
            timeout_keep_alive=30,
            timeout_graceful_shutdown=ARRET_S,
        )


def work(services: Sequence[str]) -> None:
    """Run jobs and routines until told to stop; jobs under way are finished first."""
    from guichet.app import fond  # noqa: PLC0415

    settings = get_settings()
    set_up_logs(settings, "travail")
    with house(settings):
        fond.run_until_told(lambda: fond.work(services))


def relay() -> None:
    """Relay messages until told to stop."""
    from guichet.app import fond  # noqa: PLC0415

    settings = get_settings()
    set_up_logs(settings, "relais")
    with house(settings):
        fond.run_until_told(fond.relay)


def migrate() -> tuple[str | None, str]:
    """Bring the schema to the newest revision. Returns the revision before and after."""
    from guichet.socle import migrations  # noqa: PLC0415  the migration tool, only here

    settings = get_settings()
    with house(settings):
        url = configured_urls(settings)[Role.MAINTENANCE]
        before = migrations.current(url)
        migrations.migrate(url)
        return before, migrations.head()
