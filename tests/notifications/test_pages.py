"""The mailbox page: list, message, sandboxed body, files; nothing of it in production."""

import json
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from bs4 import BeautifulSoup, Tag
from fastapi import FastAPI

from guichet.notifications.pages import get_dossier, router
from guichet.socle.errors import NotFound
from guichet.socle.settings import Mode, Settings
from tests.notifications.test_boite import un_mail


@pytest.fixture
async def client(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[httpx.AsyncClient]:
    monkeypatch.setattr(settings, "data_dir", tmp_path)
    (tmp_path / "boite").mkdir()
    app = FastAPI()
    app.include_router(router)
    transport = httpx.ASGITransport(app, raise_app_exceptions=True)
    async with httpx.AsyncClient(transport=transport, base_url="http://essai") as ouvert:
        yield ouvert


@pytest.fixture
def message(tmp_path: Path, client: httpx.AsyncClient) -> str:
    identifiant = "0123456789abcdef0123456789abcdef"
    (tmp_path / "boite" / f"{identifiant}.eml").write_bytes(
        b"Return-Path: <bonjour@caf.example>\r\nReceived: by boite; Fri, 20 Nov 2026 09:42:00 +0000\r\n"
        + un_mail().as_bytes()
    )
    return identifiant


async def page(client: httpx.AsyncClient, adresse: str, **options) -> BeautifulSoup:
    reponse = await client.get(adresse, **options)
    assert reponse.status_code == 200
    return BeautifulSoup(reponse.text, "html.parser")


def trouver(soupe: BeautifulSoup, selecteur: str) -> Tag:
    trouve = soupe.select_one(selecteur)
    assert trouve is not None
    return trouve


async def test_an_empty_mailbox_says_what_to_do(client: httpx.AsyncClient):
    soupe = await page(client, "/boite")
    assert "Aucun message pour l’instant" in soupe.text
    assert trouver(soupe, '.empty a[href="/"]')


async def test_messages_are_listed_and_searched(client: httpx.AsyncClient, message: str):
    soupe = await page(client, "/boite")
    (ligne,) = soupe.select('[data-testid="boite-message"]')
    assert "Votre rendez-vous est confirmé" in ligne.text
    assert ligne.select("a")[0]["href"] == f"/boite/{message}"
    assert "Aucun message ne correspond" in (await page(client, "/boite", params={"q": "introuvable"})).text


async def test_the_live_refresh_is_the_same_list_as_the_page(client: httpx.AsyncClient, message: str):
    entiere = trouver(await page(client, "/boite"), "#boite")
    fragment = await page(client, "/boite", headers={"HX-Request": "true"})
    assert entiere.decode_contents().split() == str(fragment).split()
    assert entiere["hx-get"] == "/boite"


async def test_a_message_shows_its_body_in_a_sandbox_its_text_its_headers_and_its_files(
    client: httpx.AsyncClient, message: str
):
    soupe = await page(client, f"/boite/{message}")
    cadre = trouver(soupe, "iframe")
    assert cadre["src"] == f"/boite/{message}/corps"
    assert "allow-scripts" not in cadre["sandbox"]
    assert "allow-same-origin" not in cadre["sandbox"]
    assert "Bonjour Camille." in trouver(soupe, "pre").text
    assert "Return-Path" in trouver(soupe, "table").text
    assert [a.text for a in soupe.select('[data-testid="boite-piece"]')] == ["billet.pdf"]


async def test_the_body_of_a_mail_can_run_and_fetch_nothing(client: httpx.AsyncClient, message: str):
    reponse = await client.get(f"/boite/{message}/corps")
    politique = reponse.headers["Content-Security-Policy"]
    assert "default-src 'none'" in politique
    assert "sandbox" in politique
    assert "script-src" not in politique
    assert "data:image/png;base64," in reponse.text


async def test_files_and_source_are_downloads_never_pages(client: httpx.AsyncClient, message: str):
    for adresse, type_mime in (
        (f"/boite/{message}/pieces/0", "application/pdf"),
        (f"/boite/{message}/source", "message/rfc822"),
    ):
        reponse = await client.get(adresse)
        assert reponse.headers["Content-Type"].startswith(type_mime)
        assert reponse.headers["Content-Disposition"].startswith("attachment")
        assert reponse.headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize("suite", ["", "/corps", "/source", "/pieces/0"])
async def test_an_unknown_message_is_not_found(client: httpx.AsyncClient, suite: str):
    with pytest.raises(NotFound) as error:
        await client.get(f"/boite/{'0' * 32}{suite}")
    assert error.value.code == "MESSAGE_INCONNU"


async def test_the_mailbox_can_be_emptied(client: httpx.AsyncClient, message: str, tmp_path: Path):
    reponse = await client.post("/boite/vider")
    assert (reponse.status_code, reponse.headers["Location"]) == (303, "/boite")
    assert list((tmp_path / "boite").glob("*.eml")) == []


def test_there_is_no_mailbox_in_production(settings: Settings, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(settings, "mode", Mode.PRODUCTION)
    with pytest.raises(NotFound):
        get_dossier()


async def test_text_messages_are_shown_as_a_phone_shows_them(client: httpx.AsyncClient, tmp_path: Path):
    assert "Aucun SMS pour l’instant" in (await page(client, "/boite/sms")).text
    dossier = tmp_path / "boite" / "sms"
    dossier.mkdir()
    for rang, etat in enumerate(("DELIVERED", "UNDELIVERABLE", "ENROUTE")):
        message = {
            "messageId": f"m{rang}",
            "acceptedAt": "2026-11-20T12:00:00+00:00",
            "from": "Controle",
            "recipient": {"to": f"3363998123{rang}"},
            "body": {"text": f"Bonjour <{rang}>", "encoding": "GSM7", "messagePartCount": 1 + rang},
            "status": {"value": etat},
        }
        (dossier / f"m{rang}.json").write_text(json.dumps(message))
    soupe = await page(client, "/boite/sms")
    assert [li.select_one(".boite-bulle").text for li in soupe.select('[data-testid="boite-sms"]')] == [
        "Bonjour <2>",
        "Bonjour <1>",
        "Bonjour <0>",
    ]
    assert "Téléphone non joint" in soupe.text
    assert trouver(soupe, '.tabs a[aria-current="page"]').text == "SMS"
    soupe = await page(client, "/boite/sms?q=%2B33639981231")
    assert len(soupe.select('[data-testid="boite-sms"]')) == 1
    assert "Aucun message ne correspond" in (await page(client, "/boite/sms?q=zzz")).text
    await client.post("/boite/vider")
    assert list(dossier.glob("*.json")) == []
