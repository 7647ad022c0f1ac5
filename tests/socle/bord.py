"""A small application behind the real edge, for the tests of the edge."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID

import httpx
from fastapi import APIRouter, FastAPI

from guichet.socle.acces import Appelant, set_authenticator
from guichet.socle.registre import Module, Registre, set_registre
from guichet.socle.settings import Settings, get_settings
from guichet.socle.web.application import build_app
from guichet.socle.web.debit import Debit, DebitLocal, get_debit, set_debit

NOTRE = {"Sec-Fetch-Site": "same-origin"}


def build(router: APIRouter, registre: Registre | None = None, **changes: Any) -> FastAPI:
    settings: Settings = get_settings().model_copy(update=changes)
    return build_app([("essai", router)], settings=settings, registre=registre or Registre())


@asynccontextmanager
async def browse(
    app: FastAPI,
    *,
    tenant_id: UUID | None = None,
    appelant: Appelant | None = None,
    modules: tuple[Module, ...] = (),
    debit: Debit | None = None,
    ip: str = "127.0.0.1",
    **options: Any,
) -> AsyncIterator[httpx.AsyncClient]:
    """A client of that application, called by that person."""

    async def authenticate(request: Any) -> Appelant:
        del request
        return appelant or Appelant(tenant_id=tenant_id)

    before, counters = set_registre(Registre(modules)), get_debit()
    recogniser = set_authenticator(authenticate)
    set_debit(debit or DebitLocal())
    try:
        transport = httpx.ASGITransport(app, client=(ip, 1234))
        options.setdefault("headers", {"Accept": "application/json"})
        async with httpx.AsyncClient(transport=transport, base_url="http://testserver", **options) as client:
            yield client
    finally:
        set_registre(before)
        set_authenticator(recogniser)
        set_debit(counters)
