"""The edge: correlation, languages, headers, origins, limits, compression, dispatch."""

import asyncio
import gzip
import json
import logging
import re
from typing import Any

import brotli  # type: ignore[import-untyped]
import httpx
import pytest
from fastapi import APIRouter, File, Request, UploadFile
from fastapi.responses import HTMLResponse, JSONResponse, Response, StreamingResponse

from guichet.socle.acces import CONNECTE, PUBLIC, Appelant
from guichet.socle.errors import Unauthenticated
from guichet.socle.i18n import current_locale
from guichet.socle.ids import new_id
from guichet.socle.origine import current_correlation_id, current_origin
from guichet.socle.registre import Module, Registre
from guichet.socle.settings import Mode
from guichet.socle.web import LOGIN_RATE, UNLIMITED, UPLOAD
from guichet.socle.web.debit import DebitLocal
from guichet.socle.web.langue import choose_locale, split_path
from guichet.socle.web.mandataires import Provenance, is_within, parse_reseaux, resolve
from tests.socle.bord import NOTRE, browse, build

router = APIRouter(dependencies=[PUBLIC])


@router.get("/api/v1/qui")
async def qui(request: Request) -> dict[str, Any]:
    origine = current_origin()
    return {
        "correlation": current_correlation_id(),
        "ip": request.client.host if request.client else None,
        "agent": origine.user_agent,
        "locale": current_locale(),
        "hote": request.headers["host"],
        "schema": request.url.scheme,
        "chemin": request.url.path,
    }


@router.post("/api/v1/ecrire")
async def ecrire() -> dict[str, bool]:
    return {"fait": True}


@router.get("/page")
async def page(request: Request) -> HTMLResponse:
    return HTMLResponse(f"<p>{request.state.nonce}</p>" + "é" * 2000)


@router.get("/pdf")
async def pdf() -> Response:
    return Response(b"%PDF" * 1000, media_type="application/pdf", headers={"Cache-Control": "max-age=60"})


@router.get("/direct")
async def direct() -> Response:
    async def events() -> Any:
        yield b"data: 1\n\n"

    return StreamingResponse(events(), media_type="text/event-stream")


@router.get("/objets/{identifiant:int}/notes/{note}")
async def note(identifiant: int, note: str) -> dict[str, Any]:
    return {"identifiant": identifiant, "note": note}


@router.get("/objets/moi")
async def moi() -> str:
    return "moi"


@router.get("/objets/{identifiant}")
async def objet(identifiant: str) -> str:
    return identifiant


@router.post("/objets/{identifiant}")
async def change(identifiant: str) -> str:
    return identifiant


@router.post("/corps")
async def corps(request: Request) -> int:
    return len(await request.body())


@router.post("/envoi", dependencies=[UPLOAD])
async def envoi(fichier: UploadFile = File()) -> int:
    return len(await fichier.read())


@router.post("/connexion", dependencies=[LOGIN_RATE])
async def connexion() -> str:
    return "ok"


@router.get("/sante", dependencies=[UNLIMITED])
async def sante() -> str:
    return "ok"


@router.get("/refus-jeton")
async def refus_jeton() -> None:
    raise Unauthenticated("Non.", code="JETON_INVALIDE")


@router.get("/admin/tenants")
async def admin() -> str:
    return "ok"


prive = APIRouter(dependencies=[CONNECTE])


@prive.get("/prive")
async def lire_prive() -> HTMLResponse:
    return HTMLResponse("secret")


# -- correlation


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({"X-Request-ID": "commande-2026.11:20_a"}, "commande-2026.11:20_a"),
        (
            {"traceparent": "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"},
            "4bf92f3577b34da6a3ce929d0e0e4736",
        ),
    ],
)
async def test_the_caller_may_name_its_request(headers: dict[str, str], expected: str):
    async with browse(build(router)) as client:
        answer = await client.get("/api/v1/qui", headers=headers)
    assert answer.json()["correlation"] == answer.headers["X-Request-ID"] == expected


@pytest.mark.parametrize("named", ["court", "a" * 65, "deux mots ici", "<script>alert(1)"])
async def test_a_strange_name_is_replaced(named: str):
    async with browse(build(router)) as client:
        answer = await client.get("/api/v1/qui", headers={"X-Request-ID": named})
    assert re.fullmatch(r"[0-9a-f-]{36}", answer.headers["X-Request-ID"])


# -- proxies


async def test_a_trusted_proxy_says_who_calls_and_under_which_name():
    headers = {
        "X-Forwarded-For": "6.6.6.6, 9.9.9.9, 10.0.0.2",
        "X-Forwarded-Proto": "https",
        "X-Forwarded-Host": "Ct.example",
    }
    app = build(router, trusted_proxies="127.0.0.1, 10.0.0.0/8")
    async with browse(app) as client:
        seen = (await client.get("/api/v1/qui", headers=headers)).json()
        assert (seen["ip"], seen["schema"], seen["hote"]) == ("9.9.9.9", "https", "ct.example")
    async with browse(app, ip="8.8.8.8") as client:
        seen = (await client.get("/api/v1/qui", headers=headers)).json()
        assert (seen["ip"], seen["schema"], seen["hote"]) == ("8.8.8.8", "http", "testserver")


def test_proxies_all_trusted_leave_the_first_hop():
    trusted = parse_reseaux("10.0.0.0/8")
    seen = resolve(
        ip="10.0.0.1",
        schema="http",
        transmis_pour="10.0.0.9",
        transmis_schema="ftp",
        transmis_hote="",
        confiance=trusted,
    )
    assert seen == Provenance(ip="10.0.0.9", schema="http")
    assert not is_within("pas une adresse", trusted)


