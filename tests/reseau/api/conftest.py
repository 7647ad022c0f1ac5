"""Clients of the network's routes, called by people of a tenant."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from typing import Any
from uuid import UUID

import httpx
import pytest
from fastapi import FastAPI

from guichet.identite.facade import TenantVue
from guichet.identite.module import MODULE as IDENTITE
from guichet.reseau.facade import AgenceVue, CentreVue, ControleurVue
from guichet.reseau.module import MODULE as RESEAU
from guichet.socle.acces import Appelant
from guichet.socle.database import Database
from guichet.socle.registre import Registre
from guichet.socle.settings import get_settings
from guichet.socle.web.application import build_app
from tests.identite.fabrique import appelant, make_tenant
from tests.reseau.fabrique import fill_agence, fill_centre, fill_controleur
from tests.socle.bord import browse

MODULES = (IDENTITE, RESEAU)
Ouvrir = Callable[..., AbstractAsyncContextManager[httpx.AsyncClient]]


@pytest.fixture(scope="module")
def application(database: Database) -> FastAPI:
    registre = Registre(MODULES)
    return build_app([("reseau", r) for r in RESEAU.routers], settings=get_settings(), registre=registre)


@pytest.fixture
async def reseau(database: Database) -> TenantVue:
    return await make_tenant(database)


@pytest.fixture
async def agence(database: Database, reseau: TenantVue) -> AgenceVue:
    async with database.transaction(reseau.id) as session:
        return await fill_agence(session)


@pytest.fixture
async def centre(database: Database, reseau: TenantVue, agence: AgenceVue) -> CentreVue:
    async with database.transaction(reseau.id) as session:
        return await fill_centre(session, agence)


@pytest.fixture
async def controleur(database: Database, reseau: TenantVue, centre: CentreVue) -> ControleurVue:
    async with database.transaction(reseau.id) as session:
        return await fill_controleur(session, centre)


@pytest.fixture
def ouvrir(application: FastAPI, reseau: TenantVue) -> Ouvrir:
    """A client called by a person of the tenant."""

    def call(role: str = "ADMIN_TENANT", **scope: Any) -> AbstractAsyncContextManager[httpx.AsyncClient]:
        tenant_id = scope.pop("tenant_id", reseau.id)
        caller = Appelant(tenant_id=tenant_id) if role == "" else appelant(role, tenant_id=tenant_id, **scope)
        return browse(application, appelant=caller, modules=MODULES, headers={"Authorization": "Bearer x"})

    return call


@pytest.fixture
async def admin(ouvrir: Ouvrir) -> AsyncIterator[httpx.AsyncClient]:
    async with ouvrir() as client:
        yield client


def plain(saisie: dict[str, Any]) -> dict[str, Any]:
    return {k: str(v) if isinstance(v, UUID) else v for k, v in saisie.items()}
