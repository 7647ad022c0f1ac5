"""Tenants and their settings over the API."""

from typing import Any

import httpx
import pytest

from guichet.identite.facade import PLATEFORME, TenantVue
from guichet.socle.database import Database
from guichet.socle.ids import new_id
from tests.identite.fabrique import bearer_of

TENANTS = "/api/v1/admin/tenants"
REGLAGES = "/api/v1/admin/tenant/settings"


@pytest.fixture
async def boss(database: Database, ouvert: TenantVue) -> dict[str, str]:
    return await bearer_of(database, ouvert, "SUPER_ADMIN")


@pytest.fixture
async def admin(database: Database, ouvert: TenantVue) -> dict[str, str]:
    return await bearer_of(database, ouvert, "ADMIN_TENANT")


def network(**fields: Any) -> dict[str, Any]:
    return {"nom": f"Réseau {new_id().hex[-10:]}"} | fields


async def test_a_network_is_opened_with_its_administrator_changed_and_closed(
    http: httpx.AsyncClient, boss: dict[str, str]
):
    host = f"{new_id().hex[-12:]}.example"
    body = network(
        type="franchise",
        plan="business",
        max_agences=None,
        domaine=host,
        branding={"brand_h": 150},
        contact={"telephone": "04 65 71 00 42"},
        administrateur={"email": f"admin@{host}", "nom": "Roux"},
    )
    made = await http.post(TENANTS, headers=boss, json=body)
    assert made.status_code == 201, made.text
    tenant = made.json()
    assert (tenant["max_users"], tenant["max_agences"], tenant["nb_users"]) == (50, None, 1)
    assert (tenant["branding"]["brand_h"], tenant["contact"]["telephone"]) == (150, "+33465710042")
    one = f"{TENANTS}/{tenant['id']}"
    assert (await http.get(one, headers=boss)).json() == tenant
    changed = await http.put(
        one, headers=boss, json={"plan": "enterprise", "max_users": None, "version": tenant["version"]}
    )
    assert (changed.json()["max_users"], changed.json()["max_agences"]) == (None, 50)
    stale = await http.put(one, headers=boss, json={"nom": "Vieux", "version": 1})
    assert stale.json()["code"] == "VERSION_PERIMEE"
    closed = await http.delete(one, headers=boss)
    assert (closed.status_code, closed.json()["actif"]) == (200, False)
    assert (await http.get("/connexion", headers={"host": host})).status_code == 404
    opened = await http.put(one, headers=boss, json={"actif": True})
    assert opened.json()["actif"] is True
    assert (await http.get("/.well-known/jwks.json", headers={"host": host})).status_code == 200


async def test_networks_are_listed_in_pages_without_the_house(http: httpx.AsyncClient, boss: dict[str, str]):
    made = [(await http.post(TENANTS, headers=boss, json=network())).json()["id"] for _ in range(3)]
    seen: list[str] = []
    cursor = None
    while True:
        params: dict[str, Any] = {"limite": 100} | ({"curseur": cursor} if cursor else {})
        page = (await http.get(TENANTS, headers=boss, params=params)).json()
        seen += [t["id"] for t in page["elements"]]
        cursor = page["suivant"]
        if cursor is None:
            break
    assert [i for i in seen if i in made] == made
    assert str(PLATEFORME) not in seen
    assert len(seen) == len(set(seen))
    assert (await http.get(TENANTS, headers=boss, params={"actif": False, "limite": 1})).status_code == 200


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"slug": "Été"}, "SLUG_INVALIDE"),
        ({"slug": "admin"}, "SLUG_INVALIDE"),
        ({"domaine": "http://x"}, "HOTE_INVALIDE"),
        ({"hosts": ["x"]}, "HOTE_INVALIDE"),
        ({"branding": {"brand_h": 999}}, "REGLAGE_INVALIDE"),
        ({"contact": {"adresse": "a\u0000"}}, "REGLAGE_INVALIDE"),
        ({"type": "groupe"}, "CHAMPS_INVALIDES"),
        ({"nom": None}, "CHAMPS_INVALIDES"),
        ({"max_users": -1}, "CHAMPS_INVALIDES"),
        ({"administrateur": {"email": "a", "nom": "b"}}, "CHAMPS_INVALIDES"),
        ({"administrateur": {"email": "aaa", "nom": "b"}}, "EMAIL_INVALIDE"),
    ],
)
async def test_a_wrong_network_is_told(
    http: httpx.AsyncClient, boss: dict[str, str], fields: dict[str, Any], code: str
):
    answer = await http.post(TENANTS, headers=boss, json=network(**fields))
    assert (answer.status_code, answer.json()["code"]) == (422, code)


