"""The whole house behind its routes, and a centre of its own where nobody else books."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count

import httpx
import pytest
from bs4 import BeautifulSoup, Tag
from fastapi import FastAPI

from guichet.identite.facade import TenantVue
from guichet.rdv.pages import accueil
from guichet.reseau.facade import CentreVue
from guichet.socle.database import Database
from guichet.socle.registre import Registre, set_registre
from tests.identite.fabrique import make_tenant
from tests.rdv.fabrique import fill_reservable

# Each test's centre stands alone on its own spot of the Massif central, out of reach of the others.
_places = count()


@dataclass(frozen=True)
class Lieu:
    """A centre that can be booked, alone within its radius."""

    tenant: TenantVue
    centre: CentreVue

    @property
    def code(self) -> str:
        return self.centre.code_centre

    @property
    def autour(self) -> str:
        """The parameters of a search around it."""
        return f"lat={self.centre.lat}&lon={self.centre.lon}&rayon=1"


@pytest.fixture(autouse=True)
def registre(app: FastAPI) -> Iterator[Registre]:
    """The registry of the assembled house."""
    before = set_registre(app.state.registre)
    yield app.state.registre
    set_registre(before)


@pytest.fixture(autouse=True)
def sans_memoire() -> None:
    """Nothing kept from another test."""
    accueil.forget()


@pytest.fixture
async def lieu(database: Database) -> Lieu:
    """A committed centre with one inspector, open on weekdays 8-12 and 14-18."""
    n = next(_places)
    tenant = await make_tenant(database, nom="Contrôle Auto France")
    async with database.transaction(tenant.id) as session:
        centre, _ = await fill_reservable(
            session,
            nom="Centre des Essais",
            lat=45.0 + (n // 40) * 0.05,
            lon=2.5 + (n % 40) * 0.05,
            telephone="+33465710118",
        )
    return Lieu(tenant, centre)


class Page(BeautifulSoup):
    """An answer read as a page."""

    status: int
    reponse: httpx.Response

    def un(self, selecteur: str) -> Tag:
        trouve = self.select_one(selecteur)
        assert trouve is not None, f"{selecteur} is not on the page"
        return trouve

    def test(self, testid: str) -> list[Tag]:
        return list(self.select(f'[data-testid="{testid}"]'))

    def mots(self, selecteur: str = "main") -> str:
        return " ".join(self.un(selecteur).get_text(" ").split())


def lire(reponse: httpx.Response) -> Page:
    page = Page(reponse.text, "html.parser")
    page.status, page.reponse = reponse.status_code, reponse
    return page
