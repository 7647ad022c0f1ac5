"""A page knows its caller, its brand, its address and its nonce; htmx receives one block of it, the same HTML."""

import json

import pytest
from bs4 import BeautifulSoup
from jinja2 import DictLoader, UndefinedError

from guichet.socle.acces import Appelant
from guichet.socle.registre import Module, NavEntry, Registre, get_registre, set_registre
from guichet.ui import gabarits
from guichet.ui.facade import Marque, is_htmx, read_tri, redirect, render, render_text, toast_header
from tests.ui.demande import build_request

PAGES = {
    "essai/public.html": '{% extends "ui/public.html" %}{% from "ui/c/badge.html" import badge %}{% set mot = "bonjour" %}'
    '{% block titre %}Essai{% endblock %}{% block contenu %}<div id="liste">{% block liste %}{{ badge(mot) }}'
    '<a {{ hx }} hx-get="/a">{{ nombre }}</a>{% endblock %}</div>{% endblock %}',
    "essai/staff.html": '{% extends "ui/staff.html" %}{% block contenu %}{{ inconnu }}{% endblock %}',
    "essai/vide.html": '{% extends "ui/staff.html" %}{% block contenu %}ici{% endblock %}',
}


@pytest.fixture(autouse=True)
def pages(monkeypatch):
    """Three templates of an imaginary context."""
    environment = gabarits.build_environment()
    monkeypatch.setattr(environment, "loader", _Deux(environment.loader))
    monkeypatch.setattr(gabarits, "get_environment", lambda: environment)
    monkeypatch.setattr("guichet.ui.facade.get_environment", lambda: environment)


class _Deux(DictLoader):
    def __init__(self, house):
        super().__init__(PAGES)
        self._house = house

    def get_source(self, environment, template):
        if template in PAGES:
            return super().get_source(environment, template)
        return self._house.get_source(environment, template)


@pytest.fixture
def registre():
    """Three links, of which one needs a permission."""
    entries = (
        NavEntry(portail="pro", libelle="Planning", url="/pro/planning", icone="calendar", court="Planning", ordre=1),
        NavEntry(portail="pro", libelle="Accueil", url="/pro", icone="list", ordre=2),
        NavEntry(
            portail="pro",
            libelle="Réglages",
            url="/pro/reglages",
            icone="settings",
            permission="reglages:ecrire",
            ordre=3,
        ),
        NavEntry(
            portail="public", libelle="Mes rendez-vous", url="/mes-rdv", icone="calendar", court="Mes rendez-vous"
        ),
    )
    before = set_registre(Registre([Module(nom="essai", navigation=entries)]))
    yield get_registre()
    set_registre(before)


def soup(response):
    return BeautifulSoup(response.body, "html.parser")


def test_a_page_carries_its_language_its_title_and_the_nonce_of_its_script():
    page = soup(render(build_request(), "essai/public.html", nombre=3))
    assert page.html["lang"] == "fr"
    assert page.title.text == "Essai · Guichet"
    assert page.select_one("script[src]")["nonce"] == "n0nce"
    assert page.select_one("#liste a")["hx-nonce"] == "n0nce"
    assert page.select_one("main#contenu")


def test_htmx_receives_one_block_the_same_as_in_the_whole_page():
    whole = soup(render(build_request(), "essai/public.html", bloc="liste", nombre=3))
    part = render(build_request(headers={"HX-Request": "true"}), "essai/public.html", bloc="liste", nombre=3)
    assert soup(part).decode() == whole.select_one("#liste").decode_contents()
    assert "HX-Request" in part.headers["Vary"]


def test_history_restored_by_htmx_receives_the_whole_page():
    request = build_request(headers={"HX-Request": "true", "HX-History-Restore-Request": "true"})
    assert not is_htmx(request)
    assert soup(render(request, "essai/public.html", bloc="liste", nombre=3)).html


def test_an_unknown_block_or_name_is_a_mistake_of_the_template():
    with pytest.raises(KeyError):
        render(build_request(headers={"HX-Request": "true"}), "essai/public.html", bloc="absent", nombre=3)
    with pytest.raises(UndefinedError):
        render(build_request("/pro"), "essai/staff.html")


