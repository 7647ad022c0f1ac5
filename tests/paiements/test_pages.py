"""The payment page, without a browser: what it shows at each state, whose it is, where it sends people."""

import pytest
from bs4 import BeautifulSoup

from guichet.paiements.facade import close_paiement, refund_paiement
from guichet.paiements.pages import SourcesCadre
from guichet.socle.ids import new_id
from guichet.socle.settings import Settings
from tests.paiements.conftest import Monde


async def page(monde: Monde, adresse: str) -> tuple[int, BeautifulSoup]:
    reponse = await monde.client.get(adresse, headers={"Accept": "text/html"})
    return reponse.status_code, BeautifulSoup(reponse.text, "html.parser")


async def test_a_waiting_payment_shows_the_providers_fields_and_the_way_without_script(monde: Monde):
    vue = await monde.open()
    statut, html = await page(monde, vue.url_paiement)
    assert statut == 200
    cadre = html.select_one("iframe")
    assert cadre is not None
    assert str(cadre["data-adresse"]).startswith(f"{monde.bac}/champs/ses_")
    assert html.select_one("[data-testid=pay-button]") is not None
    assert "9 h 10" in html.text.replace("\u202f", " ")  # the deadline on the place's clock
    ailleurs = await monde.client.get(f"{monde.guichet}{html.select_one('[data-testid=payer-ailleurs]')['href']}")
    assert (ailleurs.status_code, ailleurs.headers["location"]) == (
        303,
        f"{monde.bac}/payer/{await monde.page_of(vue)}",
    )


async def test_a_page_opened_twice_is_one_page_at_the_provider(monde: Monde):
    vue = await monde.open()
    for _ in range(2):
        await page(monde, vue.url_paiement)
    assert len(monde.magasin.list_sessions()) == 1


async def test_coming_back_from_the_provider_leads_on_without_waiting_for_a_notification(monde: Monde):
    vue = await monde.open()
    retour = (await monde.type_card(vue)).headers["location"]
    reponse = await monde.client.get(retour)
    assert (reponse.status_code, reponse.headers["location"]) == (303, "/mes-rdv")
    sans_suite = await monde.open(reference="rdv:2", retour_url="")
    retour = (await monde.type_card(sans_suite)).headers["location"]
    statut, html = await page(monde, retour)
    assert (statut, html.select_one("h1").text) == (200, "Paiement reçu")
    recu = html.select_one("a[href*=pieces]")
    assert recu is not None
    pdf = await monde.client.get(f"{monde.guichet}{recu['href']}")
    assert pdf.content.startswith(b"%PDF")


async def test_coming_back_before_the_bank_has_answered_waits(monde: Monde):
    vue = await monde.open()
    await monde.type_card(vue, "4000000000004087")
    lien = vue.url_paiement.rpartition("lien=")[2]
    statut, html = await page(monde, f"{monde.guichet}/paiement/success?paiement={vue.id}&lien={lien}")
    assert statut == 200
    assert html.select_one("meta[http-equiv=refresh]") is not None
    assert "Ne payez pas une seconde fois" in html.text


@pytest.mark.parametrize(
    ("motif", "phrase"), [("annule", "a été annulé"), ("expiration", "Le délai pour payer est passé")]
)
async def test_a_failed_payment_says_that_nothing_was_taken(monde: Monde, motif: str, phrase: str):
    vue = await monde.open(reference="rdv:1")
    async with monde.database.transaction(monde.tenant_id) as session:
        await close_paiement(session, reference="rdv:1", motif=motif)
    statut, html = await page(monde, vue.url_paiement)
    assert (statut, html.select_one("[data-testid=paiement-etat]")["data-statut"]) == (200, "failed")
    assert phrase in html.text
    ailleurs = await monde.client.get(vue.url_paiement.replace(f"{vue.id}?", f"{vue.id}/prestataire?"))
    assert ailleurs.status_code == 200


async def test_a_refunded_payment_says_so(monde: Monde):
    vue = await monde.open(reference="rdv:1")
    await monde.type_card(vue)
    await monde.tell()
    async with monde.database.transaction(monde.tenant_id) as session:
        await refund_paiement(session, reference="rdv:1", montant_cents=7_900, motif="m", cle="cle-0001")
    await monde.work()
    _statut, html = await page(monde, vue.url_paiement)
    assert html.select_one("h1").text == "Paiement remboursé"


async def test_a_provider_that_is_away_is_said_and_nothing_is_lost(
    monde: Monde, settings: Settings, monkeypatch: pytest.MonkeyPatch
):
    vue = await monde.open()
    with monkeypatch.context() as panne:
        panne.setattr(settings, "payment_sandbox_url", "http://127.0.0.1:9")
        statut, html = await page(monde, vue.url_paiement)
        assert statut == 503
        assert "ne répond pas" in html.text
    assert (await page(monde, vue.url_paiement))[0] == 200


async def test_a_page_belongs_to_whoever_holds_its_link(monde: Monde):
    vue, autre = await monde.open(reference="rdv:1"), await monde.open(reference="rdv:2")
    lien = autre.url_paiement.rpartition("lien=")[2]
    for adresse, statut in (
        (f"/paiement/{vue.id}", 403),
        (f"/paiement/{vue.id}?lien=gl_faux", 403),
        (f"/paiement/{vue.id}?lien={lien}", 404),
        (f"/paiement/{new_id()}?lien={lien}", 404),
        (f"/paiement/success?paiement={vue.id}&lien={lien}", 404),
    ):
        assert (await page(monde, monde.guichet + adresse))[0] == statut, adresse


def test_pages_may_frame_the_provider_and_nobody_where_there_is_none(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
):
    assert dict(SourcesCadre()) == {}
    monkeypatch.setattr(settings, "payment_sandbox_url", "http://127.0.0.1:9/")
    assert dict(SourcesCadre()) == {"frame-src": ("http://127.0.0.1:9",)}
    assert len(SourcesCadre()) == 1
