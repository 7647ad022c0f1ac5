"""What islands add to components that already work without them."""

from playwright.async_api import Locator, Page, expect

from tests.parcours.axe import violations_partout
from tests.parcours.conftest import TELEPHONE


async def ready(page: Page, section: str) -> Locator:
    """A section of the gallery whose first island is there."""
    await expect(page.locator(f"#{section} [data-ilot-pret]").first).to_be_attached()
    return page.locator(f"#{section}")


async def test_a_day_is_picked_today_in_one_gesture_or_from_the_month(ouvrir):
    page = await ouvrir("/ui/molecules")
    await ready(page, "date_picker")
    field = page.get_by_test_id("date-picker")
    await field.click()
    await page.get_by_test_id("date-today").click()
    today = await field.input_value()
    await page.locator("#date_picker .end-i").first.click()
    day = page.locator(f"#date_picker [data-date='{today}']")
    await expect(day).to_have_attribute("aria-pressed", "true")
    await day.focus()
    await page.keyboard.press("ArrowRight")
    await page.keyboard.press("Enter")
    assert await field.input_value() > today
    await expect(page.locator("#date_picker .cal-pop").first).to_be_hidden()


async def test_tabs_are_walked_with_the_arrows_and_named_in_the_address(ouvrir):
    page = await ouvrir("/ui/molecules")
    tabs = (await ready(page, "volets")).get_by_role("tab")
    await expect(tabs.first).to_have_attribute("aria-selected", "true")
    await tabs.first.focus()
    await page.keyboard.press("ArrowLeft")
    await expect(tabs.last).to_be_focused()
    await expect(page.locator("#volet-acces")).to_be_visible()
    await expect(page.locator("#volet-horaires")).to_be_hidden()
    await tabs.nth(1).click()
    assert page.url.endswith("#volet-tarifs")


async def test_a_menu_is_walked_with_the_arrows_and_left_by_a_click_elsewhere(ouvrir):
    page = await ouvrir("/ui/organismes")
    await page.locator("#menu summary").first.focus()
    await page.keyboard.press("ArrowDown")
    await expect(page.locator("#menu .menu-liste a").first).to_be_focused()
    await page.locator("#menu h2").click()
    await expect(page.locator("#menu .menu-liste").first).to_be_hidden()


async def test_a_dialog_gives_the_focus_back(ouvrir):
    page = await ouvrir("/ui/organismes")
    button = page.locator("#dialogue .scene > .btn")
    await button.click()
    await page.keyboard.press("Escape")
    await expect(button).to_be_focused()


async def test_a_tooltip_is_put_away_by_escape(ouvrir):
    page = await ouvrir("/ui/molecules")
    await page.locator("#infobulle button").first.focus()
    tip = page.locator("#bulle-surnombre")
    await expect(tip).to_be_visible()
    await page.keyboard.press("Escape")
    await expect(tip).to_be_hidden()


async def test_ctrl_k_finds_a_screen_by_its_name(ouvrir):
    page = await ouvrir("/ui/gabarits/staff")
    await page.keyboard.press("Control+k")
    await expect(page.locator("#palette[data-ilot-pret]")).to_be_visible()
    await page.keyboard.type("reglag")
    await expect(page.locator("#palette [role=option]:visible")).to_have_count(1)
    await page.keyboard.press("Enter")
    await page.wait_for_url("**#reglages")


async def test_the_cells_of_a_grid_are_walked_and_changed_with_the_keyboard(ouvrir):
    page = await ouvrir("/ui/organismes")
    grid = await ready(page, "grille")
    await grid.locator(".grille tbody th").first.focus()
    for key in ("ArrowDown", "ArrowDown", "ArrowRight"):
        await page.keyboard.press(key)
    await page.keyboard.press(" ")
    await expect(page.get_by_label("Ouvert, Samedi")).to_be_checked()
    await page.keyboard.press("ArrowRight")
    await page.keyboard.press("Enter")
    await expect(page.get_by_label("Début, Samedi")).to_be_focused()
    await page.keyboard.press("Escape")
    await expect(grid.locator(".grille tbody tr").last.locator("td").nth(1)).to_be_focused()


async def test_chosen_lines_bring_their_actions(ouvrir):
    page = await ouvrir("/ui/organismes")
    everything = page.get_by_label("Tout choisir")
    await everything.check()
    actions = page.locator("#table .table-actions")
    await expect(actions).to_contain_text("3 choisies")
    await page.get_by_label("Choisir la ligne 2").uncheck()
    await expect(actions).to_contain_text("2 choisies")
    assert await everything.evaluate("box => box.indeterminate")


