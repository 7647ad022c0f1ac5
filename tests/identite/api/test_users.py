"""People over the API: who may do what to whom."""

from typing import Any
from uuid import UUID

import httpx
import pytest
from sqlalchemy import text

from guichet.identite.facade import PLATEFORME, TenantVue
from guichet.socle.database import Database
from guichet.socle.ids import new_id
from tests.identite.fabrique import bearer, bearer_of, make_tenant, make_user

USERS = "/api/v1/users"
ROLES = ("ADMIN_TENANT", "ADMIN_AGENCE", "ADMIN_CT", "CONTROLEUR", "CALL_CENTER", "CLIENT")


def person(**fields: Any) -> dict[str, Any]:
    return {"email": f"{new_id().hex}@exemple.fr", "nom": "Martin", "prenom": "Ada", "role": "CALL_CENTER"} | fields


@pytest.fixture
async def admin(database: Database, ouvert: TenantVue) -> dict[str, str]:
    return await bearer_of(database, ouvert, "ADMIN_TENANT")


async def test_an_account_is_created_read_changed_and_closed(http: httpx.AsyncClient, admin: dict[str, str]):
    body = person(telephone="06 39 98 12 34", permissions=["user:read"])
    made = await http.post(USERS, headers=admin, json=body)
    assert made.status_code == 201
    user = made.json()
    assert (user["email"], user["telephone"], user["actif"], user["a_mot_de_passe"]) == (
        body["email"],
        "+33639981234",
        True,
        False,
    )
    assert not {"mot_de_passe", "totp_secret", "epoque", "tri", "tenant_id"} & user.keys()
    one = f"{USERS}/{user['id']}"
    assert (await http.get(one, headers=admin)).json() == user
    changed = await http.put(one, headers=admin, json={"nom": "Roux", "telephone": None, "version": 1})
    assert (changed.json()["nom"], changed.json()["telephone"], changed.json()["version"]) == ("Roux", None, 2)
    stale = await http.put(one, headers=admin, json={"nom": "Vieux", "version": 1})
    assert (stale.status_code, stale.json()["code"], stale.json()["version"]) == (409, "VERSION_PERIMEE", 2)
    invited = await http.post(f"{one}/invitation", headers=admin)
    assert invited.json()["invite_le"] is not None
    closed = await http.delete(one, headers=admin)
    assert (closed.status_code, closed.json()["actif"]) == (200, False)
    assert (await http.post(f"{one}/invitation", headers=admin)).json()["code"] == "COMPTE_DESACTIVE"
    again = await http.put(one, headers=admin, json={"actif": True})
    assert again.json()["actif"] is True


async def test_the_same_request_sent_twice_makes_one_account(http: httpx.AsyncClient, admin: dict[str, str]):
    body, key = person(), {"Idempotency-Key": new_id().hex}
    one = await http.post(USERS, headers=admin | key, json=body)
    two = await http.post(USERS, headers=admin | key, json=body)
    assert (one.status_code, two.status_code, two.headers["idempotency-replayed"]) == (201, 201, "true")
    assert one.json()["id"] == two.json()["id"]
    other = await http.post(USERS, headers=admin | key, json=person())
    assert (other.status_code, other.json()["code"]) == (422, "IDEMPOTENCE_CONFLIT")


@pytest.mark.parametrize(
    ("fields", "status", "code"),
    [
        ({"email": "ada"}, 422, "EMAIL_INVALIDE"),
        ({"telephone": "12"}, 422, "TELEPHONE_INVALIDE"),
        ({"role": "ROI"}, 422, "CHAMPS_INVALIDES"),
        ({"nom": "  "}, 422, "CHAMPS_INVALIDES"),
        ({"nom": "a\u0000b"}, 422, "CHAMPS_INVALIDES"),
        ({"inconnu": 1}, 422, "CHAMPS_INVALIDES"),
        ({"permissions": ["voler:*"]}, 403, "PERMISSION_NON_DETENUE"),
        ({"permissions": ["plateforme:agir"]}, 403, "PERMISSION_NON_DETENUE"),
        ({"permissions": ["*"]}, 403, "PERMISSION_NON_DETENUE"),
        ({"role": "SUPER_ADMIN"}, 403, "ROLE_NON_ATTRIBUABLE"),
        ({"role": "API_KEY"}, 403, "ROLE_NON_ATTRIBUABLE"),
        ({"mot_de_passe": "Motdepasse2026"}, 422, "MOT_DE_PASSE_FAIBLE"),
    ],
)
async def test_a_refused_account_says_why(
    http: httpx.AsyncClient, admin: dict[str, str], fields: dict[str, Any], status: int, code: str
):
    answer = await http.post(USERS, headers=admin, json=person(**fields))
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer.json()["champs"]


