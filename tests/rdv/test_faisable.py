"""What is feasible is accepted, and nothing else; what cannot be decided in time is put to the solver, or counted."""

from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta
from functools import partial
from itertools import product
from typing import Any, Final
from uuid import UUID

import httpx
import psycopg
import pytest
from fastapi import FastAPI
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from guichet.ia.facade import Solution, close_solveur, solve_affectation, warm_solveur
from guichet.identite.facade import TenantVue
from guichet.rdv.actions.etages import INDECIS
from guichet.rdv.facade import DemandeRdv, RdvVue, Statut, get_rdv
from guichet.rdv.metier.faisabilite import find_plan
from guichet.reseau.facade import CentreVue, ControleurVue
from guichet.socle.database import Database
from guichet.socle.embarque import EmbeddedServer
from guichet.socle.errors import Conflict, GuichetError
from guichet.socle.horloge import frozen
from guichet.socle.reprise import resumable
from tests.identite.fabrique import make_tenant
from tests.rdv.appels import ROUTE, Personne, corps
from tests.rdv.fabrique import LUNDI, MAINTENANT, at, autre_demande, book
from tests.rdv.test_etages import TOUT, VL, give, inspector_of, team
from tests.rdv.test_tenues import bac, pay, sell

__all__ = ["bac"]


