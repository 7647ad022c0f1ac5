"""The waiting list in a real browser: from a full day to the ticket, by the link of the message."""

import os
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from fastapi import FastAPI
from playwright.async_api import Page, expect

from guichet.identite.facade import set_reglages
from guichet.rdv.facade import RdvVue, Reservation, cancel_rdv
from guichet.rdv.pages import accueil
from guichet.reseau.facade import CentreVue
from guichet.socle.database import Database
from guichet.socle.horloge import frozen
from guichet.socle.registre import set_registre
from tests.identite.fabrique import make_tenant
from tests.parcours.axe import margin, overflow, violations_partout
from tests.parcours.conftest import BUREAU, TELEPHONE, Ouvrir
from tests.rdv.fabrique import LUNDI, MAINTENANT, agent, fill_reservable
from tests.rdv.liste import fill_day


@pytest.fixture(autouse=True)
def horloge(app: FastAPI) -> Iterator[None]:
    """A Friday morning of November, on the assembled house."""
    before = set_registre(app.state.registre)
    accueil.forget()
    with frozen(MAINTENANT):
        yield
    set_registre(before)


@pytest.fixture
async def plein(database: Database) -> tuple[CentreVue, list[RdvVue]]:
    """A centre whose Monday is full, away from where other tests search."""
    tenant = await make_tenant(database, nom="Contrôle Auto France")
    async with database.transaction(tenant.id) as session:
        await set_reglages(session, Reservation(tolerance_surreservation=0))
        centre, _ = await fill_reservable(session, nom="Aurillac Essais", lat=44.93, lon=2.44, telephone="+33465710118")
        return centre, await fill_day(session, centre)


async def show(page: Page, nom: str) -> None:
    """The state is accessible, within its window and its margins; `GUICHET_CLICHES` keeps a picture of it."""
    assert await violations_partout(page) == []
    assert await overflow(page) == 0
    assert await margin(page) >= 16
    if dossier := os.environ.get("GUICHET_CLICHES"):
        await page.screenshot(path=Path(dossier) / f"{nom}.png", full_page=True)


async def cancel(database: Database, rdv: RdvVue) -> None:
    async with database.transaction(rdv.tenant_id) as session:
        await cancel_rdv(session, rdv_id=rdv.id, appelant=agent(rdv.tenant_id))


@pytest.mark.parametrize(("largeur", "theme"), [(TELEPHONE, "dark"), (BUREAU, "light")])
async def test_from_a_full_day_to_the_ticket(
    ouvrir: Ouvrir, database: Database, plein: tuple[CentreVue, list[RdvVue]], largeur: int, theme: str
):
    centre, pris = plein
    suite = f"{largeur}-{theme}"
    semaine = f"/reservation/{centre.code_centre}?semaine={LUNDI.isoformat()}"
    page = await ouvrir(semaine, largeur=largeur, theme=theme)
    await page.get_by_test_id("attente-lien").click()
    await expect(page.locator("h1")).to_contain_text("si une place se libère")
    await page.get_by_test_id("attente-confirmer").click()
    await expect(page.locator(".errors")).to_be_focused()
    await show(page, f"attente-erreurs-{suite}")
    for nom, valeur in (
        ("prenom", "Line"),
        ("nom", "Roux"),
        ("email", "line@courriel.example"),
        ("telephone", "06 39 98 55 66"),
        ("immatriculation", "EE-555-EE"),
    ):
        await page.locator(f"#attente [name={nom}]").fill(valeur)
    await page.get_by_test_id("attente-au").fill(LUNDI.isoformat())
    await page.get_by_test_id("attente-confirmer").click()
    await expect(page.get_by_test_id("attente-attente")).to_be_visible()
    await show(page, f"attente-inscrite-{suite}")
    await cancel(database, pris[2])
    await page.clock.set_fixed_time(MAINTENANT)
    await page.reload()
    await expect(page.get_by_test_id("attente-offre")).to_contain_text("libérée")
    await expect(page.locator("[data-reste]")).to_contain_text("15")
    await show(page, f"attente-offre-{suite}")
    adresse = page.url
    await page.get_by_test_id("attente-accepter").get_by_role("button").click()
    await expect(page.get_by_test_id("confirmation-message")).to_contain_text("Votre rendez-vous est confirmé")
    await page.goto(urlsplit(adresse)._replace(scheme="", netloc="").geturl())
    await expect(page.get_by_test_id("attente-servie")).to_be_visible()
    await show(page, f"attente-servie-{suite}")


async def test_saying_no_leaving_and_coming_back_without_script(
    ouvrir: Ouvrir, database: Database, plein: tuple[CentreVue, list[RdvVue]]
):
    centre, pris = plein
    page = await ouvrir(f"/reservation/{centre.code_centre}/attente?du={LUNDI}", largeur=TELEPHONE, script=False)
    for nom, valeur in (
        ("nom", "Roux"),
        ("email", "line@courriel.example"),
        ("telephone", "06 39 98 55 66"),
        ("immatriculation", "EE-556-EE"),
    ):
        await page.locator(f"#attente [name={nom}]").fill(valeur)
    await page.get_by_test_id("attente-confirmer").click()
    await cancel(database, pris[0])
    await page.reload()
    await page.get_by_test_id("attente-refuser").get_by_role("button").click()
    await expect(page.get_by_test_id("attente-attente")).to_be_visible()
    await page.get_by_test_id("attente-quitter").get_by_role("button").click()
    await expect(page.get_by_test_id("attente-retiree")).to_be_visible()
    await page.get_by_test_id("attente-reprendre").get_by_role("button").click()
    await expect(page.get_by_test_id("attente-attente")).to_be_visible()
