"""A better day: what counts, what may change, and that the proposal is never worse than the day as it stands."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

from hypothesis import given

from guichet.rdv.metier.affectation import Candidat, RaisonAffectation, explain_rank
from guichet.rdv.metier.optimisation import (
    Bilan,
    Jour,
    assign_in_turn,
    is_valid,
    limit_surnombres,
    measure,
    possibles,
    propose,
)
from tests.rdv.test_faisabilite import GAZ, controleur, journees, tache

UN, DEUX = UUID(int=1), UUID(int=2)


def ids(jour: Jour) -> list[UUID]:
    return [t.id for t in (*jour.taches, *jour.surnombres)]


def deux(*taches, surnombres=()) -> Jour:
    return Jour((controleur(1, GAZ), controleur(2)), taches, surnombres)


def test_a_day_in_figures():
    jour = deux(tache(1, 0, 2, 1), tache(2, 3, 5, 1), tache(3, 0, 4, 2))
    assert measure(jour, jour.actuelles) == Bilan(trous_minutes=15, ecart_minutes=0, titres_minutes=60, places=0)
    assert measure(Jour((), ()), {}) == Bilan(0, 0, 0, 0)


def test_a_stretch_as_long_as_the_shortest_inspection_is_not_lost():
    jour = deux(tache(1, 0, 2, 1), tache(2, 4, 6, 1))
    assert measure(jour, jour.actuelles).trous_minutes == 0
    assert measure(replace(jour, seuil=timedelta(minutes=31)), jour.actuelles).trous_minutes == 30


def test_who_may_take_an_appointment():
    fixe = tache(1, 0, 2, 1, fixe=True)
    jour = deux(fixe, tache(2, 0, 2, 2), tache(3, 4, 6, 2, GAZ))
    assert possibles(jour, fixe) == (UN,)
    assert possibles(jour, jour.taches[1]) == (DEUX,)
    assert possibles(jour, jour.taches[2]) == (UN, DEUX)  # whoever has it may keep it
    assert possibles(jour, tache(4, 6, 8, None, fixe=True)) == ()


def test_a_whole_assignment_leaves_nobody_out_and_nobody_in_two_places():
    jour = deux(tache(1, 0, 2, 1), tache(2, 0, 2, 2), surnombres=(tache(3, 1, 3, None),))
    assert is_valid(jour, jour.actuelles)
    un, deux_, trois = ids(jour)
    assert is_valid(jour, {un: DEUX, deux_: UN})
    assert not is_valid(jour, {un: UN, deux_: UN})
    assert not is_valid(jour, {un: UN})
    assert not is_valid(jour, {un: UN, deux_: DEUX, trois: UN})
    assert not is_valid(jour, {un: UN, deux_: DEUX, UUID(int=999): UN})


def test_the_plain_rule_keeps_the_gas_inspector_free_and_says_when_somebody_is_left_out():
    jour = deux(tache(1, 0, 2, 1), tache(2, 4, 6, 1, GAZ), surnombres=(tache(3, 0, 2, None), tache(4, 0, 2, None)))
    un, deux_, trois, _quatre = ids(jour)
    assert assign_in_turn(jour) == {un: DEUX, deux_: UN, trois: UN}
    assert assign_in_turn(deux(tache(1, 0, 2, 1, GAZ), tache(2, 0, 2, 2, GAZ))) is None
    assert assign_in_turn(deux(tache(1, 0, 2, 9, fixe=True))) == {}


def test_the_best_valid_assignment_is_proposed_with_its_gain():
    jour = deux(tache(1, 0, 2, 1), tache(2, 4, 6, 1))
    un, deux_ = ids(jour)
    proposition = propose(jour, [None, {un: UN}, {un: DEUX, deux_: DEUX}, {un: UN, deux_: DEUX}])
    assert proposition.affectations == {deux_: DEUX}
    assert (proposition.avant.ecart_minutes, proposition.apres.ecart_minutes) == (60, 0)


def test_a_day_that_cannot_be_better_is_left_alone():
    jour = deux(tache(1, 0, 2, 2), tache(2, 4, 6, 1, GAZ))
    proposition = propose(jour, [jour.actuelles, {t.id: UN for t in jour.taches}])
    assert proposition.affectations == {}
    assert proposition.avant == proposition.apres


def test_only_what_the_capacity_still_takes_of_the_surnombre_is_considered():
    jour = deux(surnombres=(tache(1, 0, 2, None), tache(2, 0, 2, None)))
    assert [len(limit_surnombres(jour, n).surnombres) for n in (-1, 0, 1, 5)] == [0, 0, 1, 2]


def jour_note(jour: Jour, affectations: Mapping[UUID, UUID]) -> int:
    changees = sum(1 for t, qui in affectations.items() if jour.actuelles.get(t) != qui)
    return measure(jour, affectations).note(changees)


@given(journees())
def test_a_proposal_is_valid_never_worse_and_touches_nothing_fixed(journee):
    equipe, occupees, _voulue = journee
    jour = Jour(tuple(equipe), tuple(occupees))
    proposition = propose(jour, [assign_in_turn(jour)])
    apres = jour.actuelles | dict(proposition.affectations)
    assert is_valid(jour, apres)
    assert measure(jour, apres) == proposition.apres
    assert jour_note(jour, apres) <= jour_note(jour, jour.actuelles)
    assert not {t.id for t in occupees if t.fixe} & set(proposition.affectations)


def test_the_reasons_of_a_rank_are_those_that_hold():
    libre = Candidat(UN, 1, timedelta(), timedelta())
    charge = Candidat(DEUX, 2, timedelta(hours=1), timedelta(minutes=10))
    assert explain_rank(libre, [libre, charge]) == tuple(RaisonAffectation)
    assert explain_rank(charge, [libre, charge]) == ()


def test_the_figures_do_not_depend_on_the_order_of_anything():
    jour = deux(tache(1, 0, 2, 1), tache(2, 3, 5, 1), tache(3, 0, 4, 2))
    envers = Jour(jour.ressources[::-1], jour.taches[::-1])
    assert measure(envers, jour.actuelles) == measure(jour, jour.actuelles)
