"""Starting the demonstration: what it checks, prepares and says. The whole of it is started in tests/parcours."""

import asyncio
import io
import json
import os
import socket
import sys
import time
from pathlib import Path
from typing import Any

import psycopg
import pytest
from rich.console import Console

from guichet.app import cli, demo, donnees_demo
from guichet.socle import migrations
from guichet.socle.database import Database, Role, set_database
from guichet.socle.embarque import EmbeddedServer, create_database, create_extensions
from guichet.socle.registre import Module, Registre
from guichet.socle.settings import Mode, Settings, forget_settings, get_settings


@pytest.fixture
def said() -> io.StringIO:
    return io.StringIO()


@pytest.fixture
def console(said: io.StringIO) -> Console:
    return Console(file=said, width=100)


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch, settings: Settings):
    for name in ("MODE", "PORT", "DATA_DIR", "DEMO_SMTP_PORT", "DEMO_SMS_PORT", "DEMO_PAYMENT_PORT"):
        monkeypatch.setenv(f"GUICHET_{name}", os.environ.get(f"GUICHET_{name}", ""))
    yield monkeypatch
    monkeypatch.undo()
    forget_settings()
    assert get_settings() == settings


def test_its_settings_are_also_those_of_its_processes(environment: pytest.MonkeyPatch, tmp_path: Path):
    prepared = demo.prepare_settings(port=8421, data_dir=tmp_path / "d")
    assert (prepared.mode, prepared.port, prepared.data_dir) == (Mode.DEMO, 8421, tmp_path / "d")
    assert prepared.demo_smtp_port > 0
    assert os.environ["GUICHET_MODE"] == "demo"
    environment.delenv("GUICHET_DATA_DIR")
    environment.setenv("XDG_DATA_HOME", str(tmp_path))
    environment.setattr(os, "geteuid", lambda: 1000)
    forget_settings()
    assert demo.prepare_settings(port=8421, data_dir=None).data_dir == tmp_path / "guichet" / "demo"
    environment.setenv("GUICHET_DATA_DIR", str(tmp_path / "choisi"))
    assert demo.prepare_settings(port=8421, data_dir=None).data_dir == tmp_path / "choisi"


def test_a_port_already_taken_is_told_with_another_one(settings: Settings):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(demo.DemoError, match=f"--port {port + 1}"):
            demo.check_port(settings.model_copy(update={"port": port}))
    demo.check_port(settings.model_copy(update={"port": demo._free_port()}))


def test_only_a_demonstration_that_rests_is_erased(settings: Settings, server: EmbeddedServer, tmp_path: Path):
    def at(folder: Path) -> Settings:
        return settings.model_copy(update={"data_dir": folder})

    demo.erase(at(tmp_path / "absent"))
    other = tmp_path / "autre"
    other.mkdir()
    (other / "thèse.odt").touch()
    with pytest.raises(demo.DemoError, match="rien n'a été effacé"):
        demo.erase(at(other))
    with pytest.raises(demo.DemoError, match="arrêtez-la"):
        demo.erase(settings)
    old = tmp_path / "vieille"
    (old / "postgres").mkdir(parents=True)
    demo.erase(at(old))
    assert not old.exists()


def test_the_schema_is_brought_up_to_date_only_when_it_is_not(
    server: EmbeddedServer, console: Console, said: io.StringIO
):
    name = f"demo_{os.getpid()}"
    with psycopg.connect(server.admin_url(), autocommit=True) as connection:
        create_database(connection, name)
    with psycopg.connect(server.admin_url(name), autocommit=True) as connection:
        create_extensions(connection)
    url = server.urls(name)[Role.MAINTENANCE]
    demo.prepare_schema(url, console)
    assert migrations.current(url) == migrations.head()
    assert said.getvalue() == "▸ Schéma de la base\n"
    demo.prepare_schema(url, console)
    assert said.getvalue() == "▸ Schéma de la base\n"


def test_each_process_logs_apart_and_is_a_command(settings: Settings, monkeypatch: pytest.MonkeyPatch):
    group = demo.processes(settings)
    assert [p.nom for p in group] == ["web", "travail", "relais", "boite", "paiement"]
    assert list(group[3].argv[1:]) == ["-m", "guichet.app", "notifications", "boite"]
    assert len({p.env["GUICHET_LOG_FILE"] for p in group}) == 5
    called: list[list[str]] = []
    monkeypatch.setattr("sys.argv", [])
    monkeypatch.setattr(cli, "main", lambda: called.append(sys.argv))
    assert group[0].main is not None
    group[0].main()
    assert called == [["guichet", "serve"]]


