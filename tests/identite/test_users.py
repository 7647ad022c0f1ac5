"""Accounts: made once, limited, changed, closed."""

import asyncio
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from guichet.identite.facade import (
    TenantVue,
    count_users,
    create_tenant,
    create_user,
    deactivate_user,
    find_tenants,
    find_user,
    get_user,
    invite_user,
    link_or_create_user,
    list_users,
    update_user,
)
from guichet.identite.metier.vues import Perimetre
from guichet.identite.tables import Revocation, User
from guichet.socle.database import Database
from guichet.socle.errors import Conflict, GuichetError, Invalid, NotFound
from guichet.socle.ids import new_id
from tests.identite.fabrique import MOT_DE_PASSE, make_tenant, make_user


async def told(session: AsyncSession) -> list[str]:
    """The names of the messages published so far in this transaction."""
    return list(await session.scalars(text("select type from socle.messages order by id")))


def person(**fields: Any) -> dict[str, Any]:
    return {"email": "Ada.Martin@Exemple.fr", "nom": "Martin", "prenom": "Ada", "role": "CALL_CENTER"} | fields


async def test_a_new_account_is_found_by_its_address_in_any_case_and_invited(session: AsyncSession, tenant: TenantVue):
    user = await create_user(session, **person(telephone="06 39 98 12 34", permissions=["courrier:*"]))
    assert (user.email, user.telephone, user.permissions) == ("ada.martin@exemple.fr", "+33639981234", ("courrier:*",))
    assert (user.actif, user.a_mot_de_passe, user.email_verifie, user.double_facteur) == (True, False, False, False)
    assert await find_user(session, email=" ADA.martin@exemple.fr") == await get_user(session, user_id=user.id)
    assert await find_user(session, email="personne@exemple.fr") is None
    assert await find_user(session, email="personne") is None
    assert await find_tenants(session, genre="email", valeur="ada.martin@exemple.fr") == [tenant.id]
    assert (await told(session))[-2:] == ["user.created", "user.invited"]


async def test_a_password_is_held_to_the_rules_except_for_a_demonstration(session: AsyncSession, tenant: TenantVue):
    with pytest.raises(Invalid):
        await create_user(session, **person(mot_de_passe="court"))
    user = await create_user(session, **person(mot_de_passe="court", politique=False))
    assert user.a_mot_de_passe


async def test_a_person_given_a_password_is_not_invited(session: AsyncSession, tenant: TenantVue):
    user = await create_user(session, **person(mot_de_passe=MOT_DE_PASSE))
    assert user.a_mot_de_passe
    assert user.invite_le is None
    row = await session.get_one(User, (tenant.id, user.id))
    assert row.mot_de_passe is not None
    assert row.mot_de_passe.startswith("$argon2id$")
    assert "user.invited" not in await told(session)
    with pytest.raises(Conflict, match="déjà choisi"):
        await invite_user(session, user_id=user.id)


@pytest.mark.parametrize(
    ("fields", "code", "champ"),
    [
        ({"email": "ada"}, "EMAIL_INVALIDE", "email"),
        ({"telephone": "12"}, "TELEPHONE_INVALIDE", "telephone"),
        ({"permissions": ["voler:banque"]}, "PERMISSION_INCONNUE", "permissions"),
        ({"permissions": ["*"]}, "PERMISSION_INCONNUE", "permissions"),
        ({"mot_de_passe": "court"}, "MOT_DE_PASSE_FAIBLE", "mot_de_passe"),
        ({"mot_de_passe": "x" * 200}, "MOT_DE_PASSE_FAIBLE", "mot_de_passe"),
        ({"mot_de_passe": "Motdepasse2026"}, "MOT_DE_PASSE_FAIBLE", "mot_de_passe"),
        ({"mot_de_passe": "1234567890"}, "MOT_DE_PASSE_FAIBLE", "mot_de_passe"),
        ({"mot_de_passe": "ada.martin.1"}, "MOT_DE_PASSE_FAIBLE", "mot_de_passe"),
    ],
)
async def test_what_is_typed_wrong_is_told_with_its_field(
    session: AsyncSession, tenant: TenantVue, fields: dict[str, Any], code: str, champ: str
):
    with pytest.raises(Invalid) as refused:
        await create_user(session, **person(**fields))
    assert (refused.value.code, list(refused.value.champs)) == (code, [champ])


