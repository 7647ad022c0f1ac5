"""Keys of programs."""

from datetime import datetime, timedelta
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from guichet.identite.actions.gardien import Gardien, get_gardien
from guichet.identite.facade import TenantVue, create_cle_api
from guichet.socle.database import Database
from guichet.socle.horloge import frozen, now
from guichet.socle.ids import new_id
from tests.identite.fabrique import bearer_of, make_tenant

CLES = "/api/v1/cles-api"
USERS = "/api/v1/users"


@pytest.fixture
async def admin(database: Database, ouvert: TenantVue) -> dict[str, str]:
    return await bearer_of(database, ouvert, "ADMIN_TENANT")


async def make(http: httpx.AsyncClient, admin: dict[str, str], **fields: Any) -> dict[str, Any]:
    answer = await http.post(CLES, headers=admin, json={"nom": "Borne", "permissions": ["user:read"]} | fields)
    assert answer.status_code == 201, answer.text
    body: dict[str, Any] = answer.json()
    return body


async def test_a_key_is_shown_once_opens_what_it_was_given_and_nothing_else(
    http: httpx.AsyncClient, admin: dict[str, str]
):
    key = await make(http, admin)
    assert key["cle"].startswith(f"{key['prefixe']}_")
    for headers in ({"Authorization": f"Bearer {key['cle']}"}, {"X-API-Key": key["cle"]}):
        assert (await http.get(USERS, headers=headers)).status_code == 200
        refused = await http.post(USERS, headers=headers, json={})
        assert (refused.status_code, refused.json()["code"]) == (403, "PERMISSION_REFUSEE")
    listed = (await http.get(CLES, headers=admin)).json()["elements"]
    assert "cle" not in listed[0]
    assert key["cle"] not in str(listed)
    assert listed[0]["derniere_utilisation"] is not None


async def test_a_revoked_key_opens_nothing_at_once(http: httpx.AsyncClient, admin: dict[str, str]):
    key = await make(http, admin)
    headers = {"Authorization": f"Bearer {key['cle']}"}
    assert (await http.get(USERS, headers=headers)).status_code == 200
    for _ in range(2):
        ended = await http.delete(f"{CLES}/{key['id']}", headers=admin)
        assert ended.json()["revoquee_le"] is not None
    assert (await http.get(USERS, headers=headers)).json()["code"] == "JETON_INVALIDE"
    get_gardien().forget()
    assert (await http.get(USERS, headers=headers)).json()["code"] == "JETON_INVALIDE"
    assert (await http.delete(f"{CLES}/{new_id()}", headers=admin)).json()["code"] == "CLE_API_NOT_FOUND"


async def test_a_key_ends_at_its_date(http: httpx.AsyncClient, admin: dict[str, str]):
    key = await make(http, admin, expire_le=(now() + timedelta(days=2)).isoformat())
    headers = {"Authorization": f"Bearer {key['cle']}"}
    assert (await http.get(USERS, headers=headers)).status_code == 200
    with frozen(now() + timedelta(days=3)):
        assert (await http.get(USERS, headers=headers)).status_code == 401


async def test_the_last_use_of_a_key_is_written_once_a_minute(
    http: httpx.AsyncClient, database: Database, admin: dict[str, str]
):
    key = await make(http, admin)

    async def used_at(instant: datetime) -> str:
        with frozen(instant):
            assert await Gardien().of_key(database, key["cle"]) is not None
        (row,) = (await http.get(CLES, headers=admin)).json()["elements"]
        return str(row["derniere_utilisation"])

    start = now()
    first = await used_at(start)
    assert await used_at(start + timedelta(seconds=30)) == first
    assert await used_at(start + timedelta(seconds=61)) > first