async def test_the_list_is_paged_sorted_and_filtered(http: httpx.AsyncClient, admin: dict[str, str]):
    for nom in ("Zola", "Élan", "abel"):
        await http.post(USERS, headers=admin, json=person(nom=nom, role="CLIENT"))
    first = (await http.get(USERS, headers=admin, params={"limite": 2, "role": "CLIENT"})).json()
    assert [u["nom"] for u in first["elements"]] == ["abel", "Élan"]
    rest = (
        await http.get(USERS, headers=admin, params={"limite": 2, "role": "CLIENT", "curseur": first["suivant"]})
    ).json()
    assert ([u["nom"] for u in rest["elements"]], rest["suivant"]) == (["Zola"], None)
    found = (await http.get(USERS, headers=admin, params={"q": "éla"})).json()
    assert [u["nom"] for u in found["elements"]] == ["Élan"]
    assert (await http.get(USERS, headers=admin, params={"actif": False})).json()["elements"] == []
    assert (await http.get(USERS, headers=admin, params={"limite": 101})).status_code == 422
    keys = (await http.get("/api/v1/cles-api", headers=admin)).json()
    assert keys["suivant"] is None
    other = (await http.get(USERS, headers=admin, params={"curseur": "x"})).json()
    assert other["code"] == "CURSEUR_INVALIDE"


async def test_a_cursor_of_another_list_is_refused(http: httpx.AsyncClient, admin: dict[str, str]):
    for _ in range(2):
        await http.post("/api/v1/cles-api", headers=admin, json={"nom": "K", "permissions": []})
    cursor = (await http.get("/api/v1/cles-api?limite=1", headers=admin)).json()["suivant"]
    answer = await http.get(USERS, headers=admin, params={"curseur": cursor})
    assert (answer.status_code, answer.json()["code"]) == (422, "CURSEUR_INVALIDE")


HANDS_OUT = {
    "SUPER_ADMIN": set(ROLES),
    "ADMIN_TENANT": set(ROLES),
    "ADMIN_AGENCE": {"ADMIN_CT", "CONTROLEUR", "CLIENT"},
    "API_KEY": set(ROLES) - {"ADMIN_TENANT"},
}


@pytest.mark.parametrize("giver", ["SUPER_ADMIN", *ROLES, "API_KEY"])
async def test_each_role_makes_changes_and_closes_only_those_below_it(
    http: httpx.AsyncClient, database: Database, ouvert: TenantVue, giver: str
):
    agence = new_id()
    scope: dict[str, Any] = {} if giver == "SUPER_ADMIN" else {"agence_ids": [agence]}
    if giver == "API_KEY":
        scope = {"permissions": ["user:*"]}
    headers = await bearer_of(database, ouvert, giver, **scope) | {"X-Tenant-ID": str(ouvert.id)}
    done: dict[str, set[str]] = {"POST": set(), "PUT": set(), "DELETE": set()}
    for role in ROLES:
        body = person(role=role, agence_ids=[str(agence)])
        if (await http.post(USERS, headers=headers, json=body)).status_code == 201:
            done["POST"].add(role)
        target = f"{USERS}/{(await make_user(database, ouvert, role, agence_ids=[agence])).id}"
        if (await http.put(target, headers=headers, json={"prenom": "Eva"})).status_code == 200:
            done["PUT"].add(role)
        if (await http.delete(target, headers=headers)).status_code == 200:
            done["DELETE"].add(role)
    expected = HANDS_OUT.get(giver, set())
    assert done == {"POST": expected, "PUT": expected, "DELETE": expected}


async def test_nobody_rises_by_changing_an_account(http: httpx.AsyncClient, database: Database, ouvert: TenantVue):
    agence = new_id()
    boss = await make_user(database, ouvert, "ADMIN_AGENCE", agence_ids=[agence])
    headers = await bearer(database, boss)
    below = await make_user(database, ouvert, "CONTROLEUR", agence_ids=[agence])
    changes: list[tuple[dict[str, Any], str]] = [
        ({"role": "ADMIN_TENANT"}, "ROLE_NON_ATTRIBUABLE"),
        ({"role": "ADMIN_AGENCE"}, "ROLE_NON_ATTRIBUABLE"),
        ({"permissions": ["tenant:settings:update"]}, "PERMISSION_NON_DETENUE"),
        ({"agence_ids": [str(new_id())]}, "PERIMETRE_DEPASSE"),
        ({"agence_ids": []}, "PERIMETRE_DEPASSE"),
        ({"centre_ids": [str(new_id())]}, "PERIMETRE_DEPASSE"),
        ({"nom": None}, "CHAMPS_INVALIDES"),
    ]
    for change, code in changes:
        answer = await http.put(f"{USERS}/{below.id}", headers=headers, json=change)
        assert (change, answer.json().get("code")) == (change, code)
    own: list[dict[str, Any]] = [
        {"role": "ADMIN_CT"}, {"permissions": []}, {"actif": False}, {"agence_ids": [str(agence)]}
    ]  # fmt: skip
    for change in own:
        answer = await http.put(f"{USERS}/{boss.id}", headers=headers, json=change)
        assert answer.json()["code"] == "PROPRE_COMPTE"
    assert (await http.delete(f"{USERS}/{boss.id}", headers=headers)).json()["code"] == "PROPRE_COMPTE"