async def test_an_address_serves_once_per_tenant_and_again_in_another(database: Database):
    one, two = await make_tenant(database), await make_tenant(database)
    first = await make_user(database, one, email="double@exemple.fr")
    second = await make_user(database, two, email="double@exemple.fr")
    assert first.id != second.id
    with pytest.raises(Conflict) as refused:
        await make_user(database, one, email="DOUBLE@exemple.fr")
    assert refused.value.code == "EMAIL_DEJA_UTILISE"
    async with database.transaction() as session:
        assert set(await find_tenants(session, genre="email", valeur="double@exemple.fr")) >= {one.id, two.id}


async def test_another_tenants_person_does_not_exist(database: Database, ouvert: TenantVue):
    other = await make_user(database, await make_tenant(database))
    async with database.transaction(ouvert.id) as session:
        for attempt in (
            get_user(session, user_id=other.id),
            update_user(session, user_id=other.id, nom="Volé"),
            deactivate_user(session, user_id=other.id),
            invite_user(session, user_id=other.id),
        ):
            with pytest.raises(NotFound, match="Utilisateur introuvable"):
                await attempt


async def test_the_plan_limits_staff_but_not_customers(session: AsyncSession):
    tenant = await create_tenant(
        session, nom="Petit", slug=f"p-{new_id().hex[-12:]}", max_users=2, tenant_id=session.info["tenant_id"]
    )
    assert tenant.max_users == 2
    one = await create_user(session, **person(email="1@exemple.fr", role="ADMIN_TENANT"))
    await create_user(session, **person(email="2@exemple.fr"))
    client = await create_user(session, **person(email="c@exemple.fr", role="CLIENT"))
    for attempt in (
        lambda: create_user(session, **person(email="3@exemple.fr")),
        lambda: update_user(session, user_id=client.id, role="CALL_CENTER"),
    ):
        with pytest.raises(Conflict) as refused:
            await attempt()
        assert (refused.value.code, refused.value.extra) == ("LIMITE_UTILISATEURS", {"max_users": 2})
    two = await find_user(session, email="2@exemple.fr")
    assert two is not None
    await deactivate_user(session, user_id=two.id)
    await create_user(session, **person(email="3@exemple.fr"))
    with pytest.raises(Conflict):
        await update_user(session, user_id=two.id, actif=True)
    assert await count_users(session) == 2
    assert (await update_user(session, user_id=one.id, prenom="Eva")).prenom == "Eva"


async def test_twenty_people_at_once_never_pass_the_limit(database: Database):
    tenant = await make_tenant(database, max_users=7)

    async def one(n: int) -> str:
        try:
            await make_user(database, tenant, "CONTROLEUR", email=f"course{n}@exemple.fr", mot_de_passe=None)
        except GuichetError as error:
            return error.code
        return "fait"

    outcomes = await asyncio.gather(*(one(n) for n in range(20)))
    assert sorted(outcomes) == ["LIMITE_UTILISATEURS"] * 13 + ["fait"] * 7
    async with database.transaction(tenant.id) as session:
        assert await session.scalar(select(func.count()).select_from(User)) == 7


async def test_one_address_asked_for_ten_times_at_once_is_one_account(database: Database, ouvert: TenantVue):
    outcomes = await asyncio.gather(
        *(make_user(database, ouvert, email="meme@exemple.fr") for _ in range(10)), return_exceptions=True
    )
    assert sum(isinstance(o, Conflict) for o in outcomes) == 9


