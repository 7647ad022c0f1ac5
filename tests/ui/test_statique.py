"""Built files: hashed, kept for a year, compressed beforehand; their weight is counted."""

import gzip
import json

import brotli  # type: ignore[import-untyped]
import pytest

from guichet.ui import statique
from guichet.ui.statique import DOSSIER, FrontNotBuilt, asset_url, dessin, forget_build, get_fichiers, icon_names

BUDGET = 45 * 1024


@pytest.mark.parametrize(("accepts", "coding"), [("br, gzip", "br"), ("gzip;q=0.8", "gzip"), ("identity", None)])
async def test_a_file_leaves_in_the_lightest_form_the_client_takes(client, accepts, coding):
    answer = await client.get(asset_url("public.css"), headers={"Accept-Encoding": accepts})
    assert answer.status_code == 200
    assert answer.headers.get("Content-Encoding") == coding
    assert "immutable" in answer.headers["Cache-Control"]
    assert answer.headers["Content-Type"].startswith("text/css")
    assert answer.text == (DOSSIER / asset_url("public.css").rpartition("/")[2]).read_text()


@pytest.mark.parametrize("name", ["nulle.css", "manifest.json", "icones.json", "..%2Fstatique.py", "%2e%2e"])
async def test_nothing_else_of_the_disk_can_be_asked_for(client, name):
    assert (await client.get(f"/static/{name}")).status_code == 404


async def test_compressed_copies_say_the_same(client):
    for name, file in get_fichiers().items():
        plain = file.chemin.read_bytes()
        if "br" in file.codages:
            assert brotli.decompress(file.codages["br"].read_bytes()) == plain, name
        if "gzip" in file.codages:
            assert gzip.decompress(file.codages["gzip"].read_bytes()) == plain, name


async def test_clients_that_ask_for_an_icon_by_habit_get_one(client):
    assert (await client.get("/favicon.ico")).headers["Content-Type"].startswith("image/svg+xml")


def weight(name: str) -> int:
    return len(gzip.compress((DOSSIER / name).read_bytes(), 9))


def test_the_first_load_of_a_public_page_is_light():
    total = sum(weight(asset_url(name).rpartition("/")[2]) for name in ("app.js", "public.css"))
    assert total < BUDGET, f"{total} bytes of script and style, gzipped, on the first load of a public page"


def test_licences_travel_with_what_they_cover():
    notices = (DOSSIER / "LICENCES.txt").read_text()
    for name in ("htmx", "Lucide", "Figtree"):
        assert name in notices


def test_an_unknown_icon_says_what_to_do():
    with pytest.raises(ValueError, match=r"icones\.json"):
        dessin("licorne")


def test_the_icons_of_the_product_are_drawn():
    assert "<path" in dessin("check")
    assert icon_names() == sorted(json.loads((DOSSIER.parent / "icones.json").read_text()))


def test_an_unfinished_installation_says_what_to_run(tmp_path, monkeypatch):
    monkeypatch.setattr(statique, "DOSSIER", tmp_path)
    forget_build()
    try:
        with pytest.raises(FrontNotBuilt, match=r"\./run setup"):
            asset_url("app.js")
    finally:
        monkeypatch.undo()
        forget_build()


@pytest.mark.parametrize("address", ["/favicon.ico", "/health/live", "app.js"])
async def test_files_and_health_answer_when_nobody_can_be_recognised(client, monkeypatch, address):
    async def away(request):
        raise ConnectionError

    monkeypatch.setattr("guichet.socle.acces._authenticator", away)
    answer = await client.get(asset_url(address) if address == "app.js" else address)
    assert answer.status_code == 200