async def test_a_taken_slug_or_host_is_told(http: httpx.AsyncClient, boss: dict[str, str]):
    host = f"{new_id().hex[-12:]}.example"
    first = (await http.post(TENANTS, headers=boss, json=network(hosts=[host]))).json()
    for fields, code in (({"slug": first["slug"]}, "SLUG_DEJA_UTILISE"), ({"hosts": [host]}, "HOTE_DEJA_UTILISE")):
        answer = await http.post(TENANTS, headers=boss, json=network(**fields))
        assert (answer.status_code, answer.json()["code"]) == (409, code)


async def test_the_house_and_unknown_networks_are_not_found(http: httpx.AsyncClient, boss: dict[str, str]):
    for tenant_id in (PLATEFORME, new_id()):
        for method in ("GET", "PUT", "DELETE"):
            answer = await http.request(
                method, f"{TENANTS}/{tenant_id}", headers=boss, json={} if method == "PUT" else None
            )
            assert (answer.status_code, answer.json()["code"]) == (404, "TENANT_NOT_FOUND")


async def test_acting_in_a_network_one_administers_no_other(
    http: httpx.AsyncClient, boss: dict[str, str], ouvert: TenantVue
):
    inside = boss | {"X-Tenant-ID": ouvert.slug}
    assert (await http.get(f"{TENANTS}/{ouvert.id}", headers=inside)).status_code == 200
    other = (await http.post(TENANTS, headers=boss, json=network())).json()["id"]
    assert (await http.get(f"{TENANTS}/{other}", headers=inside)).json()["code"] == "TENANT_DIFFERENT"
    assert (await http.post(TENANTS, headers=inside, json=network())).json()["code"] == "TENANT_DIFFERENT"


@pytest.mark.parametrize(
    "role", ["ADMIN_TENANT", "ADMIN_AGENCE", "ADMIN_CT", "CONTROLEUR", "CALL_CENTER", "CLIENT", "API_KEY"]
)
async def test_nobody_else_touches_networks(http: httpx.AsyncClient, database: Database, ouvert: TenantVue, role: str):
    headers = await bearer_of(database, ouvert, role)
    for method, path in (
        ("GET", ""),
        ("POST", ""),
        ("GET", f"/{ouvert.id}"),
        ("PUT", f"/{ouvert.id}"),
        ("DELETE", f"/{ouvert.id}"),
    ):
        answer = await http.request(
            method, TENANTS + path, headers=headers, json={} if method in {"POST", "PUT"} else None
        )
        assert (answer.status_code, answer.json()["code"]) == (403, "PERMISSION_REFUSEE")


async def test_the_limit_an_administrator_meets_only_the_house_raises(
    http: httpx.AsyncClient, database: Database, ouvert: TenantVue, boss: dict[str, str], admin: dict[str, str]
):
    await http.put(f"{TENANTS}/{ouvert.id}", headers=boss, json={"max_users": 1})
    body = {"email": f"{new_id().hex}@exemple.fr", "nom": "X", "role": "CALL_CENTER"}
    full = await http.post("/api/v1/users", headers=admin, json=body)
    assert (full.status_code, full.json()["code"], full.json()["max_users"]) == (409, "LIMITE_UTILISATEURS", 1)
    assert (await http.post("/api/v1/users", headers=admin, json=body | {"role": "CLIENT"})).status_code == 201
    await http.put(f"{TENANTS}/{ouvert.id}", headers=boss, json={"max_users": 2})
    body["email"] = f"{new_id().hex}@exemple.fr"
    assert (await http.post("/api/v1/users", headers=admin, json=body)).status_code == 201


