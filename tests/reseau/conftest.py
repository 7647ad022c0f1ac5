"""A house of identity and network."""

from collections.abc import Iterator

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from guichet.identite.facade import TenantVue
from guichet.identite.module import MODULE as IDENTITE
from guichet.reseau.module import MODULE as RESEAU
from guichet.socle.registre import Registre, set_registre
from tests.identite.fabrique import fill_tenant


@pytest.fixture(autouse=True)
def registre() -> Iterator[Registre]:
    """The contributions of identity and of the network."""
    mine = Registre([IDENTITE, RESEAU])
    before = set_registre(mine)
    yield mine
    set_registre(before)


@pytest.fixture
async def tenant(session: AsyncSession) -> TenantVue:
    """The tenant of the test's session, rolled back with it."""
    return await fill_tenant(session)
