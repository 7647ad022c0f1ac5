"""A day as a whole: what may still be taken, in which stage, and why not."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guichet.rdv.metier import journee
from guichet.rdv.metier.creneaux import Ouvert
from guichet.rdv.metier.faisabilite import Plan, Tache, Verdict
from guichet.rdv.metier.intervalles import Intervalle
from guichet.rdv.metier.journee import (
    Decision,
    Etape,
    Grille,
    Journee,
    decide,
    direct_starts,
    feasible_starts,
    starts_beyond,
    works_at,
)
from guichet.rdv.metier.types import Indisponible
from tests.rdv.fabrique import PARIS, at

HEURE = timedelta(minutes=60)
VL, GAZ = frozenset({"VL"}), frozenset({"VL", "Gaz"})
A, B = UUID(int=1), UUID(int=2)
GRILLE = Grille(PARIS, 30, at(7))


def span(heure: int, minute: int = 0, duree: timedelta = HEURE) -> Intervalle:
    return Intervalle(at(heure, minute), at(heure, minute) + duree)


def tache(
    n: int, quand: Intervalle, qui: UUID | None = None, *, besoins: frozenset[str] = VL, fixe: bool = False
) -> Tache:
    return Tache(UUID(int=100 + n), quand, besoins, qui, fixe)


def jour(*taches: Tache, **champs: Any) -> Journee:
    """Two inspectors from eight to ten, the second also for gas."""
    matin = (Intervalle(at(8), at(10)),)
    valeurs: dict[str, Any] = {
        "capacite": 10,
        "nominaux": len(taches),
        "surnombres": 0,
        "prises": (),
        "ouverts": (Ouvert(A, matin, VL), Ouvert(B, matin, GAZ)),
        "taches": taches,
    }
    return Journee(**(valeurs | champs))


def ask(sur: Journee, voulue: Tache, tolerance: int = 0, choisi: UUID | None = None) -> Decision:
    return decide(sur, voulue, GRILLE, tolerance_pour_cent=tolerance, choisi=choisi)


def test_the_least_accredited_free_inspector_takes_it():
    nouvelle = tache(0, span(8))
    assert ask(jour(), nouvelle) == Decision(Etape.DIRECT, {nouvelle.id: A})


def test_somebody_else_is_moved_when_only_one_inspector_will_do():
    voiture, nouvelle = tache(1, span(8), B), tache(0, span(8), besoins=GAZ)
    decision = ask(jour(voiture), nouvelle)
    assert (decision.etape, decision.affectations) == (Etape.DEPLACE, {voiture.id: A, nouvelle.id: B})
    fixe = ask(jour(replace(voiture, fixe=True)), nouvelle)
    assert (fixe.etape, fixe.raison, fixe.has_place) == (Etape.REFUS, Indisponible.PRIS, False)


def test_a_chosen_inspector_is_the_one_and_is_never_in_surnombre():
    voiture, nouvelle = tache(1, span(8), A), tache(0, span(8))
    assert ask(jour(voiture), nouvelle, choisi=A).affectations == {voiture.id: B, nouvelle.id: A}
    plein = jour(capacite=0)
    assert ask(plein, nouvelle, 100, choisi=A).etape is Etape.REFUS
    seul = jour(replace(voiture, fixe=True), tache(2, span(9), A, fixe=True))
    assert ask(seul, nouvelle, 100, choisi=A).raison is Indisponible.PRIS


def full(**champs: Any) -> Journee:
    return jour(*(tache(n + 1, span(8 + n % 2), (A, B)[n // 2]) for n in range(4)), **champs)


def test_surnombre_waits_until_no_start_of_the_day_is_left():
    nouvelle = tache(0, span(8))
    une_place = jour(*(tache(n + 1, span(8 + n % 2), (A, B)[n // 2]) for n in range(3)))
    assert ask(une_place, nouvelle, 10).raison is Indisponible.PRIS
    assert ask(full(), nouvelle, 10).etape is Etape.SURNOMBRE
    assert ask(full(), nouvelle, 9) == Decision(Etape.REFUS, raison=Indisponible.COMPLET)
    assert ask(full(surnombres=1), nouvelle, 10).etape is Etape.REFUS


def test_surnombre_opens_when_the_capacity_is_reached_whatever_is_free():
    nouvelle = tache(0, span(8))
    assert ask(jour(capacite=10, nominaux=10), nouvelle, 10).etape is Etape.SURNOMBRE
    assert ask(jour(capacite=10, nominaux=10), tache(0, span(10)), 10).raison is Indisponible.COMPLET
    assert not works_at(jour(), span(9, 30), VL)
    assert not works_at(jour(), span(8), frozenset({"L"}))


def test_lanes_that_are_all_in_use_refuse_that_hour_only():
    nouvelle = tache(0, span(8))
    occupees = jour(prises=(span(8, 30, timedelta(minutes=15)),))
    assert ask(occupees, nouvelle, 100) == Decision(Etape.REFUS, raison=Indisponible.LIGNES)
    assert ask(occupees, tache(0, span(9))).etape is Etape.DIRECT
    assert [s.debut for s in direct_starts(occupees, HEURE, VL, GRILLE)] == [at(9)]


def test_an_appointment_of_nobody_at_work_takes_nobodys_time():
    sans, ailleurs = tache(1, span(8)), tache(2, span(8), UUID(int=9))
    assert direct_starts(jour(sans, ailleurs), HEURE, VL, GRILLE)[0].places == 2


def test_what_cannot_be_decided_is_said_and_keeps_surnombre_closed(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(journee, "find_plan", lambda *_: Plan(Verdict.INDECIS))
    assert ask(full(), tache(0, span(8)), 100) == Decision(Etape.INDECIS, raison=Indisponible.PRIS)
    assert list(feasible_starts(full(), tache(0, span(8)), GRILLE)) == [at(8), at(8, 30), at(9)]


def listed(sur: Journee, tolerance: int = 0, besoins: frozenset[str] = VL) -> list[tuple[datetime, int, int]]:
    voulue = tache(0, span(12), besoins=besoins)
    return [
        (s.debut, s.places, s.au_travail) for s in starts_beyond(sur, voulue, GRILLE, tolerance_pour_cent=tolerance)
    ]


def test_a_full_day_offers_moves_first_then_surnombre():
    a_deplacer = jour(tache(1, span(8), B), tache(2, span(9), B), tache(3, span(9), A))
    assert listed(a_deplacer, 100, GAZ) == [(at(8), 1, 1)]
    assert listed(full(), 10) == [(at(8), 0, 2), (at(8, 30), 0, 2), (at(9), 0, 2)]
    assert listed(full(surnombres=1), 10) == []
    assert [s.debut for s in starts_beyond(
        jour(nominaux=10), tache(0, span(8)), replace(GRILLE, depuis=at(8, 31)), tolerance_pour_cent=10
    )] == [at(9)]  # fmt: skip


starts_of = st.lists(st.tuples(st.integers(0, 3), st.sampled_from([A, B])), max_size=5)


@given(
    pris=starts_of,
    debut=st.integers(0, 2),
    gaz=st.booleans(),
    capacite=st.integers(0, 5),
    tolerance=st.integers(0, 100),
)
def test_a_decision_never_oversells(pris: list[tuple[int, UUID]], debut: int, gaz: bool, capacite: int, tolerance: int):
    """Nominal below the capacity only; in surnombre only within the tolerance and on a full day."""
    posees: list[Tache] = []
    for n, (demi, qui) in enumerate(pris):
        quand = span(8, 30 * (demi % 2)) if demi < 2 else span(9)
        if not any(t.actuel == qui and t.intervalle.overlaps(quand) for t in posees):
            posees.append(tache(n + 1, quand, qui))
    sur = jour(*posees, capacite=capacite)
    besoins = GAZ if gaz else VL
    nouvelle = tache(50, span(8, 30) if debut == 1 else span(8 + debut // 2), besoins=besoins)
    decision = ask(sur, nouvelle, tolerance)
    if decision.etape in {Etape.DIRECT, Etape.DEPLACE}:
        assert sur.nominaux < capacite
        places = {t.id: t.actuel for t in posees} | dict(decision.affectations)
        toutes = [*posees, nouvelle]
        assert not any(
            x is not y and places[x.id] == places[y.id] and x.intervalle.overlaps(y.intervalle)
            for x in toutes
            for y in toutes
        )
    elif decision.etape is Etape.SURNOMBRE:
        assert capacite * tolerance // 100 > 0
        assert sur.nominaux >= capacite or not list(feasible_starts(sur, nouvelle, GRILLE))
