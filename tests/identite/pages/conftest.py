"""A browser on the pages of the whole house."""

from collections.abc import AsyncIterator, Iterator

import httpx
import pytest
from fastapi import FastAPI

from guichet.socle.ids import new_id
from guichet.socle.registre import Registre, set_registre


@pytest.fixture(autouse=True)
def registre(app: FastAPI) -> Iterator[Registre]:
    """The contributions of every context."""
    whole: Registre = app.state.registre
    before = set_registre(whole)
    yield whole
    set_registre(before)


@pytest.fixture
async def navigateur(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    """A browser on a machine of its own; it follows no redirection by itself."""
    transport = httpx.ASGITransport(app, client=(f"2001:db8:1::{new_id().hex[-4:]}:{new_id().hex[-8:-4]}", 4321))
    async with httpx.AsyncClient(
        transport=transport, base_url="http://testserver", headers={"Sec-Fetch-Site": "same-origin"}
    ) as opened:
        yield opened
