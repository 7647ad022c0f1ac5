"""Whether one more appointment can be taken by moving others: sound and complete, against every assignment there is."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import permutations, product
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guichet.rdv.metier.couplage import find_couplage, prune
from guichet.rdv.metier.faisabilite import Plan, Ressource, Tache, Verdict, find_plan
from guichet.rdv.metier.intervalles import Intervalle, merge
from guichet.rdv.metier.recherche import Balayage, Budget, Chaines, Probleme, filter_masques

HUIT = datetime(2026, 11, 23, 7, tzinfo=UTC)
VL, GAZ, MOTO = frozenset({"VL"}), frozenset({"VL", "Gaz"}), frozenset({"L"})


def quarts(debut: int, fin: int) -> Intervalle:
    return Intervalle(HUIT + timedelta(minutes=15 * debut), HUIT + timedelta(minutes=15 * fin))


def controleur(n: int, capacites: frozenset[str] = VL, *plages: Intervalle) -> Ressource:
    return Ressource(UUID(int=n), plages or (quarts(0, 40),), capacites)


def tache(n: int, debut: int, fin: int, chez: int | None, besoins: frozenset[str] = VL, *, fixe: bool = False) -> Tache:
    return Tache(UUID(int=100 + n), quarts(debut, fin), besoins, None if chez is None else UUID(int=chez), fixe)


def nouvelle(debut: int, fin: int, besoins: frozenset[str] = VL) -> Tache:
    return tache(0, debut, fin, None, besoins)


def moves(plan: Plan) -> dict[int, int]:
    return {t.int - 100: r.int for t, r in plan.affectations.items()}


def test_a_free_inspector_is_chosen_by_the_rule_without_moving_anybody():
    equipe = [controleur(1, GAZ), controleur(2), controleur(3)]
    plan = find_plan(equipe, [tache(1, 8, 10, 2)], nouvelle(0, 2))
    assert plan.verdict is Verdict.DIRECT
    assert moves(plan) == {0: 3}
    assert plan.deplacements == 0


def test_the_gas_inspector_is_freed_by_giving_a_petrol_car_to_another():
    equipe = [controleur(1, GAZ), controleur(2)]
    plan = find_plan(equipe, [tache(1, 0, 2, 1)], nouvelle(0, 2, GAZ))
    assert plan.verdict is Verdict.DEPLACE
    assert moves(plan) == {0: 1, 1: 2}
    assert plan.deplacements == 1


def test_short_appointments_close_ranks_to_make_room_for_a_long_one():
    equipe = [controleur(1), controleur(2)]
    occupees = [tache(1, 0, 2, 1), tache(2, 2, 4, 2)]
    plan = find_plan(equipe, occupees, nouvelle(0, 4))
    assert plan.verdict is Verdict.DEPLACE
    assert moves(plan) == {0: 1, 1: 2}
    assert find_plan(equipe, [*occupees, tache(3, 0, 1, 2)], nouvelle(0, 4)) == Plan(Verdict.IMPOSSIBLE)


def test_what_is_fixed_never_moves():
    equipe = [controleur(1, GAZ), controleur(2)]
    plan = find_plan(equipe, [tache(1, 0, 2, 1, fixe=True)], nouvelle(0, 2, GAZ))
    assert plan == Plan(Verdict.IMPOSSIBLE)


def test_nobody_accredited_nobody_at_work_nobody_at_all():
    assert find_plan([controleur(1)], [], nouvelle(0, 2, MOTO)).verdict is Verdict.IMPOSSIBLE
    assert find_plan([controleur(1, VL, quarts(0, 4))], [], nouvelle(3, 5)).verdict is Verdict.IMPOSSIBLE
    assert find_plan([], [], nouvelle(0, 2)).verdict is Verdict.IMPOSSIBLE
    assert find_plan([controleur(1, VL, quarts(0, 4), quarts(5, 8))], [], nouvelle(3, 5)).verdict is Verdict.IMPOSSIBLE
    assert find_plan([controleur(1, VL, quarts(0, 4), quarts(4, 8))], [], nouvelle(3, 5)).verdict is Verdict.DIRECT


def test_an_appointment_without_inspector_or_with_an_unknown_one_takes_nobodys_time():
    autres = [tache(1, 0, 2, None), tache(2, 0, 2, 9)]
    assert find_plan([controleur(1)], autres, nouvelle(0, 2)).verdict is Verdict.DIRECT


def test_an_appointment_whose_accreditation_has_ended_may_stay_and_does_not_block_the_others():
    equipe = [controleur(1), controleur(2)]
    en_risque = tache(1, 0, 2, 1, GAZ)
    assert moves(find_plan(equipe, [en_risque], nouvelle(1, 3))) == {0: 2}
    assert find_plan(equipe, [en_risque, tache(2, 0, 2, 2)], nouvelle(1, 3)).verdict is Verdict.IMPOSSIBLE


def test_the_task_to_place_may_already_be_of_the_day():
    """A move: the appointment's own old place does not stand in its way."""
    ancienne = tache(0, 0, 2, 1)
    plan = find_plan([controleur(1)], [ancienne], nouvelle(1, 3))
    assert plan.verdict is Verdict.DIRECT


