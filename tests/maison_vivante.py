"""The whole house as it runs: web, worker and relay in processes of their own, on a database of their own."""

import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import psycopg

from guichet.socle import migrations
from guichet.socle.database import Role
from guichet.socle.embarque import EmbeddedServer, create_database, create_extensions
from guichet.socle.settings import Settings
from tests.serveur import environment, free_port

PRETE_S = 180.0


@dataclass
class Maison:
    """Its address, the addresses of its database by role, what its processes find in their environment."""

    adresse: str
    urls: Mapping[Role, str]
    environnement: dict[str, str]
    dossier: Path
    processus: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    def start(self, role: str) -> None:
        """Start a role (`serve`, `work`, `relay`, or several words of the command line); its journal goes on."""
        journal = (self.dossier / f"{role.rsplit(maxsplit=1)[-1]}.txt").open("ab")
        with journal:
            self.processus[role] = subprocess.Popen(
                [Path(sys.executable).with_name("guichet"), *role.split()],
                env=self.environnement,
                stdin=subprocess.DEVNULL,
                stdout=journal,
                stderr=journal,
                preexec_fn=follow_parent,  # noqa: PLW1509  no thread here
            )

    def kill(self, role: str) -> None:
        """End a role as a power cut would."""
        self.processus[role].kill()
        self.processus[role].wait()

    def journal(self, role: str) -> str:
        """The end of what a role said."""
        path = self.dossier / f"{role.rsplit(maxsplit=1)[-1]}.txt"
        return path.read_text(errors="replace")[-4000:] if path.exists() else ""

    def wait_until_ready(self, delai_s: float = PRETE_S) -> None:
        """Return once the web answers. Raises AssertionError with its journal when it does not."""
        limit = time.monotonic() + delai_s
        while True:
            web = self.processus["serve"]
            assert web.poll() is None, self.journal("serve")
            assert time.monotonic() < limit, "the web does not answer: " + self.journal("serve")
            try:
                httpx.get(f"{self.adresse}/health/live", timeout=2)
            except httpx.TransportError:
                time.sleep(0.05)
            else:
                return

    def stop(self) -> None:
        """End every role, politely at first."""
        for process in self.processus.values():
            process.terminate()
        for process in self.processus.values():
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def follow_parent(signal_number: int = signal.SIGKILL) -> None:
    """For `preexec_fn`: a child never outlives the run, even a killed one."""
    ctypes.CDLL(None).prctl(1, signal_number)  # PR_SET_PDEATHSIG


def fresh_database(server: EmbeddedServer, name: str, *, template: str | None = None) -> dict[Role, str]:
    """A migrated database of that name on a running server; a copy of another one when told."""
    with psycopg.connect(server.admin_url(), autocommit=True) as connection:
        create_database(connection, name, template=template)
    if template is None:
        with psycopg.connect(server.admin_url(name), autocommit=True) as connection:
            create_extensions(connection)
        migrations.migrate(server.urls(name)[Role.MAINTENANCE])
    return server.urls(name)


def drop_database(server: EmbeddedServer, name: str) -> None:
    """Remove a database, whoever is connected."""
    with psycopg.connect(server.admin_url(), autocommit=True) as connection:
        connection.execute(f"drop database if exists {name} with (force)".encode())


@contextmanager
def open_house(
    server: EmbeddedServer, settings: Settings, name: str, *, roles: Sequence[str], **more: str
) -> Iterator[Maison]:
    """A house on a fresh database `name`, its roles started and the web ready; stopped and dropped at the end."""
    base = f"{name}_{os.getpid()}"
    urls = fresh_database(server, base)
    folder = Path(settings.data_dir) / base
    folder.mkdir()
    port = free_port()
    surroundings = environment(urls, settings, GUICHET_PORT=str(port), GUICHET_MODE="essai", **more)
    house = Maison(f"http://127.0.0.1:{port}", urls, surroundings, folder)
    with ExitStack() as stack:
        stack.callback(drop_database, server, base)
        stack.callback(house.stop)
        for role in roles:
            house.start(role)
        house.wait_until_ready()
        yield house
