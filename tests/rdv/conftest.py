"""A house of identity, network, directory and booking."""

from collections.abc import AsyncIterator, Iterator

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy.ext.asyncio import AsyncSession

from guichet.identite.facade import TenantVue
from guichet.rdv.module import MODULE as RDV
from guichet.reseau.facade import CentreVue
from guichet.socle.database import Database
from guichet.socle.horloge import frozen
from guichet.socle.registre import Registre, set_registre
from guichet.socle.settings import get_settings
from guichet.socle.web.application import build_app
from tests.identite.fabrique import fill_tenant, make_tenant
from tests.rdv.appels import MODULES, open_as
from tests.rdv.fabrique import MAINTENANT, fill_reservable


@pytest.fixture(autouse=True)
def registre() -> Iterator[Registre]:
    """The contributions of the contexts a booking goes through."""
    mine = Registre(MODULES)
    before = set_registre(mine)
    yield mine
    set_registre(before)


@pytest.fixture(autouse=True)
def horloge() -> Iterator[None]:
    """A Friday morning of November, so that no test depends on the day it runs."""
    with frozen(MAINTENANT):
        yield


@pytest.fixture
async def tenant(session: AsyncSession) -> TenantVue:
    """The tenant of the test's session, rolled back with it."""
    return await fill_tenant(session)


@pytest.fixture(scope="module")
def application(database: Database) -> FastAPI:
    """Booking alone, behind the real edge."""
    return build_app([("rdv", r) for r in RDV.routers], settings=get_settings(), registre=Registre(MODULES))


@pytest.fixture
async def reseau(database: Database) -> TenantVue:
    """A committed tenant."""
    return await make_tenant(database)


@pytest.fixture
async def centre(database: Database, reseau: TenantVue) -> CentreVue:
    """A committed centre with one inspector."""
    async with database.transaction(reseau.id) as session:
        return (await fill_reservable(session, telephone="04 78 00 00 00"))[0]


@pytest.fixture
async def passant(application: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    """A passer-by."""
    async with open_as(application) as client:
        yield client
