"""A house of identity alone."""

from collections.abc import Iterator

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from guichet.identite.facade import TenantVue
from guichet.identite.module import MODULE
from guichet.socle.database import Database
from guichet.socle.registre import Module, Permission, Registre, set_registre
from guichet.socle.web.debit import DebitLocal, get_debit, set_debit
from tests.identite.fabrique import fill_tenant, make_tenant

AUTRES = Module(
    nom="autres",
    permissions=(
        Permission(code="rdv:create:own", libelle="", roles=frozenset({"CLIENT"})),
        Permission(code="courrier:read", libelle="", roles=frozenset({"ADMIN_TENANT"})),
    ),
)


@pytest.fixture(autouse=True)
def registre() -> Iterator[Registre]:
    """The contributions of identity and of an imaginary neighbour."""
    mine = Registre([MODULE, AUTRES])
    before = set_registre(mine)
    yield mine
    set_registre(before)


@pytest.fixture(autouse=True)
def compteurs() -> Iterator[None]:
    """Requests counted afresh for each test."""
    before = get_debit()
    set_debit(DebitLocal())
    yield
    set_debit(before)


@pytest.fixture
async def tenant(session: AsyncSession) -> TenantVue:
    """The tenant of the test's session, rolled back with it."""
    return await fill_tenant(session)


@pytest.fixture
async def ouvert(database: Database) -> TenantVue:
    """A committed tenant."""
    return await make_tenant(database)
