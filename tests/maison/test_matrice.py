"""Every documented route under every role, and with another tenant's objects: the matrix holds, cell by cell."""

import re
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from guichet.identite.facade import TenantVue, permissions_of
from guichet.socle.database import Database
from guichet.socle.ids import new_id
from tests.identite.fabrique import bearer_of, make_tenant
from tests.maison import objets

ROLES = ("SUPER_ADMIN", "ADMIN_TENANT", "ADMIN_AGENCE", "ADMIN_CT", "CONTROLEUR", "CALL_CENTER", "CLIENT", "API_KEY")
# These end or change the caller's own session: each call gets a caller of its own.
CONSUMING = re.compile(r"/sessions|/compte|/auth/")


@dataclass(frozen=True)
class Operation:
    methode: str
    chemin: str
    permission: str

    @property
    def nom(self) -> str:
        return f"{self.methode} {self.chemin}"

    def url(self, **ids: Any) -> str:
        return re.sub(r"\{(\w+)\}", lambda m: str(ids.get(m[1], new_id())), self.chemin)


def operations(app: FastAPI) -> list[Operation]:
    return [
        Operation(method.upper(), path, description["x-permission"])
        for path, methods in app.openapi()["paths"].items()
        for method, description in methods.items()
    ]


def holds(role: str, permission: str) -> bool:
    held = permissions_of(role, ())
    parts = permission.split(":")
    return bool({"*", permission, *(":".join(parts[:n]) + ":*" for n in range(1, len(parts)))} & held)


async def call(client: httpx.AsyncClient, operation: Operation, headers: dict[str, str], **ids: Any) -> httpx.Response:
    body: dict[str, Any] | None = {} if operation.methode in {"POST", "PUT", "PATCH"} else None
    return await client.request(operation.methode, operation.url(**ids), headers=headers, json=body)


def verdict(response: httpx.Response, role: str, operation: Operation) -> str | None:
    """What is wrong with an answer; None when the cell of the matrix holds."""
    refused = response.status_code == 403 and response.json().get("code") == "PERMISSION_REFUSEE"
    if response.status_code >= 500:
        return f"{operation.nom} as {role}: {response.status_code}"
    if operation.permission == "public":
        return f"{operation.nom} is public and refused {role}" if refused else None
    if role == "anonyme":
        return None if response.status_code == 401 else f"{operation.nom} let a passer-by in: {response.status_code}"
    if operation.permission == "connecte":
        return f"{operation.nom} refused {role}, who is signed in" if refused else None
    allowed = any(holds(role, p.strip()) for p in re.split(r"[,|]", operation.permission))
    if allowed and (refused or response.status_code == 401):
        return f"{operation.nom} refused {role}, who holds {operation.permission}"
    if not allowed and not refused:
        return f"{operation.nom} let {role} in without {operation.permission}: {response.status_code}"
    return None


@pytest.fixture(scope="session")
async def tenant_a(database: Database) -> TenantVue:
    return await make_tenant(database)


async def test_every_route_under_every_role(
    app: FastAPI, client: httpx.AsyncClient, database: Database, tenant_a: TenantVue
):
    wrong = []
    everything = operations(app)
    assert len(everything) > 30
    for role in (*ROLES, "anonyme"):
        standing: dict[str, str] = {} if role == "anonyme" else await bearer_of(database, tenant_a, role)
        for operation in everything:
            own = bool(CONSUMING.search(operation.chemin)) and role != "anonyme"
            headers = await bearer_of(database, tenant_a, role) if own else standing
            wrong.append(verdict(await call(client, operation, headers), role, operation))
    assert [w for w in wrong if w] == []


async def test_another_tenants_objects_do_not_exist(
    app: FastAPI, client: httpx.AsyncClient, database: Database, tenant_a: TenantVue
):
    theirs = await objets.make_objects(database)
    stranger = await bearer_of(database, tenant_a, "ADMIN_TENANT")
    owner = await bearer_of(database, theirs.tenant, "ADMIN_TENANT")
    wrong, met = [], set()
    for operation in operations(app):
        names = re.findall(r"\{(\w+)\}", operation.chemin)
        if len(names) != 1 or names[0] not in theirs.ids or operation.permission == "public":
            continue
        met.add(names[0])
        before = await client.get(operation.url(**theirs.ids), headers=owner)
        response = await call(client, operation, stranger, **theirs.ids)
        after = await client.get(operation.url(**theirs.ids), headers=owner)
        # A write may be refused for its empty body before anything is looked up: as good, nothing is told.
        accepted = {404} if operation.methode in {"GET", "DELETE"} else {404, 422, 428}
        if response.status_code not in accepted:
            wrong.append(f"{operation.nom}: {response.status_code} {response.text[:200]}")
        if before.status_code == 200 and before.text != after.text:
            wrong.append(f"{operation.nom}: changed another tenant's object")
    assert wrong == []
    assert met == set(theirs.ids), "an object of the list is reached by no route"


async def test_lists_hold_only_the_callers_own(client: httpx.AsyncClient, database: Database, tenant_a: TenantVue):
    theirs = await objets.make_objects(database)
    stranger = await bearer_of(database, tenant_a, "ADMIN_TENANT")
    for path in objets.LISTS:
        response = await client.get(path, headers=stranger)
        assert response.status_code == 200, f"{path}: {response.text[:200]}"
        assert not [i for i in theirs.ids.values() if str(i) in response.text], path


def test_the_verdict_notices_a_cell_that_does_not_hold():
    guarded, open_to_all = Operation("GET", "/x", "user:read"), Operation("GET", "/y", "public")
    ok, refused = httpx.Response(200, json={}), httpx.Response(403, json={"code": "PERMISSION_REFUSEE"})
    assert verdict(ok, "anonyme", guarded)
    assert verdict(ok, "CLIENT", guarded)
    assert verdict(refused, "ADMIN_TENANT", guarded)
    assert verdict(refused, "CLIENT", open_to_all)
    assert verdict(httpx.Response(500), "CLIENT", open_to_all)
    assert verdict(refused, "CLIENT", guarded) is None