async def test_a_filter_is_applied_as_one_types_and_keeps_the_order(ouvrir):
    page = await ouvrir("/ui/organismes?tri=nom")
    await ready(page, "table")
    await page.get_by_placeholder("Nom d'une agence").fill("Lyon")
    await page.wait_for_url("**agence=Lyon**")
    assert "tri=nom" in page.url


async def test_a_table_is_sorted_without_reloading_the_page(ouvrir):
    page = await ouvrir("/ui/organismes")
    await page.evaluate("window.temoin = true")
    await page.locator("#table th a", has_text="Centres").first.click()
    await page.wait_for_url("**tri=centres**")
    assert await page.evaluate("window.temoin")


async def test_a_table_is_sorted_and_filtered_without_script_too(ouvrir):
    page = await ouvrir("/ui/organismes", script=False)
    await page.locator("#table th a", has_text="Centres").first.click()
    assert "tri=centres" in page.url
    await page.get_by_placeholder("Nom d'une agence").fill("Lyon")
    await page.get_by_role("button", name="Filtrer").click()
    assert "tri=centres" in page.url
    assert "agence=Lyon" in page.url


async def test_a_password_is_shown_on_demand(ouvrir):
    page = await ouvrir("/ui/atomes")
    eye = page.get_by_role("button", name="Afficher le mot de passe")
    await eye.click()
    await expect(page.get_by_label("Mot de passe", exact=True)).to_have_attribute("type", "text")
    await expect(eye).to_have_attribute("aria-pressed", "true")


async def test_chosen_files_are_listed_and_one_too_heavy_is_said(ouvrir):
    page = await ouvrir("/ui/molecules")
    section = await ready(page, "depot_fichier")
    field, listed = section.locator("input[type=file]").first, section.locator(".depot-liste").first
    await field.set_input_files({"name": "carte-grise.pdf", "mimeType": "application/pdf", "buffer": b"x" * 2048})
    await expect(listed).to_contain_text("carte-grise.pdf")
    heavy = {"name": "film.mov", "mimeType": "video/quicktime", "buffer": b"x" * (11 * 1024 * 1024)}
    await field.set_input_files(heavy)
    await expect(listed).to_contain_text("dépasse")


async def test_a_draft_survives_a_lost_page(ouvrir):
    page = await ouvrir("/ui/organismes")
    section = await ready(page, "formulaire")
    await section.get_by_label("Prénom").fill("Camille")
    await expect(section.locator("form")).to_have_attribute("data-garde", "")
    await page.reload()
    await expect(section.get_by_label("Prénom")).to_have_value("Camille")


async def test_a_toast_says_text_and_never_markup(ouvrir):
    page = await ouvrir("/ui/gabarits/public", largeur=TELEPHONE)
    text = "<img src=x onerror=alert(1)> Le réseau ne répond pas."
    await page.evaluate(
        "texte => document.dispatchEvent(new CustomEvent('guichet:toast', {detail: {texte, genre: 'ko'}}))", text
    )
    toast = page.locator(".toasts .toast")
    await expect(toast).to_contain_text("<img src=x")
    assert await violations_partout(page) == []
    await toast.get_by_role("button", name="Fermer ce message").click()
    await expect(toast).to_have_count(0)


async def test_markup_slipped_into_the_page_gets_no_power_from_htmx(ouvrir):
    page = await ouvrir("/ui/gabarits/public", attendues=("hx-csp",))
    await page.evaluate(
        """() => {
            const intrus = document.createElement('button');
            intrus.id = 'intrus';
            intrus.setAttribute('hx-post', '/preferences');
            intrus.textContent = 'Gagnez une voiture';
            document.querySelector('main').append(intrus);
            htmx.process(intrus);
        }"""
    )
    await expect(page.locator("#intrus:not([hx-post])")).to_be_attached()


async def test_a_component_is_tried_as_its_options_change(ouvrir):
    page = await ouvrir("/ui/essai/bouton")
    drawn = page.locator("#essai-rendu .btn")
    await page.get_by_label("genre").select_option("danger-principal")
    await expect(drawn).to_have_class("btn danger primary")
    await page.get_by_label("texte").fill("Annuler 3 rendez-vous")
    await expect(drawn).to_have_text("Annuler 3 rendez-vous")
    assert page.url.endswith("/ui/essai/bouton")
    assert await violations_partout(page) == []


async def test_a_component_is_tried_without_script_too(ouvrir):
    page = await ouvrir("/ui/essai/bouton", script=False)
    await page.get_by_label("genre").select_option("discret")
    await page.get_by_role("button", name="Redessiner").click()
    await expect(page.locator("#essai-rendu .btn")).to_have_class("btn quiet")