async def answer(port: int, *bodies: bytes) -> asyncio.Server:
    left = list(bodies)

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(left.pop(0) if len(left) > 1 else left[0])
        await writer.drain()
        writer.close()

    return await asyncio.start_server(serve, "127.0.0.1", port)


OUI = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}"
NON = b"HTTP/1.1 503 Non\r\nContent-Length: 6\r\nConnection: close\r\n\r\nrelais"


async def test_when_ready_it_says_where_and_as_whom(settings: Settings, console: Console, said: io.StringIO):
    port = demo._free_port()
    here = settings.model_copy(update={"port": port})
    waiting = asyncio.create_task(demo.wait_until_ready(here, console, time.monotonic()))
    await asyncio.sleep(0)
    async with await answer(port, NON, OUI):
        await waiting
    told = said.getvalue()
    assert f"Guichet est prêt : http://127.0.0.1:{port}  (en " in told
    assert "superadmin@guichet.example" in told
    assert "Ctrl-C arrête tout." in told


async def test_when_it_takes_long_it_says_what_is_missing_and_goes_on_waiting(
    settings: Settings, console: Console, said: io.StringIO, monkeypatch: pytest.MonkeyPatch
):
    port = demo._free_port()
    here = settings.model_copy(update={"port": port})
    monkeypatch.setattr(demo, "ATTENTE_S", 0.1)
    async with await answer(port, *[NON] * 5, OUI):
        await asyncio.wait_for(demo.wait_until_ready(here, console, time.monotonic()), 30)
    assert "Toujours pas prêt : relais." in said.getvalue()
    assert "Guichet est prêt" in said.getvalue()


def test_the_time_a_process_has_lived_counts_its_loading():
    assert 0 < demo.process_age() < 24 * 3600


# -- the data


@pytest.fixture
def contexts(monkeypatch: pytest.MonkeyPatch, database_urls: dict[Role, str], settings: Settings, tmp_path: Path):
    calls: list[str] = []

    def context(nom: str) -> Module:
        async def make(session: Any, monde: Any) -> dict[str, int]:
            calls.append(f"{nom}:{monde.tenant.slug}")
            monde.progression("Choses", 2, 1)
            monde.progression("Choses", 2, 1)
            if nom == "casse" and len(calls) == 2:
                raise ZeroDivisionError
            return {f"{nom}s": 2}

        return Module(nom=nom, demo=make)

    async def close(self: Database) -> None:
        set_database(None)
        for engine in self._engines.values():
            await engine.dispose()
        self._engines.clear()

    def install(*noms: str) -> list[str]:
        registre = Registre([*(context(nom) for nom in noms), Module(nom="muet")])
        monkeypatch.setattr(donnees_demo, "assemble", lambda: registre)
        here = settings.model_copy(update={"data_dir": tmp_path})
        monkeypatch.setattr(donnees_demo, "get_settings", lambda: here)
        mine = Database(database_urls, settings)
        monkeypatch.setattr(donnees_demo, "get_database", lambda: mine)
        return calls

    return install


def test_each_context_fills_its_tables_network_by_network(
    contexts, console: Console, said: io.StringIO, tmp_path: Path
):
    calls = contexts("centre", "rdv")
    assert not donnees_demo.is_filled(tmp_path)
    assert donnees_demo.fill(console) == {"centres": 6, "rdvs": 6}
    assert calls[:2] == ["centre:controle-auto-france", "rdv:controle-auto-france"]
    assert len(calls) == 6
    assert donnees_demo.is_filled(tmp_path)
    assert "centres" in said.getvalue()
    assert donnees_demo.fill(console) == {"centres": 6, "rdvs": 6}
    assert len(calls) == 6


def test_an_interrupted_filling_goes_on_where_it_stopped(contexts, console: Console, tmp_path: Path):
    calls = contexts("rdv", "casse")
    with pytest.raises(ZeroDivisionError):
        donnees_demo.fill(console)
    assert not donnees_demo.is_filled(tmp_path)
    assert donnees_demo.fill(console) == {"rdvs": 6, "casses": 6}
    assert calls[:3] == ["rdv:controle-auto-france", "casse:controle-auto-france", "casse:controle-auto-france"]


def test_what_was_made_is_kept_beside_the_data(contexts, console: Console, tmp_path: Path):
    contexts("centre")
    donnees_demo.fill(console)
    kept = json.loads((tmp_path / donnees_demo.ETAT).read_text())
    assert kept["faits"]["ct-express"] == {"centre": {"centres": 2}}
