"""Tenants: opened, found, changed, closed."""

import asyncio
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError, ProgrammingError
from sqlalchemy.ext.asyncio import AsyncSession

from guichet.identite.actions.tenants import DU_PLAN
from guichet.identite.facade import (
    PLATEFORME,
    TenantVue,
    create_tenant,
    deactivate_tenant,
    find_tenant,
    find_tenants,
    get_tenant,
    list_tenants,
    lock_tenant,
    update_tenant,
)
from guichet.socle.database import Database
from guichet.socle.errors import Conflict, Invalid, NotFound
from guichet.socle.ids import new_id
from tests.identite.fabrique import fill_tenant, make_tenant, make_user
from tests.identite.test_users import told


async def test_a_tenant_takes_its_slug_from_its_name_and_its_limits_from_its_plan(session: AsyncSession):
    suffix = new_id().hex[-8:]
    tenant = await create_tenant(
        session, nom=f"Éclair & Fils {suffix}", plan="business", type="franchise", tenant_id=session.info["tenant_id"]
    )
    assert tenant.slug == f"eclair-fils-{suffix}"
    assert (tenant.max_users, tenant.max_agences, tenant.actif, tenant.version) == (50, 20, True, 1)
    assert (tenant.branding["brand_h"], tenant.contact["langue"]) == (258, "fr")
    assert await told(session) == ["tenant.created"]
    assert await get_tenant(session, tenant_id=tenant.id) == tenant
    assert await find_tenant(session, slug=tenant.slug) == tenant


async def test_a_session_without_tenant_is_in_the_new_one(database: Database):
    async with database.transaction() as session:
        tenant = await fill_tenant(session, max_users=3)
        assert session.info["tenant_id"] == tenant.id
        assert (await lock_tenant(session)).max_users == 3


@pytest.mark.parametrize(
    ("fields", "code", "champ"),
    [
        ({"slug": "Éclair"}, "SLUG_INVALIDE", "slug"),
        ({"nom": "!!!", "slug": None}, "SLUG_INVALIDE", "slug"),
        ({"type": "groupe"}, "TYPE_INCONNU", "type"),
        ({"plan": "gratuit"}, "PLAN_INCONNU", "plan"),
        ({"domaine": "http://x.fr"}, "HOTE_INVALIDE", "hosts"),
        ({"hosts": ["localhost"]}, "HOTE_INVALIDE", "hosts"),
    ],
)
async def test_what_cannot_be_a_tenant_is_told_with_its_field(
    session: AsyncSession, fields: dict[str, Any], code: str, champ: str
):
    with pytest.raises(Invalid) as refused:
        await fill_tenant(session, **fields)
    assert (refused.value.code, list(refused.value.champs)) == (code, [champ])


async def test_visitors_find_the_tenant_of_a_host_and_nobody_elses(database: Database):
    host = f"rdv-{new_id().hex[-10:]}.example"
    tenant = await make_tenant(database, domaine=host, hosts=[f"www.{host}", host.upper()])
    assert (tenant.domaine, tenant.hosts) == (host, (host, f"www.{host}"))
    async with database.transaction() as session:
        for text_ in (host, f"{host.upper()}:8443", f"www.{host}."):
            found = await find_tenant(session, host=text_)
            assert found is not None
            assert found.id == tenant.id
        for text_ in ("", "[::1]", f"autre.{host}", "localhost:8000"):
            assert await find_tenant(session, host=text_) is None
        assert await find_tenant(session, slug="inconnu") is None
        with pytest.raises(NotFound, match="Réseau introuvable"):
            await get_tenant(session, tenant_id=new_id())


async def test_a_slug_and_a_host_belong_to_one_tenant(database: Database):
    host = f"{new_id().hex[-10:]}.example"
    tenant = await make_tenant(database, hosts=[host])
    with pytest.raises(Conflict) as refused:
        await make_tenant(database, slug=tenant.slug)
    assert refused.value.code == "SLUG_DEJA_UTILISE"
    with pytest.raises(Conflict) as refused:
        await make_tenant(database, hosts=[host])
    assert refused.value.code == "HOTE_DEJA_UTILISE"
    other = await make_tenant(database)
    changes: list[tuple[dict[str, Any], str]] = [
        ({"slug": tenant.slug}, "SLUG_DEJA_UTILISE"),
        ({"domaine": host}, "HOTE_DEJA_UTILISE"),
    ]
    for change, code in changes:
        with pytest.raises(Conflict) as refused:
            async with database.transaction(other.id) as session:
                await update_tenant(session, **change)
        assert refused.value.code == code


