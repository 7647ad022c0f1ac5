"""Filling the database with the demonstration: each context its own tables, network by network, from the ground up."""

import asyncio
import json
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from zoneinfo import ZoneInfo

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn
from rich.table import Table

from guichet.app.modules import assemble
from guichet.socle.database import Role, get_database
from guichet.socle.demo import Monde, Progression, Tailles, create_monde
from guichet.socle.horloge import today
from guichet.socle.registre import Module
from guichet.socle.settings import get_settings

ZONE = ZoneInfo("Europe/Paris")
GRAINE = 1
ETAT = "demonstration.json"


def is_filled(data_dir: Path) -> bool:
    """True when the demonstration of this folder was made to the end, with the contexts there are today."""
    path = data_dir / ETAT
    return path.exists() and json.loads(path.read_text()).get("complete") == _fingerprint()


def _fingerprint() -> str:
    """Changes when a context's manifest does: cheaper than asking the contexts."""
    manifests = sorted(Path(__file__).parents[1].glob("*/module.py"))
    return sha256(b"".join(m.read_bytes() for m in manifests)).hexdigest()[:16]


def fill(console: Console, *, tailles: Tailles | None = None, graine: int = GRAINE) -> dict[str, int]:
    """Make what is not there yet and print how many of each kind there are. Returns the counts."""
    with _progress(console) as progression:
        monde = create_monde(seed=graine, today=today(ZONE), tailles=tailles, progression=progression)
        counts = asyncio.run(_fill_all(monde))
    table = Table(show_header=False, box=None, padding=(0, 2))
    for kind, number in counts.items():
        table.add_row(kind, f"{number:,}".replace(",", "\u202f"))
    console.print(table)
    return counts


async def _fill_all(monde: Monde) -> dict[str, int]:
    registre = assemble()
    state = _State(get_settings().data_dir / ETAT)
    try:
        for tenant in monde.tenants:
            here = monde.for_tenant(tenant)
            for module in registre.modules:
                if module.demo is not None and not state.is_done(tenant.slug, module.nom):
                    state.add(tenant.slug, module.nom, await _fill_one(module, here))
        state.finish()
    finally:
        await get_database().close()
    return state.totals()


async def _fill_one(module: Module, monde: Monde) -> dict[str, int]:
    assert module.demo is not None
    # COPY into a table that forces row-level security needs the role that bypasses it.
    role = Role.MAINTENANCE if monde.tenant.grand else Role.APP
    async with get_database().transaction(monde.tenant.id, role=role) as session:
        return await module.demo(session, monde)


class _State:
    """What has been made, kept beside the data so that an interrupted start goes on where it stopped."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._data: dict[str, dict[str, dict[str, int]]] = {}
        if path.exists():
            self._data = json.loads(path.read_text())["faits"]

    def is_done(self, tenant: str, context: str) -> bool:
        return context in self._data.get(tenant, {})

    def add(self, tenant: str, context: str, counts: dict[str, int]) -> None:
        self._data.setdefault(tenant, {})[context] = counts
        self._write(complete="")

    def finish(self) -> None:
        self._write(complete=_fingerprint())

    def totals(self) -> dict[str, int]:
        total: Counter[str] = Counter()
        for contexts in self._data.values():
            for counts in contexts.values():
                total.update(counts)
        return dict(total)

    def _write(self, *, complete: str) -> None:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        draft = self._path.with_suffix(".tmp")
        draft.write_text(json.dumps({"complete": complete, "faits": self._data}, ensure_ascii=False, indent=1))
        draft.replace(self._path)


@contextmanager
def _progress(console: Console) -> Iterator[Progression]:
    columns = (
        SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn()
    )  # fmt: skip
    with Progress(*columns, console=console, transient=True) as bars:
        tasks: dict[str, TaskID] = {}

        def tell(label: str, total: int, done: int) -> None:
            if label not in tasks:
                tasks[label] = bars.add_task(label, total=total)
            bars.update(tasks[label], total=total, advance=done)

        yield tell
