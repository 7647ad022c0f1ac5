"""A role told to stop leaves nothing behind: the embedded server goes with its last user, and only with it."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from guichet.socle.embarque import EmbeddedServer
from guichet.socle.settings import Settings

PRET = {"serve": "Uvicorn running", "work": "worker started", "relay": "relay started"}
GUICHET = "from guichet.app.cli import main; main()"
TENIR = (
    "import sys; from pathlib import Path; from guichet.socle.embarque import EmbeddedServer;"
    " from guichet.socle.settings import Settings\n"
    "with EmbeddedServer(Settings(data_dir=Path(sys.argv[1]))).running(): print('debout', flush=True); sys.stdin.read()"
)
# Told to stop at the moment it calls each of the programs of the server.
IMPATIENT = """
import os, signal, sys
from pathlib import Path
from guichet.socle.embarque import EmbeddedServer
from guichet.socle.settings import Settings
server = EmbeddedServer(Settings(data_dir=Path(sys.argv[1])))
call = server._call
def told_then_call(command):
    os.kill(os.getpid(), signal.SIGTERM)
    call(command)
server._call = told_then_call
with server.running():
    print("should have left")
"""


@pytest.fixture(scope="module")
def place() -> Iterator[Path]:
    """A data folder with a migrated database, that the server's own user can reach."""
    folder = Path(tempfile.mkdtemp(prefix="guichet-arret-"))
    folder.chmod(0o711)
    subprocess.run([sys.executable, "-c", GUICHET, "migrate"], env=environment(folder), check=True, capture_output=True)
    yield folder
    EmbeddedServer(Settings(data_dir=folder)).stop()
    shutil.rmtree(folder, ignore_errors=True)


def is_up(place: Path) -> bool:
    return EmbeddedServer(Settings(data_dir=place)).is_alive()


def environment(place: Path) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if "DATABASE" not in name}
    return {**kept, "GUICHET_DATA_DIR": str(place), "GUICHET_PORT": "0"}


def start(place: Path, *words: str) -> subprocess.Popen[str]:
    """The command, once it is at work."""
    process = subprocess.Popen(
        [sys.executable, "-c", GUICHET, *words], env=environment(place), stderr=subprocess.PIPE, text=True
    )
    assert process.stderr is not None
    said = []
    for line in process.stderr:
        said.append(line)
        if PRET[words[0]] in line:
            return process
    raise AssertionError("".join(said))


def tell(process: subprocess.Popen[str], number: int) -> str:
    """Tell it to stop and wait until it has. Returns what it said."""
    process.send_signal(number)
    try:
        return process.communicate(timeout=60)[1]
    finally:
        process.kill()  # what did not stop must not spoil the next test


@pytest.mark.parametrize(
    ("command", "number"),
    [
        ("serve", signal.SIGTERM),
        ("serve", signal.SIGINT),
        ("serve", signal.SIGHUP),
        ("work", signal.SIGTERM),
        ("relay", signal.SIGHUP),
    ],
)
def test_a_role_told_to_stop_takes_the_embedded_server_along(place: Path, command: str, number: int):
    process = start(place, command)
    assert is_up(place)
    said = tell(process, number)
    assert not is_up(place), said
    assert "Traceback" not in said


def test_a_role_told_to_stop_leaves_the_server_to_who_still_uses_it(place: Path):
    other = subprocess.Popen(
        [sys.executable, "-c", TENIR, str(place)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert other.stdout is not None
    assert other.stdout.readline() == "debout\n"
    tell(start(place, "serve"), signal.SIGTERM)
    assert is_up(place)
    other.communicate(timeout=60)
    assert not is_up(place)


def test_told_to_stop_while_the_server_starts_it_finishes_starting_then_leaves(place: Path):
    result = subprocess.run(
        [sys.executable, "-c", IMPATIENT, str(place)], capture_output=True, text=True, timeout=60, check=False
    )
    assert (result.returncode, result.stdout) == (128 + signal.SIGTERM, ""), result.stderr
    assert not is_up(place)


def test_a_signal_somebody_chose_to_ignore_stays_ignored():
    program = (
        "import os, signal; from guichet.socle.arret import leaving_on_signal\n"
        "signal.signal(signal.SIGHUP, signal.SIG_IGN)\n"
        "with leaving_on_signal(): os.kill(os.getpid(), signal.SIGHUP); print('là')"
    )
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert (result.returncode, result.stdout) == (0, "là\n"), result.stderr
