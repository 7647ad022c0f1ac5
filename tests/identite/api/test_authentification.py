"""From a request to whoever is behind it."""

from datetime import timedelta

import httpx
import pytest
from fastapi import APIRouter, FastAPI

from guichet.identite.api.authentification import authenticate
from guichet.identite.facade import PLATEFORME, TenantVue, create_lien, deactivate_tenant, update_tenant, update_user
from guichet.socle.acces import PUBLIC, CurrentAppelant, set_authenticator
from guichet.socle.database import Database
from guichet.socle.horloge import frozen, now
from guichet.socle.ids import new_id
from guichet.socle.origine import current_origin
from guichet.socle.settings import get_settings
from tests.identite.fabrique import bearer, bearer_of, browser, make_tenant, make_user
from tests.socle.bord import build

router = APIRouter()


@router.get("/qui", dependencies=[PUBLIC])
@router.get("/r/{slug}/qui", dependencies=[PUBLIC])
async def who(appelant: CurrentAppelant, slug: str = "") -> dict[str, object]:
    return {
        "via": appelant.via,
        "tenant": str(appelant.tenant_id) if appelant.tenant_id else None,
        "role": appelant.role,
        "lien": {k: str(v) for k, v in appelant.lien.items()},
        "permissions": sorted(appelant.permissions),
        "auteur": current_origin().auteur,
        "auteur_id": str(current_origin().auteur_id),
    }


@pytest.fixture
def petite(app: FastAPI) -> FastAPI:
    """One route behind the real edge and the real authenticator."""
    set_authenticator(authenticate)
    return build(router)


@pytest.fixture
async def qui(petite: FastAPI) -> httpx.AsyncClient:
    return httpx.AsyncClient(
        transport=httpx.ASGITransport(petite), base_url="http://testserver", headers={"Accept": "application/json"}
    )


async def test_a_passer_by_on_the_neutral_address_is_nobody_nowhere(qui: httpx.AsyncClient):
    body = (await qui.get("/qui")).json()
    assert (body["via"], body["tenant"], body["role"], body["permissions"]) == ("anonyme", None, None, [])


async def test_a_passer_by_stands_in_the_house_of_the_host_or_the_path(qui: httpx.AsyncClient, database: Database):
    host = f"{new_id().hex[-12:]}.example"
    tenant = await make_tenant(database, hosts=[host])
    for path, headers in (("/qui", {"host": f"{host}:8443"}), (f"/r/{tenant.slug}/qui", {})):
        body = (await qui.get(path, headers=headers)).json()
        assert (body["via"], body["tenant"]) == ("anonyme", str(tenant.id))
    assert (await qui.get("/r/inconnu/qui")).json()["code"] == "TENANT_NOT_FOUND"
    async with database.transaction(tenant.id) as session:
        await deactivate_tenant(session)
    assert (await qui.get(f"/r/{tenant.slug}/qui")).status_code == 404
    assert (await qui.get("/qui", headers={"host": host})).status_code == 404


async def test_the_free_header_never_decides(qui: httpx.AsyncClient, database: Database, ouvert: TenantVue):
    other = await make_tenant(database)
    assert (await qui.get("/qui", headers={"X-Tenant-ID": str(ouvert.id)})).json()["tenant"] is None
    headers = await bearer_of(database, ouvert, "CALL_CENTER")
    for name in (str(ouvert.id), ouvert.slug):
        assert (await qui.get("/qui", headers=headers | {"X-Tenant-ID": name})).json()["tenant"] == str(ouvert.id)
    for name in (str(other.id), other.slug, str(new_id()), "x"):
        answer = await qui.get("/qui", headers=headers | {"X-Tenant-ID": name})
        assert (answer.status_code, answer.json()["code"]) == (403, "TENANT_DIFFERENT")
    at_home = await qui.get(f"/r/{ouvert.slug}/qui", headers={"X-Tenant-ID": other.slug})
    assert at_home.json()["code"] == "TENANT_DIFFERENT"


@pytest.mark.parametrize("role", ["ADMIN_TENANT", "API_KEY"])
async def test_a_proof_does_not_open_another_tenants_address(
    qui: httpx.AsyncClient, database: Database, ouvert: TenantVue, role: str
):
    host = f"{new_id().hex[-12:]}.example"
    other = await make_tenant(database, hosts=[host])
    headers = await bearer_of(database, ouvert, role)
    assert (await qui.get(f"/r/{ouvert.slug}/qui", headers=headers)).status_code == 200
    for path, more in (("/qui", {"host": host}), (f"/r/{other.slug}/qui", {})):
        assert (await qui.get(path, headers=headers | more)).json()["code"] == "TENANT_DIFFERENT"


async def test_who_asked_is_named_for_the_journal(qui: httpx.AsyncClient, database: Database, ouvert: TenantVue):
    user = await make_user(database, ouvert, "ADMIN_CT")
    body = (await qui.get("/qui", headers=await bearer(database, user))).json()
    assert (body["auteur"], body["auteur_id"]) == ("ADMIN_CT", str(user.id))
    assert (await qui.get("/qui")).json()["auteur"] == "anonyme"


