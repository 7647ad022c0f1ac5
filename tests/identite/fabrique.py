"""What the tests of every context take from identity: a tenant, people of every role, authenticated requests.

`tenant = await make_tenant(database)`, `user = await make_user(database, tenant, "ADMIN_CT")`,
`headers = await bearer(database, user)` (or `bearer_of(database, tenant, "ADMIN_CT")` for both at once; `cookies =
await browser(database, user)` for pages); without a database, `appelant("ADMIN_CT", tenant_id=...)` is the caller an
action sees.
"""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from guichet.identite.actions.sessions import issue_access, open_session
from guichet.identite.api.authentification import cookie_name
from guichet.identite.facade import (
    PLATEFORME,
    TenantVue,
    UserVue,
    create_cle_api,
    create_tenant,
    create_user,
    permissions_of,
)
from guichet.identite.questions.connexion import get_candidate
from guichet.socle.acces import Appelant
from guichet.socle.database import Database
from guichet.socle.ids import new_id

MOT_DE_PASSE = "cheval bleu agrafe"


async def fill_tenant(session: AsyncSession, **fields: Any) -> TenantVue:
    """A tenant made in this session, which is in it afterwards (or already was, empty). Without limits by default."""
    tenant_id = session.info.get("tenant_id")
    values = {"nom": "Réseau d'essai", "slug": f"t-{new_id().hex[-20:]}", "max_users": None, "max_agences": None}
    return await create_tenant(session, **(values | {"tenant_id": tenant_id} | fields))


async def make_tenant(database: Database, **fields: Any) -> TenantVue:
    """A committed tenant, without limits by default."""
    async with database.transaction() as session:
        return await fill_tenant(session, **fields)


async def make_user(database: Database, tenant: TenantVue | UUID, role: str = "ADMIN_TENANT", **fields: Any) -> UserVue:
    """A committed person of a tenant, with `MOT_DE_PASSE` and a made-up address unless told otherwise."""
    tenant_id = tenant if isinstance(tenant, UUID) else tenant.id
    values = {"email": f"{new_id().hex}@exemple.fr", "nom": role.title(), "prenom": "Ada", "mot_de_passe": MOT_DE_PASSE}
    async with database.transaction(tenant_id) as session:
        return await create_user(session, **(values | {"role": role} | fields))


def appelant(
    role: str,
    *,
    tenant_id: UUID | None = None,
    permissions: Iterable[str] = (),
    centre_ids: Iterable[UUID] = (),
    agence_ids: Iterable[UUID] = (),
    user_id: UUID | None = None,
) -> Appelant:
    """The caller an action or a route sees for a role; `permissions` are those added to the role's."""
    return Appelant(
        user_id=None if role == "API_KEY" else user_id or new_id(),
        tenant_id=tenant_id,
        role=role,
        permissions=permissions_of(role, permissions),
        centre_ids=frozenset(centre_ids),
        agence_ids=frozenset(agence_ids),
        via="cle_api" if role == "API_KEY" else "jwt",
        nom="Ada Essai",
        email="ada@exemple.fr",
    )


async def bearer(database: Database, user: UserVue) -> dict[str, str]:
    """The header of a program signed in as this person."""
    async with database.transaction(user.tenant_id) as session:
        candidate = await get_candidate(session, tenant_id=user.tenant_id, user_id=user.id)
        assert candidate is not None
        opened = await open_session(session, candidate, canal="api", appareil="essai")
    return {"Authorization": f"Bearer {await issue_access(database, opened)}"}


async def bearer_of(database: Database, tenant: TenantVue | UUID, role: str, **fields: Any) -> dict[str, str]:
    """The header of a new person of that role, or of a new key with the role's permissions (`API_KEY`)."""
    if role == "API_KEY":
        permissions = fields.pop("permissions", None) or permissions_of(role)
        async with database.transaction(tenant if isinstance(tenant, UUID) else tenant.id) as session:
            fields.setdefault("limite_minute", None)
            _vue, secret = await create_cle_api(session, nom="Essai", permissions=permissions, **fields)
        return {"Authorization": f"Bearer {secret}"}
    if role == "SUPER_ADMIN":
        return await bearer(database, await make_user(database, PLATEFORME, role, **fields))
    return await bearer(database, await make_user(database, tenant, role, **fields))


async def browser(database: Database, user: UserVue) -> dict[str, str]:
    """The cookie of a browser signed in as this person."""
    async with database.transaction(user.tenant_id) as session:
        candidate = await get_candidate(session, tenant_id=user.tenant_id, user_id=user.id)
        assert candidate is not None
        opened = await open_session(session, candidate, canal="page", appareil="essai")
    return {cookie_name(): opened.secret}
