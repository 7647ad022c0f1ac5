"""The worker and the relay as processes: they start on a migrated database and stop when told to."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from guichet.app import fond
from guichet.app.services import UnknownService
from guichet.socle.database import Role

GUICHET = [sys.executable, "-c", "from guichet.app.cli import main; main()"]


@pytest.fixture
def environment(database_urls: dict[Role, str]) -> dict[str, str]:
    return {
        **os.environ,
        "GUICHET_DATABASE_URL": database_urls[Role.APP],
        "GUICHET_DATABASE_RELAY_URL": database_urls[Role.RELAIS],
        "GUICHET_DATABASE_MAINTENANCE_URL": database_urls[Role.MAINTENANCE],
    }


@pytest.fixture
def started() -> Iterator[list[subprocess.Popen[str]]]:
    processes: list[subprocess.Popen[str]] = []
    yield processes
    for process in processes:
        process.kill()
        process.communicate()


@pytest.mark.parametrize(("command", "word"), [("work", "worker started"), ("relay", "relay started")])
def test_a_role_starts_and_stops_when_told_to(environment: dict[str, str], started, command: str, word: str):
    process = subprocess.Popen(
        [*GUICHET, command], env=environment, stderr=subprocess.PIPE, text=True, cwd=Path(__file__).parents[2]
    )
    started.append(process)
    assert process.stderr is not None
    for line in process.stderr:
        if word in line:
            break
    process.send_signal(signal.SIGTERM)
    _, said = process.communicate(timeout=60)
    assert (process.returncode, "Traceback" in said) == (0, False), said


async def test_an_unknown_service_is_refused_before_anything_starts():
    with pytest.raises(UnknownService):
        await fond.work(["inconnu"])