async def test_permissions_someone_else_gave_may_stay(http: httpx.AsyncClient, database: Database, ouvert: TenantVue):
    agence = new_id()
    headers = await bearer_of(database, ouvert, "ADMIN_AGENCE", agence_ids=[agence])
    below = await make_user(database, ouvert, "CONTROLEUR", agence_ids=[agence], permissions=["tenant:settings:read"])
    kept = await http.put(
        f"{USERS}/{below.id}", headers=headers, json={"permissions": ["tenant:settings:read", "user:read"]}
    )
    assert kept.status_code == 200


async def test_a_limited_administrator_does_not_see_beyond_its_agences(
    http: httpx.AsyncClient, database: Database, ouvert: TenantVue
):
    mine, others = new_id(), new_id()
    headers = await bearer_of(database, ouvert, "ADMIN_AGENCE", agence_ids=[mine])
    hidden = await make_user(database, ouvert, "CONTROLEUR", agence_ids=[others])
    target = f"{USERS}/{hidden.id}"
    assert hidden.email not in (await http.get(USERS, headers=headers)).text
    for method, path in (("GET", ""), ("PUT", ""), ("DELETE", ""), ("POST", "/invitation"), ("POST", "/deconnexion")):
        answer = await http.request(method, target + path, headers=headers, json={} if method == "PUT" else None)
        assert (answer.status_code, answer.json()["code"]) == (404, "USER_NOT_FOUND")
    assert (await http.post(USERS, headers=headers, json=person(role="CONTROLEUR"))).json()[
        "code"
    ] == "PERIMETRE_DEPASSE"


async def test_another_tenants_people_do_not_exist(http: httpx.AsyncClient, database: Database, admin: dict[str, str]):
    stranger = await make_user(database, await make_tenant(database))
    target = f"{USERS}/{stranger.id}"
    for method, path in (("GET", ""), ("PUT", ""), ("DELETE", ""), ("POST", "/invitation"), ("POST", "/deconnexion")):
        answer = await http.request(method, target + path, headers=admin, json={} if method == "PUT" else None)
        assert (answer.status_code, answer.json()["code"]) == (404, "USER_NOT_FOUND")
    assert stranger.email not in (await http.get(USERS, headers=admin, params={"limite": 100})).text
    assert (await http.get(f"{USERS}/pas-un-identifiant", headers=admin)).status_code == 404


async def test_an_administrator_ends_someones_sign_ins(
    http: httpx.AsyncClient, database: Database, ouvert: TenantVue, admin: dict[str, str]
):
    user = await make_user(database, ouvert, "CALL_CENTER")
    theirs = await bearer(database, user)
    assert (await http.get("/api/v1/sessions", headers=theirs)).status_code == 200
    assert (await http.post(f"{USERS}/{user.id}/deconnexion", headers=admin)).status_code == 204
    assert (await http.get("/api/v1/sessions", headers=theirs)).status_code == 401


async def test_a_super_administrator_names_the_tenant_and_leaves_a_trace_there(
    http: httpx.AsyncClient, database: Database, ouvert: TenantVue
):
    boss = await make_user(database, PLATEFORME, "SUPER_ADMIN")
    headers = await bearer(database, boss)
    refused = await http.get(USERS, headers=headers)
    assert (refused.status_code, refused.json()["code"]) == (422, "TENANT_REQUIS")
    for name in (str(ouvert.id), ouvert.slug):
        assert (await http.get(USERS, headers=headers | {"X-Tenant-ID": name})).status_code == 200
    for name in ("inconnu", str(new_id())):
        assert (await http.get(USERS, headers=headers | {"X-Tenant-ID": name})).json()["code"] == "TENANT_NOT_FOUND"
    assert await journal(database, ouvert.id, "plateforme.agir") == [str(boss.id)]


async def journal(database: Database, tenant_id: UUID, action: str) -> list[str]:
    """What the journal of a tenant says of an action."""
    async with database.transaction(tenant_id) as session:
        query = text("select entite_id from socle.audit where tenant_id = :t and action = :a")
        return list(await session.scalars(query, {"t": tenant_id, "a": action}))


async def test_every_write_is_in_the_journal(
    http: httpx.AsyncClient, database: Database, ouvert: TenantVue, admin: dict[str, str]
):
    made = (await http.post(USERS, headers=admin, json=person())).json()["id"]
    await http.put(f"{USERS}/{made}", headers=admin, json={"nom": "Roux"})
    await http.post(f"{USERS}/{made}/invitation", headers=admin)
    await http.post(f"{USERS}/{made}/deconnexion", headers=admin)
    await http.delete(f"{USERS}/{made}", headers=admin)
    for action in ("user.create", "user.update", "user.invite", "user.sign_out"):
        assert made in await journal(database, ouvert.id, action), action
