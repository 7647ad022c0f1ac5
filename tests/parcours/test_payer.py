"""Paying in a real browser: the card fields framed in our page, the bank's question, refusals, without script, axe."""

import os
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI
from playwright.async_api import FrameLocator, Page, expect

from guichet.app.http import create_app
from guichet.paiements.bac_a_sable.livraison import Livreur
from guichet.paiements.bac_a_sable.magasin import Magasin
from guichet.paiements.bac_a_sable.serveur import build_app
from guichet.paiements.facade import close_paiement
from guichet.socle.database import Database
from guichet.socle.horloge import frozen
from guichet.socle.registre import set_registre
from guichet.socle.settings import Settings
from tests.identite.fabrique import make_tenant
from tests.paiements.conftest import Monde
from tests.paiements.fabrique import MAINTENANT, sell_online
from tests.paiements.reseau import serving
from tests.parcours.axe import alternate, overflow, violations
from tests.parcours.conftest import BUREAU, TELEPHONE, Ouvrir

# axe posts to every frame under the page's own origin; the browser says so when the frame is somebody else's.
AXE = ("Failed to execute 'postMessage' on 'DOMWindow'",)
OUI, NON, DEFI = "4242 4242 4242 4242", "4000 0000 0000 9995", "4000 0025 0000 3155"


@pytest.fixture(autouse=True)
def horloge() -> Iterator[None]:
    """A Friday morning of November."""
    with frozen(MAINTENANT):
        yield


@pytest.fixture
async def monde(
    app: FastAPI, database: Database, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Monde]:
    """The house with its provider: assembled once both addresses are known, so that pages may frame the provider's."""
    magasin = Magasin()
    avant = app.state.registre
    async with serving(build_app(magasin, settings, deliver=False)) as bac:
        monkeypatch.setattr(settings, "payment_sandbox_url", bac)
        async with serving(create_app(settings)) as guichet:
            monkeypatch.setattr(settings, "base_url", guichet)
            tenant = await make_tenant(database, nom="Contrôle Auto France")
            async with database.transaction(tenant.id) as session:
                await sell_online(session)
            async with httpx.AsyncClient() as client:
                yield Monde(database, tenant.id, guichet, bac, magasin, Livreur(magasin, settings), client)
    magasin.close()
    set_registre(avant)


async def photograph(page: Page, nom: str) -> None:
    """A picture for whoever wants to look (`GUICHET_CLICHES` names the folder)."""
    dossier = os.environ.get("GUICHET_CLICHES")
    if dossier:
        await page.screenshot(path=Path(dossier) / f"{nom}.png", full_page=True)


async def type_card(cadre: FrameLocator | Page, numero: str, expiration: str = "12/28") -> None:
    await cadre.get_by_test_id("card-number").fill(numero)
    await cadre.get_by_test_id("card-expiry").fill(expiration)
    await cadre.get_by_test_id("card-cvc").fill("123")


async def pay(page: Page, numero: str, expiration: str = "12/28") -> None:
    await type_card(page.frame_locator("iframe"), numero, expiration)
    await expect(page.get_by_test_id("pay-button")).to_be_enabled()
    await page.get_by_test_id("pay-button").click()


async def test_the_card_is_typed_in_the_providers_frame_and_our_button_pays(monde: Monde, ouvrir: Ouvrir):
    vue = await monde.open()
    page = await ouvrir(vue.url_paiement, largeur=TELEPHONE)
    await expect(page.get_by_test_id("payment-form")).to_be_visible()
    await pay(page, OUI)
    await page.wait_for_url("**/mes-rdv")
    assert (await monde.read(vue)).statut == "succeeded"  # before any notification
    await page.goto(vue.url_paiement)
    await expect(page.get_by_role("heading", name="Paiement reçu")).to_be_visible()
    assert await violations(page) == []
    await photograph(page, "paye")


