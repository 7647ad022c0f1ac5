"""The assembled house: health, figures, description of the API, services apart."""

import httpx
import pytest
from fastapi import APIRouter, FastAPI
from fastapi.routing import APIRoute

from guichet.app import http, modules
from guichet.app.http import create_app
from guichet.app.openapi import summary_of
from guichet.app.services import PARTOUT, SERVICES, UnknownService, contexts_of
from guichet.socle.registre import Module, Registre
from guichet.socle.settings import Settings
from guichet.socle.web.application import build_app


async def test_health_is_told_in_three_ways(client: httpx.AsyncClient):
    assert (await client.get("/health/live")).json() == {"statut": "ok"}
    ready = await client.get("/health/ready")
    assert ready.status_code == (200 if ready.json()["statut"] == "ok" else 503)
    assert set((await client.get("/health")).json()["composants"]) == {"base", "migrations", "relais"}


async def test_figures_name_routes_by_their_template(client: httpx.AsyncClient):
    await client.get("/health/live")
    told = (await client.get("/metrics")).text
    assert 'guichet_http_requests_total{method="GET",route="/health/live",status="200"}' in told


async def test_figures_are_for_near_networks_only(app: FastAPI):
    transport = httpx.ASGITransport(app, client=("8.8.8.8", 1))
    async with httpx.AsyncClient(transport=transport, base_url="http://testserver") as far:
        assert (await far.get("/metrics")).status_code == 403


async def test_every_operation_is_described_completely(client: httpx.AsyncClient):
    document = (await client.get("/openapi.json")).json()
    operations = {
        f"{method.upper()} {path}": operation
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    }
    identifiers = [o["operationId"] for o in operations.values()]
    assert len(identifiers) == len(set(identifiers))
    for name, operation in operations.items():
        assert operation.get("summary"), f"{name}: begin its docstring with a French sentence, or give it a summary"
        assert operation.get("tags"), name
        assert operation.get("x-permission"), name
        assert operation["security"], name
        writes = name.split()[0] in {"POST", "PUT", "PATCH", "DELETE"}
        assert writes == any(p["name"] == "Idempotency-Key" for p in operation.get("parameters", [])), name
        for kind, content in operation.get("requestBody", {}).get("content", {}).items():
            assert "example" in content or "json" not in kind, name
        for status, response in operation["responses"].items():
            if status.startswith(("4", "5")):
                assert response.get("x-codes"), (
                    f"{name}: {status} without its codes (responses=problemes({{{status}: [...]}}))"
                )
                assert "application/problem+json" in response["content"] or status == "503", name
    assert "HTTPValidationError" not in document["components"]["schemas"]


@pytest.mark.parametrize(
    ("description", "summary"),
    [
        ("Un centre. Et tout ce qui y est réglé.", "Un centre"),
        ("Ouvre un centre !\nAvec ses horaires.", "Ouvre un centre !"),
        ("Un centre : le sien.", "Un centre : le sien"),
        ("Se connecter : adresse et mot de passe, puis le code de double authentification.", "Se connecter"),
        ("", ""),
    ],
)
def test_the_title_of_an_operation_is_the_first_sentence_of_its_docstring(description: str, summary: str):
    assert summary_of(description) == summary


def test_only_the_api_is_in_the_document(app: FastAPI):
    assert all(p.startswith(http.DOCUMENTEES) for p in app.openapi()["paths"])
    assert app.openapi() is app.openapi()


async def test_the_reference_is_a_page_without_a_script_from_elsewhere(client: httpx.AsyncClient):
    page = await client.get("/docs")
    assert page.status_code == 200
    assert "https://" not in page.text.replace("https://www.rfc-editor.org", "")
    assert "/health/ready" in page.text


def test_operations_are_named_after_their_function_and_where_it_lives():
    routers = {nom: APIRouter(prefix=f"/api/v1/{nom}") for nom in ("reseau", "annuaire")}
    for nom, router in routers.items():
        for path in ("", "/deux"):

            async def lister() -> None: ...

            lister.__module__ = f"guichet.{nom}.api" if path == "" else "guichet.autre.api.listes"
            router.get(path)(lister)

        @router.get("/seul", operation_id=f"choisi_{nom}")
        async def seul() -> None: ...

    @routers["reseau"].get("/unique")
    async def unique() -> None: ...

    @routers["reseau"].get("/page", include_in_schema=False)
    async def page() -> None: ...

    routes = [r for router in routers.values() for r in router.routes if isinstance(r, APIRoute)]
    http._name_operations(routes)
    names = {r.path: r.operation_id for r in routes}
    assert names["/api/v1/reseau/unique"] == "unique"
    assert names["/api/v1/reseau/seul"] == "choisi_reseau"
    assert (names["/api/v1/reseau"], names["/api/v1/annuaire"]) == ("reseau_lister", "annuaire_lister")
    assert names["/api/v1/reseau/deux"] == "lister_api_v1_reseau_deux_get"
    assert names["/api/v1/reseau/page"] is None


async def test_contexts_are_started_and_stopped_in_order(monkeypatch: pytest.MonkeyPatch, settings: Settings):
    told: list[str] = []

    def starter(name: str, *, stops: bool):
        async def stop() -> None:
            told.append(f"-{name}")

        async def start():
            told.append(f"+{name}")
            return stop if stops else None

        return Module(nom=name, extensions={"demarrage": start})

    app = build_app([], settings=settings, registre=Registre())
    app.state.registre = Registre([starter("a", stops=True), starter("b", stops=False), starter("c", stops=True)])

    async def close() -> None:
        told.append("base")

    monkeypatch.setattr(http, "get_database", lambda: type("B", (), {"close": staticmethod(close)}))
    async with http._lifespan(app):
        told.append("sert")
    assert told == ["+a", "+b", "+c", "sert", "-c", "-a", "base"]


def test_each_context_is_served_by_a_service_or_everywhere():
    served = PARTOUT.union(*(s.contextes for s in SERVICES))
    assert {m.nom for m in modules.MODULES} <= served
    assert contexts_of([]) == served


def test_services_are_chosen_by_their_names():
    assert contexts_of(["planning", " RDV "]) == PARTOUT | {"rdv"}
    assert contexts_of(["centres", "notifications"]) == PARTOUT | {"reseau", "annuaire", "notifications"}
    with pytest.raises(UnknownService, match="« cuisine » n'est pas un service"):
        contexts_of(["cuisine"])


def test_a_process_serves_only_its_services(settings: Settings):
    def paths(*services: str) -> set[str]:
        app = create_app(settings, services=services)
        return {getattr(r, "path", "") for r in app.routes}

    assert "/boite" in paths("notifications")
    assert "/boite" not in paths("centres")
    assert "/health/ready" in paths("centres")