async def test_a_change_is_told_once_and_a_non_change_not_at_all(session: AsyncSession, tenant: TenantVue):
    user = await create_user(session, **person())
    before = await told(session)
    same = await update_user(session, user_id=user.id, nom=" Martin ", telephone=None, permissions=[])
    assert (same, await told(session)) == (user, before)
    changed = await update_user(session, user_id=user.id, nom="Martin-Roux", telephone="0639981234", version=1)
    assert (changed.nom, changed.version) == ("Martin-Roux", 2)
    assert (await told(session))[len(before) :] == ["user.updated"]
    with pytest.raises(Conflict) as refused:
        await update_user(session, user_id=user.id, nom="Autre", version=1)
    assert (refused.value.code, refused.value.extra) == ("VERSION_PERIMEE", {"version": 2})


async def test_changing_rights_ends_the_tokens_given_before(session: AsyncSession, tenant: TenantVue):
    user = await create_user(session, **person())
    await update_user(session, user_id=user.id, nom="Roux")
    assert await session.get(Revocation, user.id) is None
    changes: list[dict[str, Any]] = [
        {"role": "ADMIN_AGENCE"},
        {"permissions": ["courrier:*"]},
        {"agence_ids": [new_id()]},
        {"centre_ids": [new_id()]},
    ]
    for n, change in enumerate(changes, start=1):
        await update_user(session, user_id=user.id, **change)
        revoked = await session.get(Revocation, user.id, populate_existing=True)
        assert revoked is not None
        assert revoked.epoque == n


async def test_a_changed_address_leads_to_the_account_and_the_old_one_no_longer(
    session: AsyncSession, tenant: TenantVue
):
    user = await create_user(session, **person(email_verifie=True))
    await create_user(session, **person(email="prise@exemple.fr"))
    assert user.email_verifie
    with pytest.raises(Conflict, match="existe déjà"):
        await update_user(session, user_id=user.id, email="Prise@exemple.fr")
    moved = await update_user(session, user_id=user.id, email="nouvelle@exemple.fr")
    assert (moved.email, moved.email_verifie) == ("nouvelle@exemple.fr", False)
    assert await find_tenants(session, genre="email", valeur="nouvelle@exemple.fr") == [tenant.id]
    assert tenant.id not in await find_tenants(session, genre="email", valeur="ada.martin@exemple.fr")
    assert (await update_user(session, user_id=user.id, email="NOUVELLE@exemple.fr")).version == moved.version


async def test_a_closed_account_is_told_and_cannot_be_invited(session: AsyncSession, tenant: TenantVue):
    user = await create_user(session, **person())
    closed = await deactivate_user(session, user_id=user.id)
    assert not closed.actif
    assert (await told(session))[-1] == "user.deactivated"
    assert await deactivate_user(session, user_id=user.id) == closed
    with pytest.raises(Conflict, match="désactivé"):
        await invite_user(session, user_id=user.id)


async def test_the_last_administrator_stays(session: AsyncSession, tenant: TenantVue):
    one = await create_user(session, **person(role="ADMIN_TENANT"))
    two = await create_user(session, **person(email="2@exemple.fr", role="ADMIN_TENANT"))
    await deactivate_user(session, user_id=two.id)
    for attempt in (
        lambda: deactivate_user(session, user_id=one.id),
        lambda: update_user(session, user_id=one.id, role="CLIENT"),
    ):
        with pytest.raises(Conflict) as refused:
            async with session.begin_nested():
                await attempt()
        assert refused.value.code == "DERNIER_ADMINISTRATEUR"


async def test_two_administrators_leaving_at_once_leave_one(database: Database, ouvert: TenantVue):
    admins = [await make_user(database, ouvert, "ADMIN_TENANT") for _ in range(2)]

    async def leave(user_id: UUID) -> None:
        async with database.transaction(ouvert.id) as session:
            await deactivate_user(session, user_id=user_id)

    outcomes = await asyncio.gather(*(leave(a.id) for a in admins), return_exceptions=True)
    assert sorted(type(o).__name__ for o in outcomes) == ["Conflict", "NoneType"]


