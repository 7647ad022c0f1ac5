"""Every route says who may call it, and the document says the same."""

from collections.abc import Iterator

import pytest
from fastapi import APIRouter, FastAPI
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute
from starlette.routing import Mount, Route

from guichet.socle.acces import CONNECTE, PUBLIC, Exigence, exige
from guichet.socle.registre import Registre

WITHOUT_REQUIREMENT: dict[str, str] = {}
"""Starlette's own routes (path: reason)."""


def requirements(dependant: Dependant) -> list[Exigence]:
    own = [dependant.call] if isinstance(dependant.call, Exigence) else []
    return own + [e for d in dependant.dependencies for e in requirements(d)]


def complaints(app: FastAPI, registre: Registre) -> list[str]:
    """One sentence per route that does not say who may call it, or asks for a permission nobody contributes."""
    known = {p.code for p in registre.permissions}
    said = []
    for route in walk(app.routes):
        if not isinstance(route, APIRoute):
            if route.path not in WITHOUT_REQUIREMENT:
                said.append(f"{route.path}: not a FastAPI route; name it in WITHOUT_REQUIREMENT with the reason")
            continue
        found = requirements(route.dependant)
        where = f"{','.join(sorted(route.methods))} {route.path}"
        if len(found) != 1:
            said.append(
                f"{where}: {len(found)} requirements; give it exactly one of dependencies=[exige('...')], [CONNECTE], [PUBLIC]"
            )
            continue
        said += [
            f"{where}: permission {code!r} is contributed by no module"
            for code in found[0].permissions
            if code not in known
        ]
    return said


def walk(routes: list[object]) -> Iterator[Route | APIRoute]:
    for route in routes:
        if isinstance(route, (Route, APIRoute)):
            yield route
        elif not isinstance(route, Mount):
            original = getattr(route, "original_router", None)
            if original is not None:
                yield from walk(original.routes)


def test_every_route_declares_one_requirement_that_exists():
    from guichet.app.http import create_app  # noqa: PLC0415  the whole house is assembled here only
    from guichet.socle.registre import get_registre  # noqa: PLC0415  filled by the assembly

    app = create_app()
    paths = [route.path for route in walk(app.routes)]
    assert paths
    assert complaints(app, get_registre()) == []


@pytest.mark.parametrize(
    ("dependencies", "sentence"),
    [
        ([], "0 requirements"),
        ([PUBLIC, CONNECTE], "2 requirements"),
        ([exige("inconnue:lire")], "contributed by no module"),
    ],
)
def test_a_route_without_its_requirement_is_noticed(dependencies, sentence):
    router = APIRouter()

    @router.get("/nue", dependencies=dependencies)
    async def nue() -> None: ...

    app = FastAPI(openapi_url=None, docs_url=None, redoc_url=None)
    app.include_router(router)
    assert any(sentence in complaint for complaint in complaints(app, Registre()))
