"""What is feasible is accepted, and nothing else; what cannot be decided in time is put to the solver, or counted."""

from collections.abc import Sequence
from datetime import timedelta
from itertools import product

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.ext.asyncio import AsyncSession

from guichet.ia.facade import Solution, TacheSolveur
from guichet.identite.facade import TenantVue
from guichet.rdv.actions.etages import INDECIS
from guichet.rdv.facade import DemandeRdv
from guichet.rdv.metier.faisabilite import Plan, Verdict
from guichet.socle.database import Database
from guichet.socle.errors import Conflict, GuichetError
from guichet.socle.horloge import frozen
from tests.identite.fabrique import make_tenant
from tests.rdv.fabrique import LUNDI, at, autre_demande, book
from tests.rdv.test_etages import TOUT, VL, give, inspector_of, team


@pytest.fixture
def undecided(monkeypatch: pytest.MonkeyPatch) -> None:
    """Rules that never find an answer in time."""
    monkeypatch.setattr("guichet.rdv.metier.journee.find_plan", lambda *_: Plan(Verdict.INDECIS))


async def test_what_the_rules_cannot_decide_is_solved_and_applied_to_the_same_day(
    session: AsyncSession, tenant: TenantVue, undecided: None, monkeypatch: pytest.MonkeyPatch
):
    centre, (ordinaire, gaz) = await team(session, VL, TOUT)
    voiture = (await book(session, autre_demande(centre, 1))).rdv
    await give(session, voiture, gaz)

    async def solve(*, taches: Sequence[TacheSolveur], **_: object) -> Solution:
        assert {t.id: t.possibles for t in taches}[voiture.id] in {
            (ordinaire.id, gaz.id),
            (gaz.id, ordinaire.id),
        }
        nouvelle = next(t for t in taches if t.id != voiture.id)
        assert nouvelle.possibles == (gaz.id,)
        return Solution({voiture.id: ordinaire.id, nouvelle.id: gaz.id}, optimale=True)

    monkeypatch.setattr("guichet.rdv.actions.indecis.solve_affectation", solve)
    au_gaz = (await book(session, autre_demande(centre, 2, carburant="Gaz"))).rdv
    assert au_gaz.controleur is not None
    assert (au_gaz.controleur.id, await inspector_of(session, voiture)) == (gaz.id, ordinaire.id)


async def test_what_nobody_can_decide_is_refused_and_counted(
    session: AsyncSession, tenant: TenantVue, undecided: None, monkeypatch: pytest.MonkeyPatch
):
    async def nothing(**_: object) -> None:
        """No answer in time."""

    monkeypatch.setattr("guichet.rdv.actions.indecis.solve_affectation", nothing)
    centre, _ = await team(session, VL)
    await book(session, autre_demande(centre, 1))
    avant = INDECIS._value.get()
    with pytest.raises(Conflict) as refus:
        await book(session, autre_demande(centre, 2))
    assert refus.value.extra["raison"] == "pris"
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
