"""The demonstration's appointments are possible, plausible and reproducible, whatever their number."""

from collections import Counter
from dataclasses import replace
from itertools import pairwise
from typing import Any

import pytest
from sqlalchemy import select, text

from guichet.annuaire import demo as annuaire
from guichet.identite.facade import create_tenant
from guichet.rdv.demo import fill, masse
from guichet.rdv.demo.masse import write_numero
from guichet.rdv.metier.numero import normalise_numero
from guichet.rdv.tables import Rdv
from guichet.socle.database import Database, Role, raw
from guichet.socle.demo import Monde, create_monde
from guichet.socle.ids import new_id
from tests.identite.fabrique import fill_tenant
from tests.rdv.fabrique import AUJOURDHUI, fill_reservable


def build_monde(rdv: int, *, grand: bool = False) -> Monde:
    """A world with as many appointments; its seed is the number, so that tests do not draw the same identifiers."""
    monde = create_monde(seed=rdv, today=AUJOURDHUI)
    return monde.for_tenant(replace(monde.tenant, id=new_id(), rdv=rdv, grand=grand))


async def make(database: Database, monde: Monde) -> tuple[dict[str, int], list[Any]]:
    """Fill a tenant of its own, committed; the counts and its appointments in order of time."""
    role = Role.MAINTENANCE if monde.tenant.grand else Role.APP
    async with database.transaction(monde.tenant.id) as session:
        await create_tenant(
            session,
            nom="Démo",
            slug=f"d-{new_id().hex[-20:]}",
            tenant_id=monde.tenant.id,
            max_users=None,
            max_agences=None,
        )
        await fill_reservable(session, controleurs=3)
        await fill_reservable(session, controleurs=2, types_controle=["CTP", "CVP", "CV", "CTC", "CVC"])
    async with database.transaction(monde.tenant.id, role=role) as session:
        await annuaire.fill(session, monde)
    async with database.transaction(monde.tenant.id, role=role) as session:
        comptes = await fill(session, monde)
    async with database.transaction(monde.tenant.id) as session:
        lignes = (await session.scalars(select(Rdv).order_by(Rdv.controleur_id, Rdv.debut))).all()
    return comptes, list(lignes)


def check_possible(lignes: list[Any]) -> None:
    vivants = [r for r in lignes if r.statut not in {"annule", "absent"}]
    assert not [1 for a, b in pairwise(vivants) if a.controleur_id == b.controleur_id and b.debut < a.fin]
    assert all(
        (r.statut in {"termine", "absent", "annule"}) == (r.jour < AUJOURDHUI) or r.statut == "annule" for r in lignes
    )
    assert len({r.numero for r in lignes}) == len(lignes)
    assert all(normalise_numero(r.numero) == r.numero for r in lignes)


async def test_some_hundreds_of_appointments_with_plausible_outcomes(database: Database):
    monde = build_monde(290)
    comptes, lignes = await make(database, monde)
    assert comptes["rendez-vous"] == len(lignes) == 290
    assert comptes["créneaux sur 90 jours"] > 2 * 60 * 16
    check_possible(lignes)
    statuts = Counter(r.statut for r in lignes)
    assert statuts["termine"] > 80
    assert statuts["confirme"] > 80
    suites = [r for r in lignes if r.type_controle in {"CVP", "CVC"}]
    assert suites
    assert all(r.initial_id and r.montant_cents == 0 and r.date_controle_initial for r in suites)
    assert {r.client_email.rpartition(".")[2] for r in lignes} == {"example"}


async def test_two_runs_give_the_same_appointments(database: Database):
    essais = []
    for _essai in range(2):
        monde = build_monde(20)
        async with database.transaction(monde.tenant.id) as session:
            await fill_tenant(session)
            centre, _ = await fill_reservable(session)
            await annuaire.fill(session, monde)
            await fill(session, monde)
            lignes = (await session.scalars(select(Rdv).order_by(Rdv.debut, Rdv.id))).all()
            essais.append([(r.id, r.numero, r.client_nom, r.debut, r.statut) for r in lignes])
            assert {r.centre_id for r in lignes} == {centre.id}
            await session.rollback()
    assert essais[0] == essais[1]
    assert len(essais[0]) == 20


async def test_a_large_load_has_as_many_rows_and_no_overlap(database: Database):
    comptes, lignes = await make(database, build_monde(1_500, grand=True))
    assert comptes == {"rendez-vous": 1_500}
    assert len(lignes) == 1_500
    check_possible(lignes)
    termines = [r for r in lignes if r.statut == "termine"]
    retours = sum(r.resultat != "favorable" for r in termines) / len(termines)
    assert 0.14 < retours < 0.25
    assert sum(r.jour >= AUJOURDHUI for r in lignes) == 150


async def test_indexes_and_constraints_taken_down_for_a_load_are_all_there_afterwards(
    database: Database, monkeypatch: pytest.MonkeyPatch
):
    catalogue = """
        select 'index', indexname::text, indexdef from pg_indexes where schemaname = 'rdv' and tablename = 'rdv'
        union all
        select 'contrainte', conname::text, pg_get_constraintdef(oid) from pg_constraint where conrelid = 'rdv.rdv'::regclass
    """
    monkeypatch.setattr(masse, "SEUIL_INDEX", 100)
    async with database.transaction() as session:
        avant = set(await (await (await raw(session)).execute(catalogue)).fetchall())
    await make(database, build_monde(120, grand=True))
    async with database.transaction() as session:
        apres = set(await (await (await raw(session)).execute(catalogue)).fetchall())
        plages = await session.execute(text("select count(*) from pg_constraint where conname = 'ex_rdv_controleur'"))
        assert plages.scalar_one() == 1
    assert apres == avant


def test_no_two_ranks_share_a_number():
    assert len({write_numero(rang) for rang in range(20_000)}) == 20_000