async def test_a_refused_card_says_why_and_another_one_pays(monde: Monde, ouvrir: Ouvrir):
    vue = await monde.open()
    page = await ouvrir(vue.url_paiement, theme="dark", attendues=AXE)
    cadre = page.frame_locator("iframe")
    await pay(page, NON)
    await expect(cadre.get_by_role("alert")).to_contain_text("provision insuffisante")
    await photograph(page, "refusee-sombre")
    assert await violations(page) == []
    await pay(page, OUI, "10/26")
    await expect(cadre.get_by_text("Cette carte est périmée")).to_be_visible()
    await pay(page, OUI)
    await page.wait_for_url("**/mes-rdv")


async def test_the_bank_asks_in_the_frame_and_our_button_steps_aside(monde: Monde, ouvrir: Ouvrir):
    vue = await monde.open()
    page = await ouvrir(vue.url_paiement, largeur=TELEPHONE, theme="dark", attendues=AXE)
    await pay(page, DEFI)
    cadre = page.frame_locator("iframe")
    await expect(cadre.get_by_role("heading")).to_contain_text("Votre banque")
    await expect(page.get_by_test_id("pay-button")).to_be_hidden()
    await photograph(page, "defi-sombre-telephone")
    assert await violations(page) == []
    await cadre.get_by_test_id("defi-accepter").click()
    await page.wait_for_url("**/mes-rdv")


async def test_without_script_the_providers_own_page_takes_the_card(monde: Monde, ouvrir: Ouvrir):
    vue = await monde.open()
    page = await ouvrir(vue.url_paiement, largeur=TELEPHONE, script=False)
    await page.get_by_test_id("payer-ailleurs").click()
    await type_card(page, DEFI)
    await page.get_by_test_id("payer").click()
    await page.get_by_test_id("defi-accepter").click()
    await page.wait_for_url("**/mes-rdv")
    assert (await monde.read(vue)).statut == "succeeded"


async def test_giving_up_on_the_providers_page_says_that_nothing_was_taken(monde: Monde, ouvrir: Ouvrir):
    vue = await monde.open()
    page = await ouvrir(vue.url_paiement)
    await page.get_by_test_id("payer-ailleurs").click()
    await photograph(page, "page-du-prestataire")
    await page.get_by_role("button", name="Renoncer à payer").click()
    await expect(page.get_by_text("Vous avez renoncé à payer")).to_be_visible()
    await photograph(page, "renonce")


@pytest.mark.parametrize(
    ("etat", "largeur", "theme"), alternate(["payer", "prestataire", "ferme", "admin", "attente", "panne", "cadre"])
)
async def test_each_page_of_a_payment_passes_axe_and_fits(
    monde: Monde,
    ouvrir: Ouvrir,
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
    etat: str,
    largeur: int,
    theme: str,
):
    vue = await monde.open(reference=f"rdv:{etat}")
    adresse = vue.url_paiement
    if etat == "prestataire":
        adresse = f"{monde.bac}/payer/{await monde.page_of(vue)}"
    elif etat == "cadre":
        adresse = f"{monde.bac}/champs/{await monde.page_of(vue)}"
    elif etat == "admin":
        await monde.type_card(vue)
        adresse = monde.bac
    elif etat == "ferme":
        async with monde.database.transaction(monde.tenant_id) as session:
            await close_paiement(session, reference="rdv:ferme", motif="expiration")
    elif etat == "attente":
        adresse += "&attente=1"
    elif etat == "panne":
        monkeypatch.setattr(settings, "payment_sandbox_url", "http://127.0.0.1:9")
    page = await ouvrir(adresse, largeur=largeur, theme=theme, attendues=("503", *AXE))
    if etat == "payer":
        await expect(page.frame_locator("iframe").get_by_test_id("card-number")).to_be_visible()
    await photograph(page, f"{etat}-{largeur}-{theme}")
    assert await violations(page) == []
    assert await overflow(page) == 0
    assert largeur in {TELEPHONE, BUREAU}
