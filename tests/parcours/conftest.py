"""A real browser on the real house: the application behind a real server, on the database of the run.

The fixtures are asynchronous, in the loop of the session: the server, the tests and the database share it.
"""

import asyncio
import os
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from fastapi import FastAPI
from playwright.async_api import Browser, BrowserContext, ConsoleMessage, Page, async_playwright, expect

ICI = Path(__file__).parent
TELEPHONE, BUREAU = 360, 1280
# A refused form or an unknown page is logged by the browser itself: that is not a fault of ours.
NORMALES = ("the server responded with a status of 4",)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Mark what is here; leave it out where `./run test` found that no browser can be had (it says so at its end)."""
    here = [item for item in items if ICI in item.path.parents]
    for item in here:
        item.add_marker("navigateur")
    if os.environ.get("GUICHET_TESTS_NAVIGATEUR") == "" and here:
        config.hook.pytest_deselected(items=here)
        items[:] = [item for item in items if item not in here]


class _Serveur(uvicorn.Server):
    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave Ctrl-C to pytest."""
        yield


@pytest.fixture(scope="session")
async def adresse(app: FastAPI) -> AsyncIterator[str]:
    """Address of the house, served as in production by uvicorn."""
    server = _Serveur(uvicorn.Config(app, host="127.0.0.1", port=0, log_level="warning", lifespan="off"))
    task = asyncio.create_task(server.serve())
    while not server.started:  # noqa: ASYNC110  the server has no event to wait for
        await asyncio.sleep(0)
    port = server.servers[0].sockets[0].getsockname()[1]
    yield f"http://127.0.0.1:{port}"
    server.should_exit = True
    await task


@pytest.fixture(scope="session")
async def browser() -> AsyncIterator[Browser]:
    """Chromium, once for the session. CHROMIUM names another binary."""
    path = os.environ.get("CHROMIUM") or shutil.which("chromium") or "/usr/bin/chromium"
    async with async_playwright() as playwright:
        launched = await playwright.chromium.launch(executable_path=path)
        yield launched
        await launched.close()


async def islands_ready(page: Page) -> None:
    """Wait until every island that comes by itself is there: their modules are fetched after the page has loaded."""
    await expect(page.locator("[data-ilot]:not([data-ilot-quand], [data-ilot-pret])")).to_have_count(0)


Ouvrir = Callable[..., Awaitable[Page]]


@pytest.fixture
async def ouvrir(browser: Browser, adresse: str) -> AsyncIterator[Ouvrir]:
    """`await ouvrir("/ui", largeur=360, theme="dark")`: a page of a fresh visitor.

    Ends by checking that the console stayed silent (`attendues` are pieces of messages that may appear).
    """
    contexts: list[BrowserContext] = []
    heard: list[str] = []
    accepted = list(NORMALES)

    async def open_page(
        chemin: str,
        *,
        largeur: int = BUREAU,
        theme: Any = "light",
        script: bool = True,
        attendues: tuple[str, ...] = (),
        **options: Any,
    ) -> Page:
        accepted.extend(attendues)
        context = await browser.new_context(
            base_url=adresse,
            viewport={"width": largeur, "height": 900},
            color_scheme=theme,
            locale="fr-FR",
            timezone_id="Europe/Paris",
            reduced_motion="reduce",
            java_script_enabled=script,
            **options,
        )
        contexts.append(context)
        page = await context.new_page()
        page.set_default_timeout(10_000)

        def listen(message: ConsoleMessage) -> None:
            if message.type in {"error", "warning"}:
                heard.append(message.text)

        page.on("console", listen)
        page.on("pageerror", lambda error: heard.append(str(error)))
        await page.goto(chemin)
        if script:
            await islands_ready(page)
        return page

    yield open_page
    for context in contexts:
        await context.close()
    assert [text for text in heard if not any(piece in text for piece in accepted)] == []