@pytest.fixture
async def solveur(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[None]:
    """Rules without a step to search in, and the real solver, ready, with all the time it wants."""
    monkeypatch.setattr("guichet.rdv.metier.journee.find_plan", partial(find_plan, budget=0))
    monkeypatch.setattr("guichet.rdv.actions.etages.DELAI_MS", 60_000)
    await warm_solveur()
    yield
    await close_solveur()


def meanwhile(monkeypatch: pytest.MonkeyPatch, action: Callable[[], Awaitable[None]]) -> list[Solution | None]:
    """Have something happen just before the solver is asked. Out: its answers, as they come."""
    reponses: list[Solution | None] = []

    async def ask(**question: Any) -> Solution | None:
        await action()
        reponses.append(await solve_affectation(**question))
        return reponses[-1]

    monkeypatch.setattr("guichet.rdv.actions.indecis.solve_affectation", ask)
    return reponses


@pytest.fixture
async def a_deplacer(database: Database, reseau: TenantVue) -> tuple[CentreVue, list[ControleurVue], RdvVue]:
    """A petrol car on Monday at nine that keeps the only gas inspector of the centre busy, another inspector free."""
    async with database.transaction(reseau.id) as session:
        centre, equipe = await team(session, VL, TOUT, reservation={"tolerance_surreservation": 0})
        voiture = (await book(session, autre_demande(centre, 1))).rdv
        await give(session, voiture, equipe[1])
    return centre, equipe, voiture


async def of_inspector(database: Database, centre: CentreVue) -> list[tuple[str, UUID]]:
    async with database.transaction(centre.tenant_id) as session:
        requete = text("select immatriculation, controleur_id from rdv.rdv where statut = 'confirme' order by 1")
        return [(ligne.immatriculation, ligne.controleur_id) for ligne in await session.execute(requete)]


AU_GAZ: Final = {"vehicule__carburant": "Gaz", "vehicule__immatriculation": "GA-222-ZZ"}


async def test_the_solver_decides_what_the_rules_could_not_while_no_transaction_is_open(
    server: EmbeddedServer,
    database: Database,
    passant: httpx.AsyncClient,
    a_deplacer: tuple[CentreVue, list[ControleurVue], RdvVue],
    solveur: None,
    monkeypatch: pytest.MonkeyPatch,
):
    centre, (ordinaire, gaz), voiture = a_deplacer
    ouvertes: list[int] = []

    async def look() -> None:
        async with database.transaction() as session:
            base = (await session.execute(text("select current_database()"))).scalar_one()
        with psycopg.connect(server.admin_url(), autocommit=True) as admin:
            requete = "select count(*) from pg_stat_activity where datname = %s and xact_start is not null"
            ouvertes.extend(admin.execute(requete, (base,)).fetchone() or ())

    reponses = meanwhile(monkeypatch, look)
    answer = await passant.post(ROUTE, json=corps(centre, **AU_GAZ))
    assert answer.status_code == 201, answer.text
    assert (ouvertes, len(reponses)) == ([0], 1)
    assert dict(await of_inspector(database, centre)) == {
        voiture.vehicule.immatriculation: ordinaire.id,
        "GA-222-ZZ": gaz.id,
    }


@pytest.mark.parametrize("heure", ["09:00", "14:00"])
async def test_a_plan_made_stale_by_a_booking_in_between_is_not_applied(
    database: Database,
    application: FastAPI,
    a_deplacer: tuple[CentreVue, list[ControleurVue], RdvVue],
    solveur: None,
    monkeypatch: pytest.MonkeyPatch,
    heure: str,
):
    """Whoever books at that hour takes the inspector the plan needs; at another one, the day is no longer the same."""
    centre, (ordinaire, gaz), voiture = a_deplacer

    async def book_first() -> None:
        async with database.transaction(centre.tenant_id) as session:
            await book(session, autre_demande(centre, 7, heure_debut=heure))

    reponses, avant = meanwhile(monkeypatch, book_first), INDECIS._value.get()
    answer = await Personne(application).post(ROUTE, json=corps(centre, **AU_GAZ))
    assert (answer.status_code, answer.json()["code"]) == (409, "CRENEAU_INDISPONIBLE")
    assert reponses[0] is not None
    assert await of_inspector(database, centre) == [
        (voiture.vehicule.immatriculation, gaz.id),
        ("AA-008-AA", ordinaire.id),
    ]
    assert INDECIS._value.get() == avant + (heure == "14:00")


async def test_a_late_payment_has_its_place_found_by_the_solver_too(
    database: Database, reseau: TenantVue, solveur: None
):
    async with database.transaction(reseau.id) as session:
        await sell(session)
        centre, (ordinaire, gaz) = await team(session, VL, TOUT)
        tenue = (await book(session, autre_demande(centre, 2, carburant="Gaz", paiement_mode="en_ligne"))).rdv
    with frozen(MAINTENANT + timedelta(minutes=15)):
        async with database.transaction(reseau.id) as session:
            voiture = (await book(session, autre_demande(centre, 1))).rdv
            await give(session, voiture, gaz)

        async def pay_late() -> Statut:
            async with database.transaction(reseau.id) as session:
                await pay(session, tenue.id)
                return (await get_rdv(session, tenue.id)).statut

        assert await resumable(pay_late) is Statut.CONFIRME
    async with database.transaction(reseau.id) as session:
        assert [await inspector_of(session, r) for r in (voiture, tenue)] == [ordinaire.id, gaz.id]


async def test_what_nobody_can_decide_in_time_is_refused_and_counted(
    passant: httpx.AsyncClient,
    a_deplacer: tuple[CentreVue, list[ControleurVue], RdvVue],
    solveur: None,
    monkeypatch: pytest.MonkeyPatch,
):
    centre, _equipe, _voiture = a_deplacer
    monkeypatch.setattr("guichet.rdv.actions.etages.DELAI_MS", 0)
    avant = INDECIS._value.get()
    answer = await passant.post(ROUTE, json=corps(centre, **AU_GAZ))
    assert (answer.status_code, answer.json()["raison"]) == (409, "pris")
    assert INDECIS._value.get() == avant + 1


async def test_the_inspector_asked_for_by_name_is_the_one_the_solver_frees(
    database: Database,
    passant: httpx.AsyncClient,
    a_deplacer: tuple[CentreVue, list[ControleurVue], RdvVue],
    solveur: None,
):
    centre, (ordinaire, gaz), voiture = a_deplacer
    answer = await passant.post(
        ROUTE, json=corps(centre, controleur_id=str(gaz.id), vehicule__immatriculation="GA-222-ZZ")
    )
    assert (answer.status_code, answer.json()["controleur"]["id"]) == (201, str(gaz.id)), answer.text
    assert dict(await of_inspector(database, centre))[voiture.vehicule.immatriculation] == ordinaire.id


async def test_a_solver_that_finds_nothing_leaves_the_day_as_it_was(
    database: Database,
    passant: httpx.AsyncClient,
    a_deplacer: tuple[CentreVue, list[ControleurVue], RdvVue],
    solveur: None,
    monkeypatch: pytest.MonkeyPatch,
):
    centre, (_ordinaire, gaz), voiture = a_deplacer

    async def nothing(**_: object) -> None:
        """No answer in time."""

    monkeypatch.setattr("guichet.rdv.actions.indecis.solve_affectation", nothing)
    answer = await passant.post(ROUTE, json=corps(centre, **AU_GAZ))
    assert (answer.status_code, answer.json()["raison"]) == (409, "pris")
    assert await of_inspector(database, centre) == [(voiture.vehicule.immatriculation, gaz.id)]


async def test_inside_a_longer_transaction_the_solver_is_not_waited_for(
    database: Database, a_deplacer: tuple[CentreVue, list[ControleurVue], RdvVue], solveur: None
):
    centre, _equipe, _voiture = a_deplacer
    avant = INDECIS._value.get()
    async with database.transaction(centre.tenant_id) as session:
        with pytest.raises(Conflict):
            await book(session, autre_demande(centre, 2, carburant="Gaz"))
    assert INDECIS._value.get() == avant + 1


def possible(prises: list[tuple[int, int, bool]], capacites: list[bool]) -> bool:
    """By trying everything: can each stretch (start, end, gas?) have an inspector of its own (who may do gas)?"""
    for choix in product(range(len(capacites)), repeat=len(prises)):
        if all(capacites[qui] or not gaz for qui, (_d, _f, gaz) in zip(choix, prises, strict=True)) and not any(
            choix[i] == choix[j] and prises[i][0] < prises[j][1] and prises[j][0] < prises[i][1]
            for i in range(len(prises))
            for j in range(i)
        ):
            return True
    return False


async def is_accepted(session: AsyncSession, asked: DemandeRdv) -> bool:
    try:
        await book(session, asked)
    except GuichetError as refus:
        if refus.code not in {"CRENEAU_INDISPONIBLE", "AGREMENT_ABSENT"}:
            raise
        return False
    return True


demandees = st.lists(st.tuples(st.integers(0, 9), st.booleans()), min_size=1, max_size=7)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(demandees=demandees, capacites=st.lists(st.booleans(), min_size=1, max_size=3))
async def test_the_engine_accepts_exactly_what_is_feasible(
    database: Database, demandees: list[tuple[int, bool]], capacites: list[bool]
):
    """Bookings of a short morning, one after the other, against trying every assignment."""
    avant = INDECIS._value.get()
    with frozen(at(7, jour=LUNDI - timedelta(days=3))):
        tenant = await make_tenant(database)
        async with database.transaction(tenant.id) as session:
            sans_surnombre = {"tolerance_surreservation": 0}
            equipe = [TOUT if gaz else VL for gaz in capacites]
            centre, _ = await team(session, *equipe, capacite_journaliere=1000, reservation=sans_surnombre)
            acceptees: list[tuple[int, int, bool]] = []
            for rang, (quart, gaz) in enumerate(demandees):
                voulue = (quart, quart + (4 if gaz else 3), gaz)
                heure = f"{8 + quart // 4:02d}:{quart % 4 * 15:02d}"
                asked = autre_demande(centre, rang, heure_debut=heure, carburant="Gaz" if gaz else "Essence")
                faisable = possible([*acceptees, voulue], capacites)
                if await is_accepted(session, asked):
                    assert faisable, (acceptees, voulue)
                    acceptees.append(voulue)
                else:
                    assert not faisable, (acceptees, voulue)
            await session.rollback()
    assert INDECIS._value.get() == avant
