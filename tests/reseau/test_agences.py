"""Agences: opened, changed, counted against the tenant's limit."""

import asyncio
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from guichet.identite.facade import TenantVue
from guichet.reseau.actions.agences import update_agence
from guichet.reseau.facade import AgenceModification, find_agence, get_agence, list_agences
from guichet.reseau.permissions import Perimetre
from guichet.socle.database import Database
from guichet.socle.errors import Conflict, Invalid, NotFound
from guichet.socle.ids import new_id
from tests.identite.fabrique import make_tenant
from tests.reseau.fabrique import fill_agence, fill_centre


async def told(session: AsyncSession) -> list[str]:
    query = text("select type from socle.messages where type like 'agence.%' order by id")
    return list(await session.scalars(query))


async def test_an_agence_is_opened_found_and_told_about(session: AsyncSession, tenant: TenantVue):
    agence = await fill_agence(
        session, nom="Île-de-France", code="75", telephone="01 23 45 67 89", email="IDF@exemple.fr",
        adresse="1 rue des Essais", code_postal="75001", ville="Paris", lat=48.86, lon=2.34,
    )  # fmt: skip
    assert agence == await get_agence(session, agence.id) == await find_agence(session, "75")
    assert (agence.telephone, agence.email, agence.tenant_id) == ("+33123456789", "idf@exemple.fr", tenant.id)
    assert await find_agence(session, "76") is None
    assert await told(session) == ["agence.created"]


@pytest.mark.parametrize(
    ("fields", "champ"),
    [
        ({"code_postal": "00000"}, "code_postal"),
        ({"telephone": "x"}, "telephone"),
        ({"email": "x"}, "email"),
        ({"lat": 1.0}, "lon"),
        ({"lon": 1.0}, "lat"),
    ],
)
async def test_what_is_badly_typed_names_its_field(
    session: AsyncSession, tenant: TenantVue, fields: dict[str, Any], champ: str
):
    with pytest.raises(Invalid) as error:
        await fill_agence(session, **fields)
    assert list(error.value.champs) == [champ]


async def test_a_change_touches_only_what_is_given(session: AsyncSession, tenant: TenantVue):
    agence = await fill_agence(session, nom="Nord", code="N")
    after = await update_agence(session, agence.id, AgenceModification(nom="Grand Nord", version=1))
    assert (after.nom, after.code, after.version, after.cle_tri) == ("Grand Nord", "N", 2, "grand nord")
    await update_agence(session, agence.id, AgenceModification(nom="Grand Nord"))
    assert await told(session) == ["agence.created", "agence.changed"]
    with pytest.raises(Conflict) as error:
        await update_agence(session, agence.id, AgenceModification(nom="Trop tard", version=1))
    assert error.value.code == "VERSION_PERIMEE"


async def test_a_code_names_one_agence_of_the_tenant(session: AsyncSession, tenant: TenantVue):
    await fill_agence(session, code="35")
    other = await fill_agence(session, code=" ")
    assert other.code is None
    with pytest.raises(Conflict) as error:
        await fill_agence(session, code="35")
    assert error.value.code == "CODE_AGENCE_PRIS"
    with pytest.raises(Conflict):
        await update_agence(session, other.id, AgenceModification(code="35"))


async def test_the_limit_counts_open_agences_only(session: AsyncSession, tenant: TenantVue):
    await session.execute(text("update identite.tenant set max_agences = 1 where id = :id"), {"id": tenant.id})
    first = await fill_agence(session)
    closed = await fill_agence(session, actif=False)
    for attempt in (fill_agence(session), update_agence(session, closed.id, AgenceModification(actif=True))):
        with pytest.raises(Conflict) as error:
            await attempt
        assert (error.value.code, error.value.extra) == ("LIMITE_AGENCES", {"limite": 1})
    await update_agence(session, first.id, AgenceModification(actif=False))
    assert (await update_agence(session, closed.id, AgenceModification(actif=True))).actif


async def test_of_twelve_agences_opened_at_once_only_as_many_as_allowed_stay(database: Database):
    tenant = await make_tenant(database, max_agences=4)

    async def open_one(n: int) -> bool:
        try:
            async with database.transaction(tenant.id) as session:
                await fill_agence(session, nom=f"Agence {n}")
        except Conflict:
            return False
        return True

    assert sum(await asyncio.gather(*map(open_one, range(12)))) == 4
    async with database.transaction(tenant.id) as session:
        assert len(await list_agences(session)) == 4


async def test_another_tenant_neither_sees_nor_changes_an_agence(
    session: AsyncSession, tenant: TenantVue, database: Database
):
    agence = await fill_agence(session)
    other = await make_tenant(database)
    async with database.transaction(other.id) as theirs:
        assert await list_agences(theirs) == []
        for attempt in (
            get_agence(theirs, agence.id),
            update_agence(theirs, agence.id, AgenceModification(nom="X")),
            get_agence(theirs, new_id()),
        ):
            with pytest.raises(NotFound) as error:
                await attempt
            assert error.value.code == "AGENCE_NOT_FOUND"


async def test_lists_are_in_french_order_filtered_and_counted(session: AsyncSession, tenant: TenantVue):
    evry, zoug, eu = [await fill_agence(session, nom=nom) for nom in ("Évry", "Zoug", "Eu")]
    centre = await fill_centre(session, evry)
    await fill_centre(session, evry, actif=False)
    await update_agence(session, zoug.id, AgenceModification(actif=False))

    async def noms(**filters: Any) -> list[str]:
        return [a.nom for a in await list_agences(session, **filters)]

    assert await noms() == ["Eu", "Évry", "Zoug"]
    assert await noms(actif=True) == ["Eu", "Évry"]
    assert await noms(recherche="EVR") == ["Évry"]
    assert await noms(apres=(eu.cle_tri, eu.id), limite=1) == ["Évry"]
    assert await noms(perimetre=Perimetre(tout=False, agences=frozenset({eu.id}))) == ["Eu"]
    assert await noms(perimetre=Perimetre(tout=False, centres=frozenset({centre.id}))) == ["Évry"]
    assert await noms(perimetre=Perimetre(tout=False)) == []
    assert (await get_agence(session, evry.id)).nb_centres == 1
