"""axe on a page as it stands, told so that a person can act."""

import os
from typing import Literal

from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Page

from tests.parcours.conftest import BUREAU, TELEPHONE

_axe = Axe()
THEMES: tuple[Literal["light"], Literal["dark"]] = ("light", "dark")

_ECHANTILLON = [(TELEPHONE, "light"), (BUREAU, "dark")]
_RESTE = [(TELEPHONE, "dark"), (BUREAU, "light")]
# (width, theme): the gate looks at the phone by day and the desk by night, the complete run at all four.
VARIANTES = _ECHANTILLON + (_RESTE if os.environ.get("GUICHET_TESTS_COMPLETS") else [])


def alternate(cas: list[str]) -> list[tuple[str, int, str]]:
    """Each case in one variant, alternating; in the complete run, in every one."""
    if len(VARIANTES) > len(_ECHANTILLON):
        return [(c, *v) for c in cas for v in VARIANTES]
    return [(c, *VARIANTES[n % len(VARIANTES)]) for n, c in enumerate(cas)]


async def violations(page: Page) -> list[str]:
    """What axe finds wrong: rule, element, what to do."""
    found = await _axe.run(page)
    return [
        f"{rule['id']} ({rule['impact']}): {node['html'][:160]} -> {' '.join(node['failureSummary'].split())[:200]}"
        for rule in found.response["violations"]
        for node in rule["nodes"]
    ]


async def violations_partout(page: Page, largeurs: tuple[int, ...] = (TELEPHONE, BUREAU)) -> list[str]:
    """What axe finds wrong in a state reached by hand, which opening a page does not show.

    The gate looks at it as it is; the complete run in both themes at each width, leaving it in the last one.
    """
    if len(VARIANTES) == len(_ECHANTILLON):
        return await violations(page)
    found = []
    for largeur in largeurs:
        await page.set_viewport_size({"width": largeur, "height": 900})
        for theme in THEMES:
            await page.emulate_media(color_scheme=theme)
            found += [f"{largeur} {theme}: {violation}" for violation in await violations(page)]
    return found


async def overflow(page: Page) -> int:
    """Pixels by which a page is wider than its window: 0 on every page."""
    return int(await page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth"))


async def margin(page: Page) -> float:
    """Pixels between the title of a page and the edge of its window: at least 16 on every page."""
    return float(await page.evaluate("document.querySelector('h1').getBoundingClientRect().left"))
