"""How a person wants screens drawn: kept by a cookie, applied by the server, without a script."""

import pytest
from bs4 import BeautifulSoup
from hypothesis import given
from hypothesis import strategies as st

from guichet.ui.preferences import COOKIE, VALEURS, Affichage, local_path, read_affichage


def test_choices_survive_the_cookie():
    chosen = Affichage(theme="sombre", taille="grand")
    assert read_affichage(chosen.to_cookie()) == chosen
    assert Affichage().to_cookie() == ""


@given(st.fixed_dictionaries({name: st.sampled_from(values) for name, values in VALEURS.items()}))
def test_every_combination_survives_the_cookie(choices):
    chosen = Affichage(**choices)
    assert read_affichage(chosen.to_cookie()) == chosen


@given(st.text(max_size=200))
def test_whatever_a_cookie_holds_screens_are_drawn(cookie):
    read = read_affichage(cookie)
    assert all(getattr(read, name) in values for name, values in VALEURS.items())


def test_no_cookie_follows_the_device():
    assert read_affichage(None) == Affichage()


@pytest.mark.parametrize(
    "ailleurs", ["https://ailleurs.example/", "//ailleurs.example", "/\\ailleurs.example", "", "recherche", "/a\nb"]
)
def test_nobody_is_sent_to_another_site(ailleurs):
    assert local_path(ailleurs) == "/"


def test_a_page_of_this_site_is_kept_with_its_question():
    assert local_path("/recherche?lieu=Lyon") == "/recherche?lieu=Lyon"


async def test_a_choice_is_kept_and_the_next_page_is_drawn_so(client):
    answer = await client.post(
        "/preferences",
        data={"theme": "sombre", "contraste": "fort", "taille": "grand", "langue": "en", "retour": "/ui"},
    )
    assert (answer.status_code, answer.headers["location"]) == (303, "/ui")
    page = BeautifulSoup((await client.get("/ui")).text, "html.parser")
    assert page.html["data-theme"] == "sombre"
    assert page.html["data-contraste"] == "fort"
    assert page.html["data-taille"] == "grand"
    assert page.html["lang"] == "en"
    assert page.find("meta", attrs={"name": "color-scheme"})["content"] == "dark"


async def test_going_back_to_the_device_forgets_the_cookie(client):
    await client.post("/preferences", data={"theme": "clair"})
    assert COOKIE in client.cookies
    await client.post("/preferences", data={"theme": "auto"})
    assert COOKIE not in client.cookies


async def test_folding_the_navigation_leaves_the_theme_alone(client):
    await client.post("/preferences", data={"theme": "clair"})
    await client.post("/preferences", data={"nav": "rail"})
    page = BeautifulSoup((await client.get("/ui/gabarits/staff")).text, "html.parser")
    assert "rail" in page.body["class"]
    assert page.html["data-theme"] == "clair"


async def test_unknown_choices_change_nothing(client):
    answer = await client.post(
        "/preferences", data={"theme": "rose", "langue": "tlh", "retour": "https://ailleurs.example"}
    )
    assert answer.headers["location"] == "/"
    assert "guichet_langue" not in answer.cookies


async def test_the_choices_have_a_page_of_their_own(client):
    page = BeautifulSoup((await client.get("/preferences", params={"retour": "/ui"})).text, "html.parser")
    assert page.h1.text == "Affichage et langue"
    assert page.select_one('input[name="retour"]')["value"] == "/ui"