async def test_the_same_slug_asked_for_at_once_opens_one_tenant(database: Database):
    slug = f"t-{new_id().hex[-12:]}"
    outcomes = await asyncio.gather(*(make_tenant(database, slug=slug) for _ in range(6)), return_exceptions=True)
    assert sorted(type(o).__name__ for o in outcomes) == ["Conflict"] * 5 + ["TenantVue"]


async def test_a_change_moves_hosts_limits_and_version(session: AsyncSession):
    tag = new_id().hex[-8:]
    tenant = await fill_tenant(session, domaine=f"a-{tag}.example", hosts=[f"b-{tag}.example"], max_users=DU_PLAN)
    changed = await update_tenant(session, version=1, plan="enterprise", max_agences=7, domaine=f"c-{tag}.example")
    assert (changed.max_users, changed.max_agences, changed.version) == (100, 7, 2)
    assert changed.hosts == (f"c-{tag}.example", f"b-{tag}.example")
    assert await find_tenants(session, genre="hote", valeur=f"a-{tag}.example") == []
    assert await find_tenants(session, genre="hote", valeur=f"c-{tag}.example") == [tenant.id]
    nameless = await update_tenant(session, domaine=None, hosts=[])
    assert (nameless.domaine, nameless.hosts) == (None, ())
    assert await update_tenant(session, nom=nameless.nom) == nameless
    with pytest.raises(Conflict, match="modifiées entre-temps"):
        await update_tenant(session, version=1, nom="Autre")
    with pytest.raises(Invalid):
        await update_tenant(session, type="x")


async def test_a_tenant_that_was_never_opened_is_not_found(session: AsyncSession):
    with pytest.raises(NotFound, match="Réseau introuvable"):
        await update_tenant(session, nom="Fantôme")


async def test_a_closed_tenant_is_still_found_and_the_house_cannot_close(database: Database):
    tenant = await make_tenant(database)
    async with database.transaction(tenant.id) as session:
        assert not (await deactivate_tenant(session)).actif
    async with database.transaction() as session:
        assert not (await get_tenant(session, tenant_id=tenant.id)).actif
        assert tenant.id in {t.id for t in await list_tenants(session, actif=False)}
        assert tenant.id not in {t.id for t in await list_tenants(session, actif=True)}
    with pytest.raises(Conflict, match="plateforme"):
        async with database.transaction(PLATEFORME) as session:
            await deactivate_tenant(session)


async def test_tenants_are_listed_in_pages_without_the_house(database: Database):
    made = [(await make_tenant(database)).id for _ in range(3)]
    async with database.transaction() as session:
        every = [t.id for t in await list_tenants(session)]
        assert PLATEFORME not in every
        assert [i for i in every if i in made] == made
        page = await list_tenants(session, apres=made[0], limite=1)
        assert [t.id for t in page] == [made[1]]
        assert await list_tenants(session, apres=new_id(), limite=1) == await list_tenants(session, limite=1)


async def test_a_tenant_can_read_the_others_names_but_change_nothing_of_them(database: Database, ouvert: TenantVue):
    other = await make_tenant(database)
    async with database.transaction(ouvert.id) as session:
        assert (await get_tenant(session, tenant_id=other.id)).nom == other.nom
        changed = await session.execute(
            text("update identite.tenant set nom = 'volé' where id = :id returning id"), {"id": other.id}
        )
        assert changed.fetchall() == []
        gone = await session.execute(
            text("delete from identite.repere where tenant_id <> :id returning 1"), {"id": ouvert.id}
        )
        assert gone.fetchall() == []
    with pytest.raises(ProgrammingError, match="row-level security"):
        async with database.transaction(ouvert.id) as session:
            await session.execute(
                text("insert into identite.repere (genre, empreinte, tenant_id) values ('hote', '\\x00', :id)"),
                {"id": other.id},
            )
    with pytest.raises(ProgrammingError, match="permission denied"):
        async with database.transaction(ouvert.id) as session:
            await session.execute(text("delete from identite.tenant"))


async def test_no_super_administrator_outside_the_house(database: Database, ouvert: TenantVue):
    for tenant, role in ((ouvert.id, "SUPER_ADMIN"), (PLATEFORME, "ADMIN_TENANT")):
        with pytest.raises(IntegrityError, match="super_admin_a_la_maison"):
            await make_user(database, tenant, role)
