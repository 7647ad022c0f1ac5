"""Proposals for appointments that are hit hold together; what an appointment lacks is named."""

from datetime import date, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guichet.rdv.metier.capacite import Equipement
from guichet.rdv.metier.collisions import (
    Changement,
    Orphelin,
    RdvTouche,
    Reserve,
    find_without_lane,
    reassign,
)
from guichet.rdv.metier.creneaux import Ouvert
from guichet.rdv.metier.faisabilite import Ressource, Tache
from guichet.rdv.metier.intervalles import Intervalle
from guichet.rdv.metier.risques import Risque, find_over_capacity, find_risque
from guichet.rdv.metier.types import Statut
from guichet.rdv.metier.vues import Controle
from guichet.socle.ids import new_id
from tests.rdv.fabrique import LUNDI, at
from tests.rdv.test_metier_planning import AUTRE_CENTRE, CENTRE, evenement

VL, GAZ = frozenset({"VL"}), frozenset({"VL", "Gaz"})
DEMI = timedelta(minutes=30)


def touche(debut: datetime, qui: UUID | None = None, **fields: object) -> RdvTouche:
    values = {
        "id": new_id(), "numero": "RDV-ESSAI", "centre_id": CENTRE, "controleur_id": qui, "controleur_choisi": False,
        "debut": debut, "fin": debut + DEMI, "jour": LUNDI, "statut": Statut.CONFIRME, "surnombre": qui is None,
        "version": 1, "controle": Controle(), "created_at": debut,
    }  # fmt: skip
    return RdvTouche(**(values | fields))


def demi(n: int, longueur: int = 1) -> Intervalle:
    return Intervalle(at(8) + n * DEMI, at(8) + (n + longueur) * DEMI)


JOURNEE = (Intervalle(at(8), at(12)),)
intervalles = st.tuples(st.integers(0, 7), st.integers(1, 3)).map(lambda p: demi(p[0], min(p[1], 8 - p[0])))


@given(
    st.lists(st.sampled_from([VL, GAZ]), min_size=1, max_size=4),
    st.lists(st.tuples(intervalles, st.integers(0, 3), st.booleans(), st.sampled_from([VL, GAZ])), max_size=6),
    st.lists(st.tuples(intervalles, st.sampled_from([VL, GAZ]), st.none() | st.integers(0, 3)), max_size=4),
)
def test_a_reassignment_gives_everybody_a_place_of_their_own(
    titres: list[frozenset[str]],
    presents: list[tuple[Intervalle, int, bool, frozenset[str]]],
    perdus: list[tuple[Intervalle, frozenset[str], int | None]],
):
    equipe = [Ressource(UUID(int=n + 1), JOURNEE, capacites) for n, capacites in enumerate(titres)]
    taches: list[Tache] = []
    for intervalle, n, fixe, besoins in presents:
        r = equipe[n % len(equipe)]
        libre = not any(t.actuel == r.id and t.intervalle.overlaps(intervalle) for t in taches)
        if libre and besoins <= r.capacites:
            taches.append(Tache(UUID(int=100 + len(taches)), intervalle, besoins, r.id, fixe))
    orphelins = [
        Orphelin(UUID(int=200 + n), intervalle, besoins, None if nomme is None else equipe[nomme % len(equipe)].id)
        for n, (intervalle, besoins, nomme) in enumerate(perdus)
    ]
    affectations, sans = reassign(equipe, taches, orphelins)
    assert {o.id for o in orphelins} == (affectations.keys() & {o.id for o in orphelins}) | set(sans)
    assert not affectations.keys() & set(sans)
    par_id = {r.id: r for r in equipe}
    final = {t.id: (t.intervalle, affectations.get(t.id, t.actuel), t.besoins) for t in taches}
    final |= {o.id: (o.intervalle, affectations[o.id], o.besoins) for o in orphelins if o.id in affectations}
    for rdv_id, (intervalle, qui, besoins) in final.items():
        assert besoins <= par_id[qui].capacites
        assert not any(
            autre != rdv_id and lui == qui and i.overlaps(intervalle) for autre, (i, lui, _b) in final.items()
        )
    assert all(t.id not in affectations for t in taches if t.fixe)
    assert all(affectations[o.id] == o.nomme for o in orphelins if o.nomme and o.id in affectations)


def test_a_named_inspector_is_made_free_and_an_unknown_one_takes_nothing():
    anne, bruno = (Ressource(UUID(int=n), JOURNEE, GAZ) for n in (1, 2))
    occupe = Tache(UUID(int=10), demi(0), VL, anne.id, False)
    perdu = Orphelin(UUID(int=20), demi(0), VL, anne.id)
    assert reassign([anne, bruno], [occupe], [perdu]) == ({perdu.id: anne.id, occupe.id: bruno.id}, [])
    inconnu = Orphelin(UUID(int=21), demi(0), VL, UUID(int=9))
    assert reassign([anne, bruno], [occupe], [inconnu]) == ({}, [inconnu.id])


