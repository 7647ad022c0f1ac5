"""The gallery in a real browser: clean for axe in both themes and widths, silent under the content policy."""

import pytest
from playwright.async_api import expect

from tests.parcours.axe import alternate, overflow, violations, violations_partout
from tests.parcours.conftest import BUREAU, TELEPHONE

PAGES = [
    "/ui",
    "/ui/atomes",
    "/ui/molecules",
    "/ui/organismes",
    "/ui/metiers",
    "/ui/gabarits/public",
    "/ui/gabarits/staff",
    "/ui/gabarits/rail",
    "/ui/gabarits/erreur",
    "/preferences",
]
DEPLIER = "document.querySelectorAll('details:not(.menu, .affichage, .plus)').forEach(d => d.open = true)"
# The components, whose states are many, are looked at in the two opposite variants even by the gate.
VUES = sorted({*alternate(PAGES), *alternate([*PAGES[1:5], PAGES[0]]), *alternate(["/ui", *PAGES[1:5]])})


@pytest.mark.parametrize(("chemin", "largeur", "theme"), VUES)
async def test_every_component_and_layout_is_clean_for_axe(ouvrir, chemin, largeur, theme):
    page = await ouvrir(chemin, largeur=largeur, theme=theme)
    await page.evaluate(DEPLIER)
    assert await violations(page) == []
    assert await overflow(page) == 0


async def test_strong_contrast_and_very_large_text_are_clean_too(ouvrir):
    page = await ouvrir("/ui/atomes", largeur=TELEPHONE)
    await page.evaluate("Object.assign(document.documentElement.dataset, {contraste: 'fort', taille: 'tres-grand'})")
    assert await violations_partout(page) == []
    assert await overflow(page) == 0


OUVERTURES = {
    "menu": ("/ui/organismes", "#menu summary"),
    "dialogue": ("/ui/organismes", "#dialogue .scene > .btn"),
    "tiroir": ("/ui/organismes", "#tiroir .scene .btn"),
    "palette": ("/ui/organismes", "#palette .scene > .btn"),
    "date": ("/ui/molecules", "#date_picker .end-i"),
    "affichage": ("/ui/gabarits/public", ".affichage > summary"),
}
OUVERT = "dialog[open], details:is(.menu, .affichage)[open] > :not(summary), .cal-pop:not([hidden])"


@pytest.mark.parametrize(("nom", "largeur", "theme"), alternate(list(OUVERTURES)))
async def test_what_opens_is_clean_once_open_and_closed_by_escape(ouvrir, nom, largeur, theme):
    chemin, bouton = OUVERTURES[nom]
    page = await ouvrir(chemin, largeur=largeur, theme=theme)
    await page.locator(bouton).first.click()
    opened = page.locator(OUVERT)
    await expect(opened).to_have_count(1)
    assert await violations(page) == []
    await page.keyboard.press("Escape")
    await expect(opened).to_have_count(0)


async def test_the_bottom_bar_of_a_phone_holds_the_rest_behind_plus(ouvrir):
    page = await ouvrir("/ui/gabarits/staff", largeur=TELEPHONE)
    await expect(page.locator(".side .liens > li > a:visible")).to_have_count(4)
    await page.locator(".plus > summary").click()
    await expect(page.locator(".plus").get_by_role("link", name="Réglages")).to_be_visible()
    assert await violations_partout(page, (TELEPHONE,)) == []


async def test_the_way_past_the_navigation_is_the_first_stop_of_the_keyboard(ouvrir):
    page = await ouvrir("/ui/gabarits/staff", largeur=BUREAU)
    await page.keyboard.press("Tab")
    await expect(page.get_by_role("link", name="Aller au contenu")).to_be_focused()


@pytest.mark.parametrize("script", [True, False], ids=["avec script", "sans script"])
async def test_the_dark_theme_is_chosen_and_stays(ouvrir, script):
    page = await ouvrir("/ui/gabarits/public", script=script)
    await page.locator(".affichage > summary").click()
    if script:
        await expect(page.locator(".affichage[data-ilot-pret]")).to_be_attached()
        async with page.expect_response("**/preferences"):
            await page.get_by_label("Sombre").check()
        await expect(page.locator("html")).to_have_attribute("data-theme", "sombre")
    else:
        await page.get_by_label("Sombre").check()
        await page.get_by_role("button", name="Appliquer").click()
    await page.goto("/ui")
    await expect(page.locator("html")).to_have_attribute("data-theme", "sombre")


async def test_the_language_is_chosen_from_any_page(ouvrir):
    page = await ouvrir("/ui", largeur=TELEPHONE)
    await page.locator(".affichage > summary").click()
    await expect(page.locator(".affichage[data-ilot-pret]")).to_be_attached()
    await page.get_by_label("English").check()
    await expect(page.locator("html")).to_have_attribute("lang", "en")
    await expect(page.get_by_role("heading", level=1)).to_have_text("Components and signs")