async def test_linking_makes_the_account_once_and_adds_to_its_scope(session: AsyncSession, tenant: TenantVue):
    agence, one, two = new_id(), new_id(), new_id()
    made = await link_or_create_user(
        session,
        email="c@exemple.fr",
        nom="Roux",
        prenom="Léo",
        role="CONTROLEUR",
        centre_ids=[one],
        agence_ids=[agence],
    )
    again = await link_or_create_user(session, email="C@exemple.fr", nom="X", role="CONTROLEUR", centre_ids=[two])
    assert (again.id, again.nom, again.role) == (made.id, "Roux", "CONTROLEUR")
    assert (set(again.centre_ids), again.agence_ids) == ({one, two}, (agence,))
    assert (await told(session)).count("user.invited") == 1


async def test_linking_keeps_staff_promotes_customers_and_reopens(session: AsyncSession, tenant: TenantVue):
    admin = await create_user(session, **person(email="a@exemple.fr", role="ADMIN_CT"))
    client = await create_user(session, **person(email="b@exemple.fr", role="CLIENT", inviter=False))
    await deactivate_user(session, user_id=client.id)
    assert (await link_or_create_user(session, email="a@exemple.fr", nom="", role="CONTROLEUR")).role == admin.role
    linked = await link_or_create_user(session, email="b@exemple.fr", nom="", role="CONTROLEUR")
    assert (linked.role, linked.actif) == ("CONTROLEUR", True)
    assert linked.invite_le is not None
    quiet = await create_user(session, **person(email="q@exemple.fr", role="CLIENT", inviter=False))
    assert (
        await link_or_create_user(session, email=quiet.email, nom="", role="CONTROLEUR", inviter=False)
    ).invite_le is None


async def test_people_are_listed_by_name_in_pages_and_filtered(session: AsyncSession, tenant: TenantVue):
    for n, (nom, role) in enumerate(
        [("Zola", "CLIENT"), ("Élan", "CALL_CENTER"), ("abel", "CLIENT"), ("Elan", "ADMIN_CT")]
    ):
        await create_user(
            session, **person(email=f"{nom[0].lower()}{n}@exemple.fr".replace("é", "e"), nom=nom, role=role)
        )
    first = await list_users(session, limite=3)
    assert [u.nom for u, _ in first] == ["abel", "Élan", "Elan"]
    last, tri = first[-1]
    assert [u.nom for u, _ in await list_users(session, apres=(tri, last.id))] == ["Zola"]
    assert [u.nom for u, _ in await list_users(session, q="éla")] == ["Élan", "Elan"]
    assert [u.nom for u, _ in await list_users(session, q="Z0@exemple")] == ["Zola"]
    assert [u.nom for u, _ in await list_users(session, q="@")] == []
    assert [u.nom for u, _ in await list_users(session, role="CLIENT", actif=True)] == ["abel", "Zola"]


async def test_a_limited_caller_sees_the_people_of_its_agences_and_centres_only(
    session: AsyncSession, tenant: TenantVue
):
    agence, centre = new_id(), new_id()
    await create_user(session, **person(email="1@exemple.fr", nom="Un", agence_ids=[agence]))
    await create_user(session, **person(email="2@exemple.fr", nom="Deux", centre_ids=[centre, new_id()]))
    hidden = await create_user(session, **person(email="3@exemple.fr", nom="Trois", agence_ids=[new_id()]))

    async def seen(*scope: set[UUID]) -> list[str]:
        agences, centres = map(frozenset, scope)
        return [u.nom for u, _ in await list_users(session, perimetre=Perimetre(agences, centres))]

    assert await seen({agence}, {centre}) == ["Deux", "Un"]
    assert await seen({agence}, set()) == ["Un"]
    assert await seen(set(), {centre}) == ["Deux"]
    assert await seen(set(), set()) == []
    with pytest.raises(NotFound):
        await get_user(session, user_id=hidden.id, perimetre=Perimetre(frozenset({agence}), frozenset()))