async def test_a_signed_link_opens_its_thing_until_its_date(
    qui: httpx.AsyncClient, database: Database, ouvert: TenantVue
):
    thing = new_id()
    async with database.transaction(ouvert.id) as session:
        link = create_lien(session, genre="rdv", cible=thing, permissions=["rdv:read:own"], validite=timedelta(days=3))
    for headers, query in (({"Authorization": f"Bearer {link}"}, ""), ({}, f"?lien={link}")):
        body = (await qui.get(f"/qui{query}", headers=headers)).json()
        assert (body["via"], body["tenant"], body["role"]) == ("lien", str(ouvert.id), None)
        assert (body["lien"], body["permissions"]) == ({"genre": "rdv", "cible": str(thing)}, ["rdv:read:own"])
    headers = {"Authorization": f"Bearer {link}"}
    other = await make_tenant(database)
    assert (await qui.get(f"/r/{other.slug}/qui", headers=headers)).json()["code"] == "TENANT_DIFFERENT"
    assert (await qui.get("/qui", headers={"Authorization": f"Bearer {link}x"})).json()["code"] == "LIEN_INVALIDE"
    with frozen(now() + timedelta(days=4)):
        assert (await qui.get("/qui", headers=headers)).json()["code"] == "LIEN_EXPIRE"
    async with database.transaction(ouvert.id) as session:
        await deactivate_tenant(session)
    assert (await qui.get("/qui", headers=headers)).json()["code"] == "TENANT_NOT_FOUND"


async def test_a_signed_in_person_following_a_link_stays_who_they_are(
    qui: httpx.AsyncClient, database: Database, ouvert: TenantVue
):
    user = await make_user(database, ouvert, "CALL_CENTER")
    async with database.transaction(ouvert.id) as session:
        link = create_lien(session, genre="rdv", cible=new_id(), permissions=[])
    qui.cookies.update(await browser(database, user))
    assert (await qui.get(f"/qui?lien={link}")).json()["via"] == "session"


async def test_a_closed_tenant_closes_every_door_at_once(qui: httpx.AsyncClient, database: Database, ouvert: TenantVue):
    user = await make_user(database, ouvert, "ADMIN_TENANT")
    token, key = await bearer(database, user), await bearer_of(database, ouvert, "API_KEY")
    qui.cookies.update(await browser(database, user))
    for headers in (token, key, {}):
        assert (await qui.get("/qui", headers=headers)).json()["via"] != "anonyme"
    async with database.transaction(ouvert.id) as session:
        await deactivate_tenant(session)
    assert [(await qui.get("/qui", headers=h)).status_code for h in (token, key)] == [401, 401]
    assert (await qui.get("/qui")).json()["via"] == "anonyme"
    async with database.transaction(ouvert.id) as session:
        await update_tenant(session, actif=True)
    assert (await qui.get("/qui", headers=token)).status_code == 200


async def test_rights_changed_in_a_browsers_back_apply_at_the_next_page(
    qui: httpx.AsyncClient, database: Database, ouvert: TenantVue
):
    user = await make_user(database, ouvert, "CALL_CENTER")
    qui.cookies.update(await browser(database, user))
    assert (await qui.get("/qui")).json()["role"] == "CALL_CENTER"
    async with database.transaction(ouvert.id) as session:
        await update_user(session, user_id=user.id, role="ADMIN_CT")
    assert (await qui.get("/qui")).json()["role"] == "ADMIN_CT"


@pytest.mark.parametrize("cookie", ["", "x", "gs_", "gs_" + "A" * 64])
async def test_a_made_up_cookie_is_nobody(qui: httpx.AsyncClient, cookie: str):
    assert (await qui.get("/qui", headers={"cookie": f"guichet_session={cookie}"})).json()["via"] == "anonyme"


async def test_super_administrators_may_be_bound_to_addresses(
    qui: httpx.AsyncClient, database: Database, monkeypatch: pytest.MonkeyPatch
):
    headers = await bearer(database, await make_user(database, PLATEFORME, "SUPER_ADMIN"))
    assert (await qui.get("/qui", headers=headers)).json()["permissions"] == ["*"]
    monkeypatch.setattr(get_settings(), "admin_ips", "198.51.100.0/24")
    assert (await qui.get("/qui", headers=headers)).json()["code"] == "ADRESSE_NON_AUTORISEE"


async def test_a_super_administrator_at_a_tenants_address_still_names_it(
    qui: httpx.AsyncClient, database: Database, ouvert: TenantVue
):
    headers = await bearer(database, await make_user(database, PLATEFORME, "SUPER_ADMIN"))
    assert (await qui.get(f"/r/{ouvert.slug}/qui", headers=headers)).json()["tenant"] is None
    acting = headers | {"X-Tenant-ID": str(PLATEFORME)}
    assert (await qui.get("/qui", headers=acting)).json()["tenant"] is None
