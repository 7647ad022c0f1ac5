"""The data of the big measures: one embedded server per folder, one database per size, each built once and kept.

`GUICHET_BENCH_DIR` says where (default: `bench` in the data folder of the product). A network of `centres` centres is made
first; each size is a copy of it with its appointments, so that sizes differ in nothing else.
"""

import asyncio
import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import psycopg
from psycopg import sql

from bench.cadre import chronometer
from guichet.app.modules import assemble
from guichet.socle import migrations
from guichet.socle.database import Database, Role, set_database
from guichet.socle.demo import Monde, Tailles, create_monde
from guichet.socle.embarque import EmbeddedServer, create_database, create_extensions
from guichet.socle.horloge import today
from guichet.socle.settings import Settings, forget_settings, get_settings

CENTRES = 2_000
RDV = 7_000_000
ORDINAIRES = 500  # the appointments of the three ordinary networks, in every size
OCTETS_PAR_RDV = 1_700  # rows, indexes, and the log written on the way
OCTETS_DU_RESEAU = 1_500_000_000
PARIS = ZoneInfo("Europe/Paris")
PEREMPTION = timedelta(days=20)
"""Past this age the future appointments have come too near: the data are built again."""


@dataclass(frozen=True, kw_only=True)
class Jeu:
    """A database ready to be measured: its addresses, its big network, and the day it was built."""

    settings: Settings
    urls: dict[Role, str]
    admin: str
    centres: int
    rdv: int
    jour: date
    monde: Monde

    @property
    def titre(self) -> str:
        """What a measure prints of its data."""
        return f"{self.rdv:,} rendez-vous, {self.centres:,} centres".replace(",", "\u202f")


def folder() -> Path:
    """Where the data are kept, outside the tree."""
    given = os.environ.get("GUICHET_BENCH_DIR")
    return Path(given) if given else Settings().data_dir / "bench"


@contextmanager
def opened(rdv: int = RDV, *, centres: int = CENTRES) -> Iterator[Jeu]:
    """The database of that size, built when it is not there, its server running for the time of the block.

    Raises SystemExit with a sentence when the disk has no room for it.
    """
    with serving() as (settings, server):
        yield prepare(settings, server, rdv=rdv, centres=centres)


@contextmanager
def serving() -> Iterator[tuple[Settings, EmbeddedServer]]:
    """The server of the measures."""
    here = folder()
    here.mkdir(parents=True, exist_ok=True)
    here.chmod(0o711)
    os.environ.update(GUICHET_MODE="demo", GUICHET_DATA_DIR=str(here))
    forget_settings()
    settings = get_settings()
    with EmbeddedServer(settings).running() as server:
        yield settings, server


def prepare(settings: Settings, server: EmbeddedServer, *, rdv: int, centres: int = CENTRES) -> Jeu:
    """The database of one size, built when it is not there or too old."""
    built = _Journal(settings.data_dir / "mesures.json")
    name, base = f"mesures_{centres}_{rdv}", f"mesures_{centres}"
    if (born := built.get(name)) is None:
        _check_room(settings.data_dir, rdv, OCTETS_DU_RESEAU if built.get(base) is None else 0)
        seconds = chronometer(lambda: _build(settings, server, built, (base, name), centres, rdv))
        born = built.get(name)
        print(f"  jeu de {rdv:,} rendez-vous construit en {seconds:.0f} s dans {settings.data_dir} (non compté)")
    assert born is not None
    urls = server.urls(name)
    migrations.migrate(urls[Role.MAINTENANCE])
    monde = _monde(born, centres, rdv)
    return Jeu(
        settings=settings, urls=urls, admin=server.admin_url(name), centres=centres, rdv=rdv, jour=born, monde=monde
    )


def _monde(jour: date, centres: int, rdv: int) -> Monde:
    monde = create_monde(seed=1, today=jour, tailles=Tailles(centres=centres, rdv=max(rdv, ORDINAIRES + 1)))
    return monde.for_tenant(monde.tenants[-1])


def _check_room(where: Path, rdv: int, more: int) -> None:
    free, needed = shutil.disk_usage(where).free, rdv * OCTETS_PAR_RDV + more
    if free < needed:
        raise SystemExit(
            f"{where} n'a que {free // 10**9} Go libres ; il en faut {needed // 10**9 + 1} pour {rdv:,} rendez-vous. "
            "Choisissez un autre dossier (GUICHET_BENCH_DIR) ou une taille plus petite (--rdv=N)."
        )


class _Journal:
    """Which databases are complete, and the day each was built."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def _read(self) -> dict[str, str]:
        return dict(json.loads(self._path.read_text())) if self._path.exists() else {}

    def get(self, name: str) -> date | None:
        """The day it was built; None when it is not there, not complete or too old."""
        text = self._read().get(name)
        born = date.fromisoformat(text) if text else None
        return born if born is not None and today(PARIS) - born < PEREMPTION else None

    def add(self, name: str) -> None:
        """It is complete."""
        self._path.write_text(json.dumps(self._read() | {name: today(PARIS).isoformat()}, indent=1))


def _build(
    settings: Settings, server: EmbeddedServer, built: _Journal, names: tuple[str, str], centres: int, rdv: int
) -> None:
    base, name = names
    if built.get(base) is None:
        _create(server, base)
        migrations.migrate(server.urls(base)[Role.MAINTENANCE])
        asyncio.run(_fill(settings, server.urls(base), centres, RDV, network=True))
        _vacuum(server.admin_url(base))
        built.add(base)
    _create(server, name, template=base)
    migrations.migrate(server.urls(name)[Role.MAINTENANCE])
    asyncio.run(_fill(settings, server.urls(name), centres, rdv, network=False))
    _vacuum(server.admin_url(name))
    built.add(name)


def _create(server: EmbeddedServer, name: str, *, template: str | None = None) -> None:
    with psycopg.connect(server.admin_url(), autocommit=True) as connection:
        connection.execute(sql.SQL("drop database if exists {} with (force)").format(sql.Identifier(name)))
        if template is not None:  # by files: gigabytes need not go through the log
            copy = "create database {} owner guichet_maintenance template {} strategy file_copy"
            connection.execute(sql.SQL(copy).format(sql.Identifier(name), sql.Identifier(template)))
        else:
            create_database(connection, name)
    if template is None:
        with psycopg.connect(server.admin_url(name), autocommit=True) as connection:
            create_extensions(connection)


async def _fill(settings: Settings, urls: dict[Role, str], centres: int, rdv: int, *, network: bool) -> None:
    """The network: everything but the appointments of the big one. Else: those alone."""
    database = Database(urls, settings)
    set_database(database)
    monde = _monde(today(PARIS), centres, rdv)
    registre = assemble()
    try:
        for tenant in monde.tenants if network else monde.tenants[-1:]:
            here = monde.for_tenant(tenant)
            for module in registre.modules:
                if module.demo is None or (tenant.grand and (module.nom == "rdv") == network):
                    continue
                role = Role.MAINTENANCE if tenant.grand else Role.APP
                async with database.transaction(tenant.id, role=role) as session:
                    await module.demo(session, here)
    finally:
        set_database(None)
        await database.close()


def _vacuum(url: str) -> None:
    """What a server at rest has done: fresh statistics, no hint bits left to set, the log written out."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("vacuum (analyze)")
        connection.execute("checkpoint")