def test_a_search_without_budget_is_undecided_and_says_nothing_else():
    equipe = [controleur(1, GAZ), controleur(2)]
    assert find_plan(equipe, [tache(1, 0, 2, 1)], nouvelle(0, 2, GAZ), budget=0) == Plan(Verdict.INDECIS)


def test_when_chains_are_too_short_the_exact_search_still_finds():
    """Seven inspectors in a ring, each with two neighbours' skills: everybody must shift by one."""
    n = 7
    equipe = [controleur(i + 1, frozenset({f"c{i}", f"c{i + 1}"})) for i in range(n)]
    occupees = [tache(i + 1, 0, 2, i + 1, frozenset({f"c{i + 1}"})) for i in range(n - 1)]
    plan = find_plan(equipe, occupees, nouvelle(0, 2, frozenset({"c0"})))
    assert plan.verdict is Verdict.DEPLACE
    assert moves(plan) == {0: 1, **{i + 1: i + 2 for i in range(n - 1)}}


@pytest.mark.parametrize(
    ("quand", "qui", "chez"),
    [
        # Three long ones keep three inspectors busy; the fourth would have to take both short ones and may not.
        ([(0, 4), (1, 2), (1, 3), (1, 4), (2, 3)], [0b1111, 0b1001, 0b1111, 0b1011, 0b0110], [1, 3, 0, -1, 2]),
        # Every instant alone has room, and chains are cut before they have tried everything: the exact search proves it.
        (
            [(0, 2), (0, 4), (0, 4), (1, 5), (3, 6), (4, 6), (6, 7), (6, 8), (6, 8)],
            [0b1001, 0b1110, 0b1011, 0b0101, 0b1110, 0b1000, 0b1000, 0b0110, 0b0101],
            [3, 1, 0, 2, 3, -1, 3, 1, 0],
        ),
    ],
)
def test_a_day_that_has_room_at_every_instant_may_still_be_impossible(quand, qui, chez):
    equipe = [controleur(r + 1, frozenset(f"c{i}" for i, m in enumerate(qui) if m >> r & 1)) for r in range(4)]
    toutes = [
        tache(i, debut, fin, None if chez[i] < 0 else chez[i] + 1, frozenset({f"c{i}"}))
        for i, (debut, fin) in enumerate(quand)
    ]
    (voulue,) = (t for t in toutes if t.actuel is None)
    occupees = [t for t in toutes if t is not voulue]
    assert find_plan(equipe, occupees, voulue) == Plan(Verdict.IMPOSSIBLE)
    assert brute_force(equipe, occupees, voulue) is None


COMPETENCES = st.sampled_from([VL, GAZ, MOTO, VL | MOTO, GAZ | MOTO])
BESOINS = st.sampled_from([VL, VL, GAZ, MOTO])


@st.composite
def journees(draw: st.DrawFn) -> tuple[list[Ressource], list[Tache], Tache]:
    equipe = []
    for n in range(1, draw(st.integers(1, 4)) + 1):
        coupe = draw(st.integers(1, 11))
        plages = draw(st.sampled_from([(quarts(0, 12),), (quarts(0, coupe),), (quarts(0, coupe), quarts(coupe, 12))]))
        equipe.append(controleur(n, draw(COMPETENCES), *plages))
    occupees: list[Tache] = []
    for n in range(1, draw(st.integers(0, 7)) + 1):
        debut = draw(st.integers(0, 10))
        t = tache(n, debut, debut + draw(st.integers(1, 4)), None, draw(BESOINS))
        libres = [r for r in equipe if _can(r, t) and not _busy(r, t, occupees)]
        if libres:
            chez = draw(st.sampled_from(libres))
            occupees.append(Tache(t.id, t.intervalle, t.besoins, chez.id, draw(st.booleans()) and draw(st.booleans())))
    debut = draw(st.integers(0, 10))
    return equipe, occupees, nouvelle(debut, debut + draw(st.integers(1, 4)), draw(BESOINS))


def _can(r: Ressource, t: Tache) -> bool:
    return t.besoins <= r.capacites and any(p.contains(t.intervalle) for p in merge(r.plages))


def _busy(r: Ressource, t: Tache, occupees: Sequence[Tache]) -> bool:
    return any(o.actuel == r.id and o.intervalle.overlaps(t.intervalle) for o in occupees)


def brute_force(equipe: Sequence[Ressource], occupees: Sequence[Tache], voulue: Tache) -> int | None:
    """The fewest moves of any assignment, or None when there is none: all of them are looked at."""
    toutes = [*occupees, voulue]
    choix = [[r.id for r in equipe if _can(r, t) and not (t.fixe and t.actuel != r.id)] for t in toutes]
    meilleur: int | None = None

    def place(n: int, pris: list[tuple[UUID, Intervalle]], couts: int) -> None:
        nonlocal meilleur
        if n == len(toutes):
            meilleur = couts if meilleur is None else min(meilleur, couts)
            return
        for r in choix[n]:
            if not any(q == r and i.overlaps(toutes[n].intervalle) for q, i in pris):
                deplace = toutes[n] is not voulue and toutes[n].actuel != r
                place(n + 1, [*pris, (r, toutes[n].intervalle)], couts + deplace)

    place(0, [], 0)
    return meilleur


