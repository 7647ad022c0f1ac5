"""The edge: correlation, proxies, languages, headers, compression."""

import asyncio
import gzip
import re
from typing import Any

import brotli  # type: ignore[import-untyped]
import pytest

from guichet.socle.acces import Appelant
from guichet.socle.ids import new_id
from guichet.socle.registre import Module, Registre
from guichet.socle.settings import Mode
from guichet.socle.web.langue import choose_locale, split_path
from guichet.socle.web.mandataires import Provenance, is_within, parse_reseaux, resolve
from tests.socle.bord import browse, build
from tests.socle.bord_routes import prive, router

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
    nonces = [re.search(r"<p>([\w-]+)</p>", a.text)[1] for a in answers]
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
