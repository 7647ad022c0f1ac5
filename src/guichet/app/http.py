"""The web application: the routes of the contexts it serves, behind the edge."""

from collections import Counter
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any

from fastapi import FastAPI
from fastapi.routing import APIRoute

from guichet import __version__
from guichet.app import essai, exploitation
from guichet.app.modules import assemble
from guichet.app.openapi import build_openapi
from guichet.app.services import contexts_of
from guichet.socle.database import get_database
from guichet.socle.i18n import load_catalogues
from guichet.socle.registre import Registre
from guichet.socle.settings import Mode, Settings, get_settings
from guichet.socle.web.application import build_app

DESCRIPTION = """\
Le guichet d'un réseau de services : chercher une place, réserver, payer, écrire, recevoir la bonne réponse.

Les erreurs suivent la RFC 9457 (`application/problem+json`) : `code` est stable, `message` est en français, `champs` dit
quoi corriger. Les listes se lisent par curseur. Toute écriture accepte `Idempotency-Key`.
"""
# Routes that programs call; the others are pages and stay out of the document.
DOCUMENTEES = ("/api/v1/", "/health", "/metrics", "/.well-known/")


def create_app(settings: Settings | None = None, *, services: Sequence[str] = ()) -> FastAPI:
    """The application of this process, serving the named services (none named: all). Raises UnknownService."""
    settings = settings or get_settings()
    served = contexts_of(services)
    registre = assemble()
    load_catalogues()
    own = [("app", exploitation.build_router())]
    if settings.mode is Mode.ESSAI:
        own.append(("app", essai.build_router()))
    app = build_app(
        [*own, *((m.nom, r) for m in registre.modules if m.nom in served for r in m.routers)],
        settings=settings,
        registre=registre,
        title="Guichet",
        version=__version__,
        summary="Réserver, payer, écrire, répondre.",
        description=DESCRIPTION,
        lifespan=_lifespan,
    )
    if settings.mode is Mode.ESSAI:
        app.add_middleware(essai.HeurePartagee)
    app.state.settings = settings
    app.state.registre = registre
    _name_operations([r for r in app.routes if isinstance(r, APIRoute)])
    document: dict[str, Any] = {}

    def openapi() -> dict[str, Any]:
        if not document:
            document.update(build_openapi(app))
        return document

    app.openapi = openapi  # type: ignore[method-assign]
    return app


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    """Run what contexts contribute as `demarrage`: `async () -> stop | None`, undone in the reverse order."""
    registre: Registre = app.state.registre
    starters: list[Callable[[], Any]] = registre.extensions("demarrage")
    stops = [await start() for start in starters]
    yield
    for stop in reversed(stops):
        if stop is not None:
            await stop()
    await get_database().close()


def _name_operations(routes: list[APIRoute]) -> None:
    """Pages leave the document; operations are named after their function, with where it lives when two share a name."""
    for route in routes:
        if not route.path.startswith(DOCUMENTEES):
            route.include_in_schema = False
    unnamed = [r for r in routes if r.include_in_schema and r.operation_id is None]
    for make in (_by_name, _by_place, _by_path):
        names = Counter(make(r) for r in unnamed)
        for route in unnamed:
            if names[make(route)] == 1:
                route.operation_id = make(route)
        unnamed = [r for r in unnamed if r.operation_id is None]


def _by_name(route: APIRoute) -> str:
    return route.name


def _by_place(route: APIRoute) -> str:
    place = [part for part in route.endpoint.__module__.split(".") if part not in {"guichet", "api", "pages"}]
    return f"{place[-1]}_{route.name}"


def _by_path(route: APIRoute) -> str:
    return route.unique_id
