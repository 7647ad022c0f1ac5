"""A house of identity, network, directory and booking."""

from collections.abc import Iterator

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from guichet.annuaire.module import MODULE as ANNUAIRE
from guichet.identite.facade import TenantVue
from guichet.identite.module import MODULE as IDENTITE
from guichet.rdv.module import MODULE as RDV
from guichet.reseau.module import MODULE as RESEAU
from guichet.socle.horloge import frozen
from guichet.socle.registre import Registre, set_registre
from tests.identite.fabrique import fill_tenant
from tests.rdv.fabrique import MAINTENANT


@pytest.fixture(autouse=True)
def registre() -> Iterator[Registre]:
    """The contributions of the contexts a booking goes through."""
    mine = Registre([IDENTITE, RESEAU, ANNUAIRE, RDV])
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
