"""A server of its own process, as users have it: `guichet serve` on the database of the run."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import httpx

from guichet.socle.database import Role
from guichet.socle.settings import Settings


def free_port() -> int:
    """A port nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def environment(urls: Mapping[Role, str], settings: Settings, **more: str) -> dict[str, str]:
    """What a process of the house needs to work on that database."""
    return {
        **os.environ,
        "GUICHET_DATABASE_URL": urls[Role.APP],
        "GUICHET_DATABASE_RELAY_URL": urls[Role.RELAIS],
        "GUICHET_DATABASE_MAINTENANCE_URL": urls[Role.MAINTENANCE],
        "GUICHET_DATA_DIR": str(settings.data_dir),
        **more,
    }


@contextmanager
def live_server(urls: Mapping[Role, str], settings: Settings, **more: str) -> Iterator[str]:
    """Its address, once it answers; stopped at the end. Raises AssertionError with its journal when it does not start."""
    port = free_port()
    journal = Path(settings.data_dir) / f"serveur-{port}.txt"
    with journal.open("w") as output:
        process = subprocess.Popen(
            [Path(sys.executable).with_name("guichet"), "serve", "--port", str(port)],
            env=environment(urls, settings, **more),
            stdout=output,
            stderr=output,
        )
    address = f"http://127.0.0.1:{port}"
    try:
        deadline = time.monotonic() + 60
        while True:
            assert process.poll() is None, journal.read_text()[-4000:]
            assert time.monotonic() < deadline, "the server does not answer: " + journal.read_text()[-4000:]
            try:
                httpx.get(f"{address}/health/live", timeout=1)
                break
            except httpx.TransportError:
                time.sleep(0.05)
        yield address
    finally:
        process.terminate()
        process.wait(20)