async def test_settings_are_read_whole_and_written_by_section(http: httpx.AsyncClient, admin: dict[str, str]):
    before = (await http.get(REGLAGES, headers=admin)).json()
    assert {"general", "branding", "securite", "versions"} <= before.keys()
    assert before["versions"]["securite"] == 0
    body = {"securite": {"inscription_clients": False}, "branding": {"brand_h": 33}}
    after = (await http.put(REGLAGES, headers=admin, json=body)).json()
    assert (after["securite"]["inscription_clients"], after["branding"]["brand_h"]) == (False, 33)
    assert after["branding"]["brand_c"] == before["branding"]["brand_c"]
    assert after["general"] == before["general"]
    one = (await http.get(REGLAGES, headers=admin, params={"section": "securite"})).json()
    assert one == {"securite": after["securite"], "versions": {"securite": 1}}
    stale = await http.put(
        REGLAGES, headers=admin, json={"securite": {"inscription_clients": True}, "versions": {"securite": 0}}
    )
    assert (stale.status_code, stale.json()["code"]) == (409, "VERSION_PERIMEE")
    fresh = await http.put(
        REGLAGES, headers=admin, json={"securite": {"inscription_clients": True}, "versions": {"securite": 1}}
    )
    assert fresh.status_code == 200


@pytest.mark.parametrize(
    ("body", "code", "champ"),
    [
        ({"paiement_lunaire": {}}, "SECTION_INCONNUE", "paiement_lunaire"),
        ({"general": 3}, "REGLAGE_INVALIDE", "general"),
        ({"general": {"telephone": "12"}}, "REGLAGE_INVALIDE", "general.telephone"),
        ({"branding": {"brand_h": "bleu"}}, "REGLAGE_INVALIDE", "branding.brand_h"),
        ({"branding": {"police": "x"}}, "REGLAGE_INVALIDE", "branding.police"),
    ],
)
async def test_a_wrong_setting_is_told_and_nothing_is_written(
    http: httpx.AsyncClient, admin: dict[str, str], body: dict[str, Any], code: str, champ: str
):
    before = (await http.get(REGLAGES, headers=admin)).json()
    answer = await http.put(REGLAGES, headers=admin, json={"securite": {"inscription_clients": False}} | body)
    assert (answer.status_code, answer.json()["code"], list(answer.json()["champs"])) == (422, code, [champ])
    assert (await http.get(REGLAGES, headers=admin)).json() == before
    assert (await http.get(REGLAGES, headers=admin, params={"section": "x"})).json()["code"] == "SECTION_INCONNUE"


@pytest.mark.parametrize("role", ["ADMIN_AGENCE", "ADMIN_CT", "CONTROLEUR", "CALL_CENTER", "CLIENT", "API_KEY"])
async def test_settings_belong_to_the_tenants_administrator(
    http: httpx.AsyncClient, database: Database, ouvert: TenantVue, role: str
):
    headers = await bearer_of(database, ouvert, role)
    for method in ("GET", "PUT"):
        answer = await http.request(method, REGLAGES, headers=headers, json={} if method == "PUT" else None)
        assert (answer.status_code, answer.json()["code"]) == (403, "PERMISSION_REFUSEE")


async def test_settings_of_one_network_are_not_anothers(
    http: httpx.AsyncClient, boss: dict[str, str], admin: dict[str, str], ouvert: TenantVue
):
    await http.put(REGLAGES, headers=admin, json={"general": {"adresse": "1 rue du Pont"}})
    other = (await http.post(TENANTS, headers=boss, json=network())).json()["id"]
    elsewhere = (await http.get(REGLAGES, headers=boss | {"X-Tenant-ID": other})).json()
    assert elsewhere["general"]["adresse"] == ""
    inside = (await http.get(REGLAGES, headers=boss | {"X-Tenant-ID": str(ouvert.id)})).json()
    assert inside["general"]["adresse"] == "1 rue du Pont"
