"""Is this instance alive, and is it ready to serve? Asked by a supervisor every few seconds: cheap and patient of nothing."""

import asyncio
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import psycopg
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from guichet.socle import horloge
from guichet.socle.database import Database, Role, get_database
from guichet.socle.settings import get_settings

DELAI_S = 2.0
OLDEST = "select created_at from socle.messages where publie_le is null order by id limit 1"
REVISIONS = Path(__file__).parents[1] / "migrations" / "versions"
_LIGNE = re.compile(r'^(revision|down_revision) = "(\w+)"', re.MULTILINE)


@dataclass(frozen=True, kw_only=True)
class Composant:
    """A part of the house: whether it does its work, and a word on it for the operator."""

    nom: str
    va_bien: bool
    detail: str = ""


@lru_cache
def expected_revision() -> str:
    """The newest revision of this code, read from the files: a web process does not load the migration tool."""
    found: list[dict[str, str]] = [
        dict(_LIGNE.findall(path.read_text(encoding="utf-8"))) for path in REVISIONS.glob("*.py")
    ]
    parents = {f.get("down_revision") for f in found}
    return next(f["revision"] for f in found if f["revision"] not in parents)


async def read_health() -> list[Composant]:
    """Every part, asked at once. None takes longer than two seconds."""
    database = get_database()
    checks: list[tuple[str, Callable[[Database], Awaitable[Composant]]]] = [
        ("base", _check_database),
        ("migrations", _check_revision),
        ("relais", _check_relay),
    ]
    return list(await asyncio.gather(*(_ask(name, check, database) for name, check in checks)))


def is_ready(composants: list[Composant]) -> bool:
    """True when every part does its work."""
    return all(c.va_bien for c in composants)


def summarise(composants: list[Composant]) -> dict[str, Any]:
    """The health as JSON."""
    return {
        "statut": "ok" if is_ready(composants) else "degrade",
        "composants": {c.nom: {"statut": "ok" if c.va_bien else "en_panne", "detail": c.detail} for c in composants},
    }


async def _ask(name: str, check: Callable[[Database], Awaitable[Composant]], database: Database) -> Composant:
    try:
        return await asyncio.wait_for(check(database), DELAI_S)
    except (TimeoutError, PoolTimeout, DBAPIError, psycopg.Error, OSError) as error:
        return Composant(nom=name, va_bien=False, detail=type(error).__name__)


async def _check_database(database: Database) -> Composant:
    async with database.transaction(read_only=True) as session:
        await session.execute(text("select 1"))
    return Composant(nom="base", va_bien=True)


async def _check_revision(database: Database) -> Composant:
    async with database.transaction(read_only=True) as session:
        found = await session.scalar(text("select version_num from socle.alembic_version"))
    expected = expected_revision()
    return Composant(nom="migrations", va_bien=found == expected, detail=f"{found}, attendu {expected}")


async def _check_relay(database: Database) -> Composant:
    lag = await relay_lag(database)
    if lag is None:
        return Composant(nom="relais", va_bien=True, detail="non mesuré ici")
    return Composant(nom="relais", va_bien=lag <= get_settings().relay_lag_limit_s, detail=f"retard {lag:.1f} s")


async def relay_lag(database: Database) -> float | None:
    """Seconds since the oldest message that still waits, 0 when none does; None where the relay's role is not known."""
    try:
        database.url(Role.RELAIS)
    except KeyError:
        return None
    async with database.transaction(role=Role.RELAIS, read_only=True) as session:
        oldest = await session.scalar(text(OLDEST))
    return max(0.0, (horloge.now() - oldest).total_seconds()) if oldest else 0.0
