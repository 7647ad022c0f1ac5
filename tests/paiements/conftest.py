"""A house of identity and payments, with the sandbox provider where a test asks for it."""

from collections.abc import Iterator

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from guichet.identite.facade import TenantVue
from guichet.socle.horloge import frozen
from guichet.socle.settings import Settings
from tests.identite.fabrique import fill_tenant
from tests.paiements.fabrique import MAINTENANT, sell_online


@pytest.fixture(autouse=True)
def horloge() -> Iterator[None]:
    """A Friday morning of November, so that no test depends on the day it runs."""
    with frozen(MAINTENANT):
        yield


@pytest.fixture
def sans_bac(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """An address for the sandbox where nobody listens: tests of writing need one, not an answer."""
    monkeypatch.setattr(settings, "payment_sandbox_url", "http://127.0.0.1:9")


@pytest.fixture
async def tenant(session: AsyncSession, sans_bac: None) -> TenantVue:
    """The tenant of the test's session, selling online, rolled back with it."""
    vue = await fill_tenant(session, nom="Contrôle Auto France")
    await sell_online(session)
    return vue