# -- languages


async def test_the_language_comes_from_the_address_then_the_cookie_then_the_browser():
    async with browse(build(router)) as client:
        english = await client.get("/en/api/v1/qui", headers={"Accept-Language": "fr"})
        assert (english.json()["locale"], english.json()["chemin"]) == ("en", "/api/v1/qui")
        assert english.headers["set-cookie"].startswith("guichet_langue=en")
        assert (await client.get("/api/v1/qui")).json()["locale"] == "en"
        client.cookies.clear()
        answer = await client.get("/api/v1/qui", headers={"Accept-Language": "de, en;q=0.8, fr;q=0.3"})
        assert answer.json()["locale"] == "en"
        assert (await client.get("/api/v1/qui")).json()["locale"] == "fr"


@pytest.mark.parametrize(
    ("cookie", "accept", "expected"),
    [
        ("guichet_langue=xx", "en", "en"),
        ("a=1; guichet_langue=fr", "en", "fr"),
        ("guichet_langue=fr; \x00=", "en", "fr"),
        ("guichet_langue", "en", "en"),
        ("autre_guichet_langue=fr", "en", "en"),
        ("", "en;q=fort", "fr"),
        ("", "en;v=1", "en"),
        ("", "es", "fr"),
    ],
)
def test_strange_preferences_choose_a_language_all_the_same(cookie: str, accept: str, expected: str):
    assert choose_locale(chemin=None, cookie=cookie, accept=accept) == expected


def test_an_address_that_only_begins_like_a_language_keeps_its_path():
    assert split_path("/en") == ("en", "/")
    assert split_path("/entretien") == (None, "/entretien")


# -- headers


async def test_a_page_carries_a_strict_policy_with_a_nonce_of_its_own():
    async with browse(build(router, mode=Mode.DEMO)) as client:
        answers = [await client.get("/page") for _n in range(2)]
    policies = [a.headers["content-security-policy"] for a in answers]
    nonces = [re.search(r"<p>([\w-]+)</p>", a.text)[1] for a in answers]  # type: ignore[index]
    assert nonces[0] != nonces[1]
    for policy, nonce in zip(policies, nonces, strict=True):
        assert f"script-src 'self' 'nonce-{nonce}'" in policy
        assert "unsafe" not in policy
        assert "require-trusted-types-for 'script'; trusted-types htmx default" in policy
        assert "frame-ancestors 'none'" in policy
    headers = answers[0].headers
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "same-origin"
    assert headers["cache-control"] == "private, no-cache"
    assert "strict-transport-security" not in headers


async def test_production_asks_for_https_for_a_year():
    async with browse(build(router, mode=Mode.PRODUCTION)) as client:
        assert "max-age=31536000" in (await client.get("/page")).headers["strict-transport-security"]


async def test_other_answers_load_nothing_and_keep_what_the_route_said():
    async with browse(build(router)) as client:
        data, document = await client.get("/api/v1/qui"), await client.get("/pdf")
    assert data.headers["content-security-policy"] == "default-src 'none'; frame-ancestors 'none'"
    assert data.headers["cache-control"] == "no-store"
    assert document.headers["content-security-policy"] == "frame-ancestors 'none'"
    assert document.headers["cache-control"] == "max-age=60"


async def test_a_page_of_someone_signed_in_is_never_stored():
    async with browse(build(prive), appelant=Appelant(user_id=new_id())) as client:
        assert (await client.get("/prive")).headers["cache-control"] == "no-store"


async def test_contexts_may_open_the_policy_to_a_source_they_name():
    registre = Registre([Module(nom="p", extensions={"csp": {"frame-src": ["https://paiement.example"]}})])
    async with browse(build(router, registre)) as client:
        assert (
            "frame-src 'self' https://paiement.example"
            in (await client.get("/page")).headers["content-security-policy"]
        )


# -- compression


async def test_texts_are_compressed_as_the_client_likes_it():
    async with browse(build(router)) as client:
        async with client.stream("GET", "/page", headers={"Accept-Encoding": "gzip, br"}) as answer:
            raw = b"".join([part async for part in answer.aiter_raw()])
        assert answer.headers["content-encoding"] == "br"
        assert int(answer.headers["content-length"]) == len(raw)
        assert brotli.decompress(raw).decode().endswith("é")
        async with client.stream("GET", "/page", headers={"Accept-Encoding": "gzip, br;q=0"}) as answer:
            raw = b"".join([part async for part in answer.aiter_raw()])
        assert gzip.decompress(raw).decode().endswith("é")
        plain = await client.get("/page", headers={"Accept-Encoding": "identity"})
        assert "content-encoding" not in plain.headers
        assert "Accept-Encoding" in plain.headers["vary"]
        document = await client.get("/pdf")
        assert "content-encoding" not in document.headers


async def test_a_live_stream_opens_before_its_first_event():
    app = build(router)
    messages: list[Any] = []
    scope: dict[str, Any] = {
        "type": "http",
        "method": "GET",
        "path": "/direct",
        "headers": [],
        "query_string": b"",
        "client": None,
    }

    async def receive() -> Any:
        await asyncio.Event().wait()

    async def send(message: Any) -> None:
        messages.append(message)

    await app(
        {**scope, "scheme": "http", "raw_path": b"/direct", "root_path": "", "http_version": "1.1"}, receive, send
    )
    assert [m["type"] for m in messages[:2]] == ["http.response.start", "http.response.body"]
    assert messages[1]["body"] == b"data: 1\n\n"
    assert messages[-1]["more_body"] is False


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
