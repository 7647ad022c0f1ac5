"""The edge: origins, dispatch, limits, what is told."""

import json
import logging
from typing import Any

import httpx
import pytest
from fastapi import APIRouter
from fastapi.responses import JSONResponse

from guichet.socle.acces import CONNECTE, PUBLIC, Appelant
from guichet.socle.ids import new_id
from guichet.socle.registre import Module, Registre
from guichet.socle.web import UNLIMITED
from guichet.socle.web.debit import DebitLocal
from tests.socle.bord import NOTRE, browse, build
from tests.socle.bord_routes import prive, router

# -- origins


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Sec-Fetch-Site": "same-origin", "Cookie": "a=1"},
        {"Sec-Fetch-Site": "none"},
        {"Origin": "http://testserver", "Cookie": "a=1"},
        {"Referer": "http://testserver/page?x=1", "Cookie": "a=1"},
        {"Origin": "https://ailleurs.example", "Authorization": "Bearer jeton"},
        {"Origin": "https://ailleurs.example", "X-API-Key": "cle"},
    ],
)
async def test_a_write_from_our_pages_or_with_its_own_proof_passes(headers: dict[str, str]):
    async with browse(build(router)) as client:
        assert (await client.post("/api/v1/ecrire", headers=headers)).status_code == 200


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site", "Origin": "http://testserver"},
        {"Origin": "https://ailleurs.example"},
        {"Origin": "null"},
        {"Referer": "https://ailleurs.example/", "Cookie": "a=1"},
        {"Cookie": "session=1"},
        {"Origin": "http://testserver:8080"},
        {"Sec-Fetch-Site": "cross-site", "Authorization": "Basic eDp5"},
    ],
)
async def test_a_write_asked_for_by_another_site_is_refused(headers: dict[str, str]):
    async with browse(build(router)) as client:
        answer = await client.post("/api/v1/ecrire", headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (403, "ORIGINE_REFUSEE")


async def test_reading_is_open_to_links_from_elsewhere_but_not_to_their_scripts():
    async with browse(build(router)) as client:
        answer = await client.get(
            "/page", headers={"Sec-Fetch-Site": "cross-site", "Origin": "https://ailleurs.example"}
        )
    assert answer.status_code == 200
    assert "access-control-allow-origin" not in answer.headers


async def test_a_tenant_opens_its_api_to_the_sites_it_names():
    asked: list[tuple[str, str]] = []

    async def allow(origin: str, host: str) -> bool:
        asked.append((origin, host))
        return origin == "https://reseau.example"

    registre = Registre([Module(nom="identite", extensions={"cors": allow})])
    friend = {"Origin": "https://reseau.example", "Sec-Fetch-Site": "cross-site"}
    stranger = {"Origin": "https://ailleurs.example", "Sec-Fetch-Site": "cross-site"}
    preflight = {"Access-Control-Request-Method": "POST"}
    async with browse(build(router, registre)) as client:
        answer = await client.options("/api/v1/ecrire", headers={**friend, **preflight})
        assert answer.status_code == 204
        assert answer.headers["access-control-allow-origin"] == "https://reseau.example"
        assert "POST" in answer.headers["access-control-allow-methods"]
        answer = await client.post("/api/v1/ecrire", headers=friend)
        assert (answer.status_code, answer.headers["access-control-expose-headers"][:12]) == (200, "X-Request-ID")
        assert "access-control-allow-credentials" not in answer.headers
        assert (await client.post("/api/v1/ecrire", headers={**friend, "Cookie": "session=1"})).status_code == 403
        answer = await client.options("/api/v1/ecrire", headers={**stranger, **preflight})
        assert (answer.status_code, "access-control-allow-origin" in answer.headers) == (403, False)
        assert (await client.options("/page", headers={**friend, **preflight})).status_code == 403
    assert asked[0] == ("https://reseau.example", "testserver")


# -- dispatch


async def test_addresses_find_their_route_whatever_the_order_of_declaration():
    async with browse(build(router)) as client:
        assert (await client.get("/objets/moi")).json() == "moi"
        assert (await client.get("/objets/toi")).json() == "toi"
        assert (await client.get("/objets/7/notes/a%20b")).json() == {"identifiant": 7, "note": "a b"}
        assert (await client.head("/objets/moi")).status_code == 200


async def test_an_unknown_address_or_method_is_told_apart():
    async with browse(build(router)) as client:
        assert (await client.get("/rien")).json()["code"] == "ADRESSE_INCONNUE"
        refused = await client.delete("/objets/7")
        assert (refused.status_code, refused.headers["allow"]) == (405, "GET, HEAD, POST")
        assert refused.json()["code"] == "METHODE_NON_PERMISE"
        options = await client.options("/objets/moi")
        assert (options.status_code, options.headers["allow"]) == (204, "GET, HEAD, POST")


async def test_a_slash_too_many_is_forgiven():
    async with browse(build(router)) as client:
        answer = await client.get("/objets/moi/?a=1")
        assert (answer.status_code, answer.headers["location"]) == (308, "/objets/moi?a=1")
        assert (await client.get("/rien/")).status_code == 404
        assert (await client.get("http://testserver//objets/moi/")).status_code == 404


async def test_routers_inside_routers_are_served_with_their_requirements():
    inner, outer = APIRouter(prefix="/b"), APIRouter(prefix="/a", dependencies=[CONNECTE])

    @inner.get("/c")
    async def read() -> str:
        return "c"

    outer.include_router(inner, dependencies=[UNLIMITED])
    async with browse(build(outer)) as client:
        assert (await client.get("/a/b/c")).status_code == 401
    async with browse(build(outer), appelant=Appelant(user_id=new_id())) as client:
        assert (await client.get("/a/b/c")).json() == "c"


async def test_web_sockets_and_the_life_of_the_process_go_the_ordinary_way():
    app = build(router)
    sent: list[Any] = []
    incoming = iter([{"type": "lifespan.startup"}, {"type": "lifespan.shutdown"}])

    async def receive() -> Any:
        return next(incoming)

    async def send(message: Any) -> None:
        sent.append(message["type"])

    await app({"type": "lifespan", "state": {}}, receive, send)
    assert sent == ["lifespan.startup.complete", "lifespan.shutdown.complete"]


# -- limits


async def test_a_body_too_large_is_refused_before_it_is_read():
    app = build(router, body_limit_mb=1, upload_limit_mb=3)
    big = b"x" * (1024 * 1024 + 1)
    async with browse(app) as client:
        answer = await client.post("/corps", content=big)
        assert (answer.status_code, answer.json()["code"]) == (413, "CORPS_TROP_GRAND")
        assert (await client.post("/corps", content=big[:-1])).json() == len(big) - 1
        assert (await client.post("/envoi", files={"fichier": big})).json() == len(big)
        assert (await client.post("/envoi", files={"fichier": big * 3})).status_code == 413
        assert (await client.post("/corps", headers={"Content-Length": "beaucoup"})).status_code == 413


async def test_a_body_that_hides_its_size_is_counted():
    async def parts() -> Any:
        for _n in range(5):
            yield b"x" * 300_000

    async with browse(build(router, body_limit_mb=1)) as client:
        assert (await client.post("/corps", content=parts())).status_code == 413
    async with browse(build(router, body_limit_mb=2)) as client:
        assert (await client.post("/corps", content=parts())).json() == 1_500_000


async def test_public_routes_are_limited_by_address_and_say_when_to_come_back():
    clock = [1000.0]
    debit = DebitLocal(horloge=lambda: clock[0])
    app = build(router, rate_public_per_minute=3, trusted_proxies="127.0.0.1")
    async with browse(app, debit=debit) as client:
        for _n in range(3):
            assert (await client.get("/page")).status_code == 200
        clock[0] += 20.5
        refused = await client.get("/api/v1/qui")
        assert (refused.status_code, refused.json()["code"]) == (429, "TROP_DE_REQUETES")
        assert refused.headers["retry-after"] == "40"
        assert "40 secondes" in refused.json()["message"].replace("\u00a0", " ")
        assert (await client.get("/sante")).status_code == 200
        assert (await client.get("/page", headers={"X-Forwarded-For": "9.9.9.9"})).status_code == 200
        clock[0] += 40
        assert (await client.get("/page")).status_code == 200


async def test_signing_in_is_limited_lower():
    app = build(router, rate_public_per_minute=100, rate_login_per_minute=2)
    async with browse(app, headers={**NOTRE, "Accept": "application/json"}) as client:
        statuses = [(await client.post("/connexion")).status_code for _n in range(3)]
        assert statuses == [200, 200, 429]
        assert (await client.get("/page")).status_code == 200


async def test_a_limit_of_zero_is_none():
    app = build(router, rate_public_per_minute=0, rate_login_per_minute=0)
    async with browse(app) as client:
        assert {(await client.post("/connexion")).status_code for _n in range(5)} == {200}


async def test_a_caller_with_a_proof_is_not_limited_by_address_until_its_proofs_are_refused():
    app = build(router, rate_public_per_minute=2)
    proof = {"X-API-Key": "cle"}
    async with browse(app) as client:
        assert {(await client.get("/api/v1/qui", headers=proof)).status_code for _n in range(5)} == {200}
        refused = [(await client.get("/refus-jeton", headers=proof)).status_code for _n in range(3)]
        assert refused == [401, 401, 429]
        assert (await client.get("/refus-jeton", headers={"Authorization": "Basic x"})).status_code == 401


async def test_counters_of_addresses_gone_are_forgotten():
    clock = [0.0]
    debit = DebitLocal(horloge=lambda: clock[0])
    assert await debit.take("a", 1) is None
    assert await debit.take("a", 1) == 60
    assert await debit.peek("a", 1) == 60
    clock[0] = 61
    assert await debit.peek("a", 1) is None
    await debit.take("b", 1)
    assert set(debit._fenetres) == {"b"}


async def test_administration_may_be_reserved_to_some_networks():
    app = build(router, admin_ips="10.0.0.0/8")
    async with browse(app) as client:
        refused = await client.get("/admin/tenants")
        assert (refused.status_code, refused.json()["code"]) == (403, "RESEAU_REFUSE")
    async with browse(app, ip="10.1.2.3") as client:
        assert (await client.get("/admin/tenants")).status_code == 200


# -- what is told


async def test_each_request_leaves_one_line_with_the_route_and_not_the_address(caplog: pytest.LogCaptureFixture):
    tenant, user = new_id(), new_id()
    with caplog.at_level(logging.INFO, "guichet.acces"):
        async with browse(build(prive), appelant=Appelant(user_id=user, tenant_id=tenant)) as client:
            await client.get("/prive?email=jean@exemple.fr")
            await client.get("/jean@exemple.fr")
    known, unknown = (r for r in caplog.records if r.name == "guichet.acces")
    assert (known.getMessage(), unknown.getMessage()) == ("GET /prive 200", "GET inconnu 404")
    told = vars(known)["ecs"]
    assert (told["user.id"], told["tenant"], told["url.path"]) == (user, tenant, "/prive")
    assert "jean" not in json.dumps([str(vars(r)) for r in caplog.records])


async def test_an_answer_may_be_a_json_response_of_the_route(monkeypatch: pytest.MonkeyPatch):
    lone = APIRouter(dependencies=[PUBLIC])

    @lone.get("/json")
    async def answer() -> JSONResponse:
        return JSONResponse({"a": "b" * 2000})

    async with browse(build(lone)) as client:
        found: httpx.Response = await client.get("/json", headers={"Accept-Encoding": "br"})
    assert found.json() == {"a": "b" * 2000}