def test_starts_are_given_away_once():
    reserve = Reserve({(CENTRE, LUNDI): 2})
    offres = [(LUNDI, at(8), 1), (LUNDI, at(8, 15), 2), (LUNDI, at(9), 1), (LUNDI + timedelta(days=1), at(8), 9)]
    assert reserve.libres(CENTRE, offres, DEMI) == [at(8), at(8, 15), at(9)]
    assert reserve.libres(AUTRE_CENTRE, offres, DEMI) == []
    reserve.take(CENTRE, LUNDI, Intervalle(at(8), at(8, 30)))
    assert reserve.libres(CENTRE, offres, DEMI) == [at(8, 15), at(9)]
    reserve.take(CENTRE, LUNDI, Intervalle(at(9), at(9, 30)))
    assert reserve.libres(CENTRE, offres, DEMI) == []


def test_the_lane_that_closes_is_missed_by_those_booked_last():
    pistes = [(new_id(), Equipement(f"Piste {n}", frozenset({"VP"}))) for n in (1, 2)]
    premier, second, plus_tard = touche(at(8), new_id()), touche(at(8, 15), new_id()), touche(at(11), new_id())
    rdvs = [(r, "VP") for r in (second, plus_tard, premier)]
    bloc = {pistes[0][0]: (Intervalle(at(8), at(9)),)}
    assert find_without_lane(rdvs, pistes, bloc, [Intervalle(at(8), at(9))]) == [second]
    assert find_without_lane(rdvs, pistes, bloc, [Intervalle(at(10), at(12))]) == []
    tout = {qui: (Intervalle(at(8), at(9)),) for qui, _e in pistes}
    assert find_without_lane(rdvs, pistes, tout, [Intervalle(at(8), at(9))]) == [premier, second]


def test_what_hits_and_what_may_strand_an_appointment():
    anne, bruno = new_id(), new_id()
    rdv = touche(at(9), anne)
    bloc = evenement("blocage", at(8), at(10), centre_id=CENTRE)
    assert Changement(apres=bloc).hits(rdv)
    assert not Changement(avant=bloc).hits(rdv)
    assert not Changement(apres=evenement("blocage", at(8), at(9), centre_id=CENTRE)).hits(rdv)
    assert not Changement(apres=evenement("blocage", at(8), at(10), centre_id=AUTRE_CENTRE)).hits(rdv)
    assert not Changement(apres=evenement("absence", at(8), at(10), controleur_id=bruno)).hits(rdv)
    assert not Changement(apres=evenement("absence", at(8), at(10), controleur_id=anne)).hits(touche(at(9)))
    ouverte = evenement("ouverture", at(8), at(10), centre_id=CENTRE)
    assert Changement(avant=ouverte).may_strand(rdv)
    assert not Changement(apres=ouverte).may_strand(rdv)
    assert not Changement(avant=bloc).may_strand(rdv)
    de_bruno = evenement("ouverture", at(8), at(10), centre_id=CENTRE, controleur_id=bruno)
    assert not Changement(avant=de_bruno).may_strand(rdv)
    assert Changement(avant=ouverte, apres=bloc).evenements == (ouverte, bloc)


ANNE, BRUNO = new_id(), new_id()
MATIN, APRES_MIDI = (Intervalle(at(8), at(12)),), (Intervalle(at(14), at(18)),)


@pytest.mark.parametrize(
    ("qui", "equipe", "attendu"),
    [
        (ANNE, [Ouvert(ANNE, MATIN, VL)], None),
        (ANNE, [], Risque.HORS_HORAIRES),
        (ANNE, [Ouvert(ANNE, APRES_MIDI, VL)], Risque.HORS_HORAIRES),
        (ANNE, [Ouvert(BRUNO, MATIN, VL)], Risque.CONTROLEUR_ABSENT),
        (ANNE, [Ouvert(ANNE, MATIN, frozenset()), Ouvert(BRUNO, MATIN, VL)], Risque.AGREMENT),
        (None, [Ouvert(BRUNO, MATIN, VL)], None),
        (None, [Ouvert(BRUNO, MATIN, frozenset())], Risque.AGREMENT),
    ],
)
def test_what_an_appointment_lacks_is_named(qui: UUID | None, equipe: list[Ouvert], attendu: Risque | None):
    assert find_risque(touche(at(9), qui), VL, equipe) is attendu


def test_those_booked_last_are_beyond_the_capacity():
    premiers = [touche(at(8 + n), ANNE) for n in range(3)]
    surnombre = touche(at(11))
    assert find_over_capacity([*premiers, surnombre], 3, 2) == {premiers[2].id}
    assert find_over_capacity(premiers, 3, 3) == set()
    assert find_over_capacity(premiers, 9, 0) == {r.id for r in premiers}
    assert isinstance(premiers[0].jour, date)
