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


STUBBORN = """
import asyncio, os, signal
from guichet.app.fond import run_until_told
async def main():
    os.kill(os.getpid(), signal.SIGTERM)
    while True:
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            print("no", flush=True)
run_until_told(main, patience=0.1)
print("gone")
"""
FAILING = """
from guichet.app.fond import run_until_told
async def main():
    raise LookupError("broken")
run_until_told(main)
"""


def test_what_refuses_to_end_is_left_behind(environment: dict[str, str]):
    result = subprocess.run(
        [sys.executable, "-c", STUBBORN], env=environment, capture_output=True, text=True, timeout=60, check=False
    )
    assert (result.returncode, result.stdout) == (0, "no\ngone\n"), result.stderr


def test_what_breaks_is_told(environment: dict[str, str]):
    result = subprocess.run(
        [sys.executable, "-c", FAILING], env=environment, capture_output=True, text=True, check=False
    )
    assert result.returncode == 1
    assert "LookupError: broken" in result.stderr


async def test_an_unknown_service_is_refused_before_anything_starts():
    with pytest.raises(UnknownService):
        await fond.work(["inconnu"])
