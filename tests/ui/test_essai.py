"""Any component can be tried with other options; what a visitor sends never becomes template."""

import pytest
from bs4 import BeautifulSoup

from guichet.socle.errors import Invalid
from guichet.ui.composants import COMPOSANTS
from guichet.ui.essai import read_reglages, try_component


@pytest.mark.parametrize("nom", COMPOSANTS)
async def test_every_component_can_be_tried(client, nom):
    page = BeautifulSoup((await client.get(f"/ui/essai/{nom}")).text, "html.parser")
    assert page.h1.text == nom
    assert page.select_one("#essai-rendu").find(True)
    assert [c["name"] for c in page.select("aside .field [name]")] == [r.nom for r in read_reglages(nom)]


async def test_options_of_the_address_are_those_of_the_drawing(client):
    answer = await client.get(
        "/ui/essai/bouton", params={"essai": "oui", "texte": "Payer 79 €", "genre": "danger", "occupe": "oui"}
    )
    button = BeautifulSoup(answer.text, "html.parser").select_one("#essai-rendu button")
    assert button.text.strip() == "Payer 79 €"
    assert "danger" in button["class"]
    assert button["aria-busy"] == "true"


async def test_htmx_receives_the_drawing_alone(client):
    answer = await client.get(
        "/ui/essai/badge", params={"essai": "oui", "texte": "Reçu"}, headers={"HX-Request": "true"}
    )
    assert answer.text.startswith("<span")
    assert "Reçu" in answer.text
    assert "<form" not in answer.text


async def test_an_unticked_box_is_off(client):
    ticked = read_reglages("date_picker")
    assert next(r for r in ticked if r.nom == "raccourcis").valeur is True
    page = BeautifulSoup(
        (await client.get("/ui/essai/date_picker", params={"essai": "oui", "libelle": "Quand ?"})).text, "html.parser"
    )
    assert page.select_one("#essai-rendu .cal-raccourcis") is None


@pytest.mark.parametrize(
    "texte", ["{{ 7 * 7 }}", "{% include 'ui/base.html' %}", "<script>alert(1)</script>", '"', "x" * 5000]
)
async def test_words_stay_words(client, texte):
    answer = await client.get("/ui/essai/badge", params={"essai": "oui", "texte": texte})
    assert answer.status_code == 200
    assert BeautifulSoup(answer.text, "html.parser").select_one("#essai-rendu .badge").text == texte[:120]


def test_a_value_the_component_does_not_have_is_refused():
    reglages = read_reglages("badge", {"genre": "licorne"})
    with pytest.raises(Invalid) as refused:
        try_component("badge", reglages)
    assert set(refused.value.champs) == {"genre"}


async def test_a_component_that_does_not_exist_is_not_found(client):
    assert (await client.get("/ui/essai/licorne")).status_code == 404


async def test_a_telephone_can_keep_the_site_among_its_applications(client):
    answer = await client.get("/manifest.webmanifest")
    manifest = answer.json()
    assert answer.headers["content-type"] == "application/manifest+json"
    assert manifest["display"] == "standalone"
    assert {i["purpose"] for i in manifest["icons"]} == {"any", "maskable"}
    for icon in manifest["icons"]:
        assert (await client.get(icon["src"])).headers["content-type"] == "image/svg+xml"