async def test_a_key_has_a_rate_of_its_own(http: httpx.AsyncClient, admin: dict[str, str]):
    key = await make(http, admin, limite_minute=3)
    headers = {"Authorization": f"Bearer {key['cle']}"}
    codes = [(await http.get(USERS, headers=headers)).status_code for _ in range(4)]
    assert codes == [200, 200, 200, 429]
    free = await make(http, admin, limite_minute=None)
    headers = {"Authorization": f"Bearer {free['cle']}"}
    assert [(await http.get(USERS, headers=headers)).status_code for _ in range(6)] == [200] * 6


async def test_a_key_may_be_bound_to_addresses(app: FastAPI, http: httpx.AsyncClient, admin: dict[str, str]):
    key = await make(http, admin, ips=["198.51.100.0/24"])
    headers = {"Authorization": f"Bearer {key['cle']}"}
    refused = await http.get(USERS, headers=headers)
    assert (refused.status_code, refused.json()["code"]) == (403, "ADRESSE_NON_AUTORISEE")
    transport = httpx.ASGITransport(app, client=("198.51.100.9", 1))
    async with httpx.AsyncClient(transport=transport, base_url="http://testserver") as right:
        assert (await right.get(USERS, headers=headers)).status_code == 200


async def test_a_key_may_be_bound_to_agences(
    http: httpx.AsyncClient, database: Database, ouvert: TenantVue, admin: dict[str, str]
):
    key = await make(http, admin, agence_ids=[str(new_id())])
    seen = (await http.get(USERS, headers={"Authorization": f"Bearer {key['cle']}"})).json()
    assert seen["elements"] == []


@pytest.mark.parametrize(
    ("fields", "status", "code"),
    [
        ({"permissions": ["plateforme:tenant:read"]}, 403, "PERMISSION_NON_DETENUE"),
        ({"permissions": ["*"]}, 422, "PERMISSION_INCONNUE"),
        ({"permissions": ["inconnue"]}, 422, "PERMISSION_INCONNUE"),
        ({"ips": ["bureau"]}, 422, "ADRESSE_INVALIDE"),
        ({"expire_le": "2020-01-01T00:00:00Z"}, 422, "EXPIRATION_PASSEE"),
        ({"limite_minute": 0}, 422, "CHAMPS_INVALIDES"),
        ({"nom": ""}, 422, "CHAMPS_INVALIDES"),
        ({"nom": None}, 422, "CHAMPS_INVALIDES"),
    ],
)
async def test_a_wrong_key_is_told(
    http: httpx.AsyncClient, admin: dict[str, str], fields: dict[str, Any], status: int, code: str
):
    answer = await http.post(CLES, headers=admin, json={"nom": "K", "permissions": ["user:read"]} | fields)
    assert (answer.status_code, answer.json()["code"]) == (status, code)


async def test_without_permissions_a_key_takes_the_usual_ones(http: httpx.AsyncClient, admin: dict[str, str]):
    answer = await http.post(CLES, headers=admin, json={"nom": "K"})
    assert answer.status_code == 201


async def test_keys_of_another_tenant_do_not_exist(http: httpx.AsyncClient, database: Database, admin: dict[str, str]):
    other = await make_tenant(database)
    async with database.transaction(other.id) as session:
        key, _secret = await create_cle_api(session, nom="Voisine", permissions=[])
    assert (await http.delete(f"{CLES}/{key.id}", headers=admin)).status_code == 404
    assert "Voisine" not in (await http.get(CLES, headers=admin)).text


@pytest.mark.parametrize("cle", ["gk_", "gk_00000000_" + "A" * 43, "gk_é"])
async def test_a_made_up_key_is_nobody(http: httpx.AsyncClient, cle: str):
    answer = await http.get(USERS, headers=httpx.Headers([(b"X-API-Key", cle.encode())]))
    assert (answer.status_code, answer.json()["code"]) == (401, "JETON_INVALIDE")


async def test_a_key_is_not_a_person(http: httpx.AsyncClient, admin: dict[str, str]):
    key = await make(http, admin)
    for path in ("/api/v1/sessions", "/compte/securite"):
        answer = await http.get(path, headers={"Authorization": f"Bearer {key['cle']}", "accept": "application/json"})
        assert answer.status_code == 401
