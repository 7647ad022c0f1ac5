"""The demonstration: the whole product on this machine, from nothing, in one supervised group of processes."""

import asyncio
import os
import shutil
import socket
import sys
import time
from functools import partial
from pathlib import Path

import httpx
import psycopg
from rich.console import Console

from guichet.app import cli, donnees_demo
from guichet.app.supervision import Processus, supervise
from guichet.socle.database import Role
from guichet.socle.embarque import EmbeddedError, EmbeddedServer
from guichet.socle.settings import Settings, forget_settings, get_settings
from guichet.socle.telemetrie.sante import expected_revision

ATTENTE_S = 90.0
REVISION = "select version_num from socle.alembic_version"


class DemoError(EmbeddedError):
    """The demonstration cannot start; the sentence says what to do."""


def run(*, port: int, data_dir: Path | None, fresh: bool, console: Console) -> int:
    """Prepare what is missing, start everything, say where it is; returns the exit code once stopped.

    Raises DemoError or EmbeddedError, with a sentence for the person at the keyboard.
    """
    start = time.monotonic() - process_age()
    settings = prepare_settings(port=port, data_dir=data_dir)
    check_port(settings)
    if fresh:
        erase(settings)
    console.print(f"Guichet, démonstration dans {settings.data_dir}", markup=False)
    from guichet.app import fond, http  # noqa: F401, PLC0415  loaded once: the processes below are forked from this one

    with EmbeddedServer(settings).running() as server:
        prepare_schema(server.urls()[Role.MAINTENANCE], console)
        if not donnees_demo.is_filled(settings.data_dir):
            console.print("▸ Données de démonstration")
            donnees_demo.fill(console)

        async def announce() -> None:
            await wait_until_ready(settings, console, start)

        return supervise(processes(settings), meanwhile=announce)


def process_age() -> float:
    """Seconds since this process was started: loading, and the preparation by `./run` that it was, included."""
    fields = Path("/proc/self/stat").read_text().rpartition(")")[2].split()
    started = int(fields[19]) / os.sysconf("SC_CLK_TCK")  # field 22 of proc(5), the 20th after the name
    return time.clock_gettime(time.CLOCK_BOOTTIME) - started


def prepare_settings(*, port: int, data_dir: Path | None) -> Settings:
    """The settings of a demonstration, also in the environment: the processes it starts read them there."""
    if data_dir is None and "GUICHET_DATA_DIR" not in os.environ:
        data_dir = get_settings().data_dir / "demo"
    os.environ["GUICHET_MODE"] = "demo"
    os.environ["GUICHET_PORT"] = str(port)
    if data_dir is not None:
        os.environ["GUICHET_DATA_DIR"] = str(data_dir.expanduser().absolute())
    os.environ["GUICHET_DEMO_SMTP_PORT"] = str(_free_port())
    os.environ["GUICHET_DEMO_PAYMENT_PORT"] = str(_free_port())
    os.environ["GUICHET_DEMO_SMS_PORT"] = str(_free_port())
    forget_settings()
    return get_settings()


def check_port(settings: Settings) -> None:
    """Raises DemoError when something already listens there."""
    with socket.socket() as trial:
        trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            trial.bind((settings.host, settings.port))
        except OSError:
            raise DemoError(
                f"Le port {settings.port} est déjà pris. Choisissez-en un autre : --port {settings.port + 1}."
            ) from None


def erase(settings: Settings) -> None:
    """Remove a demonstration. Raises DemoError when it runs, or when the folder holds something else."""
    folder = settings.data_dir
    if not folder.exists():
        return
    ours = (folder / "postgres").exists() or (folder / donnees_demo.ETAT).exists() or not any(folder.iterdir())
    if not ours:
        raise DemoError(f"{folder} ne contient pas une démonstration : rien n'a été effacé.")
    if EmbeddedServer(settings).is_alive():
        raise DemoError(f"Une démonstration tourne dans {folder} : arrêtez-la d'abord.")
    shutil.rmtree(folder)


def prepare_schema(url: str, console: Console) -> None:
    """Bring the schema up to date; the migration tool is loaded only when something is missing."""
    try:
        with psycopg.connect(url) as connection:
            row = connection.execute(REVISION).fetchone()
    except psycopg.errors.UndefinedTable:
        row = None
    if row == (expected_revision(),):
        return
    from guichet.socle import migrations  # noqa: PLC0415  slow to load, rarely needed

    console.print("▸ Schéma de la base")
    migrations.migrate(url)


def processes(settings: Settings) -> list[Processus]:
    """The group: web, worker, relay, and what contexts bring for the demonstration."""
    roles = [("web", ("serve",)), ("travail", ("work",)), ("relais", ("relay",)), ("boite", ("notifications", "boite"))]
    roles.append(("paiement", ("paiements", "bac-a-sable")))
    logs = settings.data_dir / "journaux"
    return [
        Processus(
            name,
            (sys.executable, "-m", "guichet.app", *words),
            {"GUICHET_LOG_FILE": str(logs / f"{name}.json")},
            main=partial(_command, words),
        )
        for name, words in roles
    ]


def _command(words: tuple[str, ...]) -> None:
    forget_settings()
    sys.argv = ["guichet", *words]
    cli.main()


async def wait_until_ready(settings: Settings, console: Console, start: float) -> None:
    """Ask `/health/ready` until it says yes, then print the address and the accounts; say meanwhile what is missing."""
    seen = "le site ne répond pas encore"
    patience = time.monotonic() + ATTENTE_S
    async with httpx.AsyncClient(base_url=f"http://{settings.host}:{settings.port}", timeout=5) as client:
        while True:
            try:
                answer = await client.get("/health/ready")
                if answer.status_code == 200:
                    show_address(settings, console, time.monotonic() - start)
                    return
                seen = answer.text
            except httpx.HTTPError:
                pass
            if time.monotonic() > patience:
                patience += ATTENTE_S
                console.print(f"Toujours pas prêt : {seen}. Journaux : {settings.data_dir / 'journaux'}", markup=False)
            await asyncio.sleep(0.1)


def show_address(settings: Settings, console: Console, seconds: float) -> None:
    """Where to go and who to be."""
    from guichet.identite.module import MODULE as IDENTITE  # noqa: PLC0415  loaded while the others start

    took = f"{seconds:.1f}".replace(".", ",")
    lines = [f"Guichet est prêt : {settings.url}  (en {took} s)", ""]
    pages = {"Courrier envoyé": "/boite", "Composants": "/ui", "API": "/docs"}
    lines += [f"  {name:<26} {settings.url}{path}" for name, path in pages.items()]
    lines.append(f"  {'Paiements d’essai':<26} http://127.0.0.1:{settings.demo_payment_port}")
    lines += ["", "Comptes :"]
    lines += [
        f"  {label!s:<26} {email:<42} {password}" for label, email, password in IDENTITE.extensions["comptes_demo"]()
    ]
    console.print("\n".join(["", *lines, "", "Ctrl-C arrête tout.", ""]), markup=False, soft_wrap=True)


def _free_port() -> int:
    with socket.socket() as trial:
        trial.bind(("127.0.0.1", 0))
        return int(trial.getsockname()[1])
