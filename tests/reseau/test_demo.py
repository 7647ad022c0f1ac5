"""The demonstration's network: the numbers promised, the same twice, at any size."""

from collections import Counter
from dataclasses import replace
from datetime import date, timedelta
from random import Random

import pytest
from sqlalchemy import text

from guichet.identite.facade import create_user, find_user
from guichet.reseau.demo import fill
from guichet.reseau.demo.grand import _is_town
from guichet.reseau.demo.tirages import draw_exceptions
from guichet.reseau.facade import (
    Territoire,
    agrements_valides,
    list_agences,
    list_centres,
    list_controleurs,
    opening_ranges,
    search_vitrine,
)
from guichet.reseau.lieux import load_table
from guichet.socle.database import Database, Role
from guichet.socle.demo import Monde, Tailles, create_monde
from guichet.socle.ids import new_id
from tests.identite.fabrique import fill_tenant

LUNDI = date(2026, 11, 23)


def world(slug: str, *, tailles: Tailles | None = None, seed: int = 7) -> Monde:
    monde = create_monde(seed=seed, today=LUNDI, tailles=tailles)
    return monde.for_tenant(next(t for t in monde.tenants if t.slug == slug))


@pytest.mark.parametrize(
    ("slug", "agences", "centres", "controleurs"),
    [("controle-auto-france", 5, 16, 36), ("auto-securite-pro", 5, 9, 16), ("ct-express", 5, 5, 8)],
)
async def test_each_network_has_its_agences_centres_and_inspectors(
    database: Database, slug: str, agences: int, centres: int, controleurs: int
):
    monde = world(slug)
    async with database.transaction(new_id()) as session:
        tenant = await fill_tenant(session, max_users=monde.tenant.max_users, max_agences=monde.tenant.max_agences)
        for compte, role in (("agence", "ADMIN_AGENCE"), ("centre", "ADMIN_CT")):
            await create_user(session, email=f"{compte}@{monde.tenant.domaine}", nom="A", role=role, inviter=False)
        counts = await fill(session, monde)
        assert (counts["agences"], counts["centres"], counts["controleurs"]) == (agences, centres, controleurs)
        assert len(await list_agences(session)) == agences
        assert len(await list_controleurs(session)) == controleurs
        ouverts = await list_centres(session)
        assert len(ouverts) == centres
        assert all(c.tarifs and c.equipements and c.note and not c.horaires.vide for c in ouverts)
        shown = await search_vitrine(session, lat=45.7578, lon=4.8320, rayon_km=30, tenant_id=tenant.id)
        assert shown
        assert all(c.reservable for c in shown)
        valides = Counter(code for codes in (await agrements_valides(session, jour=LUNDI)).values() for code in codes)
        assert valides["VL"] == controleurs
        assert valides["L"] >= centres // 2
        assert valides["Gaz"] >= centres // 2
        for compte, role in (("agence", "ADMIN_AGENCE"), ("centre", "ADMIN_CT"), ("controleur", "CONTROLEUR")):
            user = await find_user(session, email=f"{compte}@{monde.tenant.domaine}")
            assert user is not None
            assert (user.role, user.a_mot_de_passe) == (role, True)
            assert user.agence_ids or user.centre_ids
        await session.rollback()


async def test_three_months_of_planning_hold_more_than_the_promised_slots(database: Database):
    heures = timedelta()
    for slug in ("controle-auto-france", "auto-securite-pro", "ct-express"):
        async with database.transaction(new_id()) as session:
            await fill_tenant(session)
            await fill(session, world(slug))
            for o in await opening_ranges(session, du=LUNDI, au=LUNDI + timedelta(89)):
                heures += sum((fin - debut for debut, fin in o.plages), timedelta())
            await session.rollback()
    assert heures / timedelta(minutes=45) > 14_400


async def test_the_same_seed_and_day_make_the_same_network(database: Database):
    seen = []
    for _ in range(2):
        async with database.transaction(new_id()) as session:
            await fill_tenant(session)
            await fill(session, world("ct-express"))
            seen.append([(c.id, c.nom, c.telephone, c.horaires, c.tarifs, c.note) for c in await list_centres(session)])
            seen.append([(c.id, c.nom, c.agrements, c.centres) for c in await list_controleurs(session)])
            await session.rollback()
    assert seen[:2] == seen[2:]


async def test_overseas_centres_live_in_their_own_time(database: Database):
    async with database.transaction(new_id()) as session:
        await fill_tenant(session)
        await fill(session, world("auto-securite-pro"))
        territoires = Counter(c.territoire for c in await list_centres(session))
        assert territoires[Territoire.REUNION] == 2
        await session.rollback()


async def test_a_small_demonstration_is_cut_short(database: Database):
    async with database.transaction(new_id()) as session:
        await fill_tenant(session)
        counts = await fill(session, world("controle-auto-france", tailles=Tailles(centres=3)))
        assert (counts["agences"], counts["centres"]) == (2, 2)
        await session.rollback()


async def test_a_big_network_is_loaded_whole_and_bookable(database: Database):
    monde = world("grand-reseau", tailles=Tailles(centres=30 + 120, rdv=500))
    told: Counter[str] = Counter()

    def tell(libelle: str, total: int, faits: int) -> None:
        told[libelle] += faits
        assert told[libelle] <= total

    monde = replace(monde, progression=tell, tenant=replace(monde.tenant, agences=3))
    async with database.transaction(new_id(), role=Role.MAINTENANCE) as session:
        tenant = await fill_tenant(session)
        counts = await fill(session, monde)
        assert (counts["centres"], counts["controleurs"]) == (120, 240)
        assert counts["agences"] == 3
        query = text(
            "select count(*), count(distinct agence_id) from reseau.vitrine where tenant_id = :t and reservable"
        )
        assert tuple((await session.execute(query, {"t": tenant.id})).one()) == (120, counts["agences"])
        assert sorted(told.values()) == [120, 240]
        await session.rollback()


def test_no_centre_stands_where_there_is_no_french_postal_code():
    table = load_table()
    commune = table.lieu(table.named("lyon")[0])
    assert _is_town(commune)
    assert not _is_town(replace(commune, code_postal="98000"))
    assert not _is_town(replace(commune, population=0))


def test_the_eves_of_feasts_are_always_to_come():
    for today in (date(2026, 11, 23), date(2026, 12, 28)):
        eves = [e["du"] for e in draw_exceptions(Random(1), today)[:2]]
        assert all(today <= eve <= today + timedelta(days=366) for eve in eves)
