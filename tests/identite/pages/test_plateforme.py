"""A super administrator steps into a network, and out of it."""

import httpx
import pytest
from sqlalchemy import text

from guichet.identite.facade import PLATEFORME, TenantVue, UserVue
from guichet.socle.database import Database
from tests.identite.fabrique import bearer, browser, make_tenant, make_user

ICI = "/compte/reseau"


@pytest.fixture
async def boss(database: Database) -> UserVue:
    return await make_user(database, PLATEFORME, "SUPER_ADMIN")


async def test_stepping_in_shows_on_every_page_and_in_the_networks_journal(
    navigateur: httpx.AsyncClient, database: Database, boss: UserVue
):
    tenant = await make_tenant(database, nom="Clairvoie")
    navigateur.cookies.update(await browser(database, boss))
    assert "Clairvoie" in (await navigateur.get(ICI)).text
    wrong = await navigateur.post(ICI, data={"tenant": "inconnu"})
    assert (wrong.status_code, "Choisissez un réseau" in wrong.text) == (422, True)
    assert (await navigateur.post(ICI, data={"tenant": tenant.slug})).status_code == 303
    page = (await navigateur.get("/compte/securite")).text
    assert "Clairvoie (super-administrateur)" in page
    assert boss.email in page
    async with database.transaction(tenant.id) as session:
        query = text("select entite_id from socle.audit where tenant_id = :t and action = 'plateforme.agir'")
        assert list(await session.scalars(query, {"t": tenant.id})) == [str(boss.id)]
    assert (await navigateur.post(ICI, data={"tenant": ""})).headers["location"] == ICI
    assert "Clairvoie (super-administrateur)" not in (await navigateur.get(ICI)).text


async def test_nobody_else_steps_anywhere(
    navigateur: httpx.AsyncClient, database: Database, ouvert: TenantVue, boss: UserVue
):
    navigateur.cookies.update(await browser(database, await make_user(database, ouvert, "ADMIN_TENANT")))
    assert (await navigateur.get(ICI)).status_code == 403
    assert (await navigateur.post(ICI, data={"tenant": ouvert.slug})).status_code == 403
    navigateur.cookies.clear()
    program = await bearer(database, boss)
    assert (await navigateur.post(ICI, data={"tenant": ouvert.slug}, headers=program)).status_code == 403
