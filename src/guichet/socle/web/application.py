"""An application behind the edge, from the routers of whoever assembles it."""

from collections.abc import Iterable
from typing import Any

from fastapi import APIRouter, FastAPI
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute, iter_route_contexts
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from guichet.socle.errors import GuichetError
from guichet.socle.registre import Registre
from guichet.socle.settings import Settings
from guichet.socle.web.aiguillage import Aiguillage
from guichet.socle.web.bord import Bord
from guichet.socle.web.erreurs import render_error


def build_app(
    routers: Iterable[tuple[str, APIRouter]], *, settings: Settings, registre: Registre, **options: Any
) -> FastAPI:
    """The application serving these routers, each with the name of its context. `options` are FastAPI's own."""
    app = FastAPI(
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        telemetry={"tracing": False, "metrics": False, "logs": False},
        **options,
    )
    for context, router in routers:
        app.router.routes.extend(flatten(context, router.routes))
    app.router.middleware_stack = Aiguillage(app.router, settings)
    for kind in (GuichetError, HTTPException, RequestValidationError):
        app.add_exception_handler(kind, _answer)
    app.add_middleware(Bord, settings=settings, registre=registre)
    return app


async def _answer(request: Request, error: Exception) -> Response:
    return await render_error(request, error)


def flatten(contexte: str, routes: Iterable[Any]) -> list[Any]:
    """The routes of a context one by one, routers inside routers included; those without a tag take the context's."""
    found: list[Any] = []
    for route in routes:
        inside = list(iter_route_contexts([route]))
        if isinstance(route, APIRoute) or not any(isinstance(c.original_route, APIRoute) for c in inside):
            found.append(route)
        else:
            found += [_copy(c) for c in inside]
    for route in found:
        if isinstance(route, APIRoute) and not route.tags:
            route.tags = [contexte]
    return found


def _copy(effective: Any) -> APIRoute:
    """A route of an included router as it is seen from outside: its whole path, its router's requirements."""
    return APIRoute(
        effective.path,
        effective.endpoint,
        response_model=effective.response_model,
        status_code=effective.status_code,
        tags=effective.tags,
        dependencies=effective.dependencies,
        summary=effective.summary,
        description=effective.description,
        responses=effective.responses,
        deprecated=effective.deprecated,
        name=effective.name,
        methods=effective.methods,
        operation_id=effective.operation_id,
        include_in_schema=effective.include_in_schema,
        response_class=effective.response_class,
        openapi_extra=effective.openapi_extra,
    )