def assert_valid(equipe: Sequence[Ressource], occupees: Sequence[Tache], voulue: Tache, plan: Plan) -> None:
    par_id = {r.id: r for r in equipe}
    assert voulue.id in plan.affectations
    pris: list[tuple[UUID | None, Intervalle]] = []
    for t in [*occupees, voulue]:
        chez = plan.affectations.get(t.id, t.actuel)
        if t.id in plan.affectations:
            assert _can(par_id[chez], t)
            assert not t.fixe
            assert chez != t.actuel
        assert not any(q == chez and i.overlaps(t.intervalle) for q, i in pris)
        pris.append((chez, t.intervalle))


@given(journees())
def test_the_plan_is_right_and_exists_whenever_any_assignment_does(journee):
    equipe, occupees, voulue = journee
    plan = find_plan(equipe, occupees, voulue)
    attendu = brute_force(equipe, occupees, voulue)
    if attendu is None:
        assert plan == Plan(Verdict.IMPOSSIBLE)
        return
    assert plan.verdict is (Verdict.DEPLACE if attendu else Verdict.DIRECT)
    assert plan.deplacements == attendu
    assert_valid(equipe, occupees, voulue, plan)


@given(journees(), st.randoms(use_true_random=False))
def test_the_order_in_which_things_are_given_changes_nothing(journee, hasard):
    equipe, occupees, voulue = journee
    plan = find_plan(equipe, occupees, voulue)
    assert find_plan(hasard.sample(equipe, len(equipe)), hasard.sample(occupees, len(occupees)), voulue) == plan


@st.composite
def problemes(draw: st.DrawFn) -> Probleme:
    taches = sorted((d := draw(st.integers(0, 8)), d + draw(st.integers(1, 4))) for _ in range(draw(st.integers(1, 6))))
    masques = [draw(st.integers(1, 15)) for _ in taches]
    return Probleme([d for d, _f in taches], [f for _d, f in taches], masques, [-1] * len(taches))


def every_assignment(p: Probleme) -> list[tuple[int, ...]]:
    n = len(p.masques)
    return [
        choix
        for choix in product(*([r for r in range(4) if m >> r & 1] for m in p.masques))
        if not any(choix[i] == choix[j] and p.voisins[i] >> j & 1 for i in range(n) for j in range(i))
    ]


@given(problemes())
def test_the_exact_search_alone_agrees_with_every_assignment(p):
    toutes = every_assignment(p)
    trouve = Balayage(p, Budget(10_000)).search()
    assert (tuple(trouve) in toutes) if toutes else trouve is None


def test_the_exact_search_takes_no_second_look_at_what_has_failed():
    p = Probleme([0, 1, 2, 2], [2, 3, 3, 5], [0b101, 0b011, 0b010, 0b001], [-1] * 4)
    assert Balayage(p, Budget(6)).search() is None


def test_two_inspectors_with_the_same_future_are_tried_as_one():
    p = Probleme([0, 1, 1], [2, 3, 3], [0b011, 0b100, 0b100], [-1] * 3)
    assert Balayage(p, Budget(3)).search() is None


@given(problemes())
def test_the_filter_drops_only_what_no_assignment_uses(p):
    toutes = every_assignment(p)
    if not filter_masques(p):
        assert not toutes
        return
    for i, masque in enumerate(p.masques):
        assert {choix[i] for choix in toutes} <= {r for r in range(4) if masque >> r & 1}


def test_chains_tell_when_they_left_something_out_for_too_many_moves():
    p = Probleme([0, 0], [2, 2], [0b11, 0b01], [0, -1])
    chaines = Chaines(p, 1, Budget(100))
    assert chaines.search(0) is None
    assert chaines.coupe
    assert chaines.search(1) == [1, 0]


@given(st.lists(st.integers(0, 31), min_size=1, max_size=5))
def test_matching_keeps_exactly_the_choices_of_some_complete_matching(masques):
    complets = [
        c for c in permutations(range(5), len(masques)) if all(m >> p & 1 for m, p in zip(masques, c, strict=True))
    ]
    gardes, trouve = prune(masques), find_couplage(masques)
    if not complets:
        assert gardes is None
        assert trouve is None
        return
    assert tuple(trouve) in complets
    assert gardes == [sum(1 << p for p in {c[i] for c in complets}) for i in range(len(masques))]


@pytest.mark.parametrize("taille", [1, 2])
def test_empty_and_whole_masks_are_the_two_ends(taille):
    assert find_couplage([0] * taille) is None
    assert find_couplage([3] * taille) is not None
