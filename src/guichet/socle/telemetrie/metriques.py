"""Figures in the Prometheus form. Contexts bring their own: counters made here, or gauges read at each scrape.

A context contributes `extensions={"mesures": fonction}` with `async (session) -> Iterable[Mesure]`: a few cheap queries,
over all tenants, without names of persons.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from prometheus_client import REGISTRY, Counter, Gauge, Histogram, generate_latest
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.pool import QueuePool

from guichet.socle.database import Role, get_database
from guichet.socle.registre import get_registre

journal = logging.getLogger("guichet.metriques")

EXTENSION = "mesures"
FORMAT = "text/plain; version=0.0.4; charset=utf-8"
SEAUX = (0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.5, 1, 2.5, 5, 10)

REQUETES = Counter("guichet_http_requests", "Answers sent", ("method", "route", "status"))
DUREES = Histogram("guichet_http_duration_seconds", "Time to answer", ("method", "route"), buckets=SEAUX)
BASSIN = Gauge("guichet_db_pool_connections", "Connections of the application's pool", ("state",))
ERREURS_MESURE = Counter("guichet_scrape_errors", "Contributed figures that could not be read")
CONTRIBUEES: dict[str, Gauge] = {}


@dataclass(frozen=True, kw_only=True)
class Mesure:
    """A figure of the moment: `guichet_<nom>`, with labels of few values."""

    nom: str
    aide: str
    valeur: float
    etiquettes: dict[str, str] = field(default_factory=dict)


Lecteur = Callable[[AsyncSession], Awaitable[Iterable[Mesure]]]


def compteur(nom: str, aide: str, etiquettes: tuple[str, ...] = ()) -> Counter:
    """A counter of this process, `guichet_<nom>_total`; make it once, at import."""
    return Counter(f"guichet_{nom}", aide, etiquettes)


async def expose() -> bytes:
    """Everything, as Prometheus reads it. A figure that cannot be read is left out and counted."""
    _measure_pool()
    for read in get_registre().extensions(EXTENSION):
        try:
            async with asyncio.timeout(2), get_database().transaction(read_only=True) as session:
                for mesure in await read(session):
                    _set(mesure)
        except Exception:  # noqa: BLE001  one context's trouble must not blind the others
            ERREURS_MESURE.inc()
            journal.warning("a contributed figure could not be read", exc_info=True)
    return generate_latest(REGISTRY)


def _set(mesure: Mesure) -> None:
    gauge = CONTRIBUEES.get(mesure.nom)
    if gauge is None:
        gauge = CONTRIBUEES[mesure.nom] = Gauge(f"guichet_{mesure.nom}", mesure.aide, tuple(mesure.etiquettes))
    (gauge.labels(**mesure.etiquettes) if mesure.etiquettes else gauge).set(mesure.valeur)


def _measure_pool() -> None:
    pool: Any = get_database().engine(Role.APP).pool
    if isinstance(pool, QueuePool):
        BASSIN.labels("in_use").set(pool.checkedout())
        BASSIN.labels("idle").set(pool.checkedin())