def test_the_brand_of_a_tenant_is_a_style_with_the_nonce_and_its_name_everywhere():
    marque = Marque(
        nom="Contrôle Auto France",
        brand_h=150,
        brand_c=0.09,
        telephone="04 65 71 00 42",
        telephone_heures="de 8 h à 19 h",
        logo="/logo.svg",
    )
    page = soup(render(build_request(marque=marque), "essai/public.html", nombre=3))
    style = page.select_one("style")
    assert style["nonce"] == "n0nce"
    assert "--brand-h: 150" in style.text
    assert page.select_one(".marque span").text == "Contrôle Auto France"
    assert page.select_one('footer a[href="tel:0465710042"]')
    assert page.select_one(".marque img")["src"] == "/logo.svg"
    colours = {m["content"] for m in page.select('meta[name="theme-color"]')}
    assert len(colours) == 2
    assert all(c.startswith("#") for c in colours)


def test_guichet_itself_needs_no_style_of_its_own():
    assert soup(render(build_request(), "essai/public.html", nombre=3)).select("style") == []


def test_the_appointments_of_the_reader_are_one_link_away_at_every_width(registre):
    link = soup(render(build_request(), "essai/public.html", nombre=3)).select_one('[data-testid="nav-mes-rdv"]')
    assert link["href"] == "/mes-rdv"
    assert "grand-only" not in link.get("class", [])


def test_navigation_shows_what_the_caller_may_open_and_where_they_are(registre):
    page = soup(render(build_request("/pro/planning/semaine"), "essai/vide.html"))
    links = page.select(".side .liens > li > a")
    assert [a["href"] for a in links] == ["/pro/planning", "/pro"]
    assert [a.get("aria-current") for a in links] == ["page", None]
    assert page.select_one("link[rel=stylesheet]")["href"].startswith("/static/staff-")


def test_a_permission_opens_its_link(registre):
    caller = Appelant(nom="Odile Marescot", permissions=frozenset({"reglages:*"}))
    page = soup(render(build_request("/pro", appelant=caller), "essai/vide.html"))
    assert "/pro/reglages" in [a["href"] for a in page.select(".side .liens > li > a")]
    assert "Odile Marescot" in page.select_one(".moi").text


def test_a_link_of_the_navigation_is_also_in_the_palette(registre):
    page = soup(render(build_request("/pro"), "essai/vide.html"))
    assert [a["href"] for a in page.select("#palette [role=option]")] == ["/pro/planning", "/pro"]


def test_after_a_form_a_message_is_shown_once():
    answer = redirect(build_request(method="POST"), "/ui", message="Le centre est enregistré.")
    assert (answer.status_code, answer.headers["location"]) == (303, "/ui")
    cookie = answer.headers["set-cookie"].split(";")[0]
    page = render(build_request(headers={"Cookie": cookie}), "essai/public.html", nombre=3)
    assert "Le centre est enregistré." in soup(page).select_one(".toasts .toast").text
    assert "Max-Age=0" in page.headers["set-cookie"]


@pytest.mark.parametrize("cookie", ["pas du base64 !", "e30=", "WyJyb3NlIiwgInRleHRlIl0=", "WyJvayIsIDNd", "/w=="])
def test_a_forged_message_is_ignored(cookie):
    page = soup(render(build_request(headers={"Cookie": f"guichet_message={cookie}"}), "essai/public.html", nombre=3))
    assert page.select(".toasts > .toast") == []


def test_to_htmx_a_redirection_is_a_header():
    answer = redirect(build_request(method="POST", headers={"HX-Request": "true"}), "/ui")
    assert (answer.status_code, answer.headers["HX-Redirect"]) == (204, "/ui")


def test_nobody_is_redirected_to_another_site():
    assert redirect(build_request(), "//ailleurs.example").headers["location"] == "/"


def test_a_fragment_can_bring_a_toast():
    assert json.loads(toast_header("Envoyé", genre="info")["HX-Trigger"])["guichet:toast"]["texte"] == "Envoyé"


def test_only_a_known_order_is_believed():
    assert read_tri(build_request(query="tri=-nom"), ("nom", "ville"), "ville") == "-nom"
    assert read_tri(build_request(query="tri=mot_de_passe"), ("nom",), "nom") == "nom"


def test_a_template_renders_outside_of_a_request():
    assert "ui/c" not in render_text("ui/c/badge.html")


def test_a_page_may_be_kept_by_nobody_but_its_reader():
    page = render(build_request(), "essai/public.html", status=422, headers={"X-Essai": "oui"}, nombre=3)
    assert page.status_code == 422
    assert page.headers["X-Essai"] == "oui"
    assert page.headers["Cache-Control"] == "private, no-cache"
    assert "Cookie" in page.headers["Vary"]
