"""Assignments by the solver: right, within their time, by a process that is replaced when it fails."""

import asyncio
import subprocess
import sys
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from guichet.ia import facade, module, solveur
from guichet.ia.facade import RessourceSolveur, TacheSolveur, close_solveur, optimise_journee, solve_affectation
from guichet.ia.metier import read_answer, write_question
from guichet.ia.ouvrier import solve
from guichet.ia.solveur import Solveur

HUIT = datetime(2026, 11, 23, 7, tzinfo=UTC)
A, B = UUID(int=1), UUID(int=2)
LONGTEMPS = 60_000
DEMI_HEURE = timedelta(minutes=30)


def at(minutes: int) -> datetime:
    return HUIT + timedelta(minutes=minutes)


def tache(n: int, debut: int, fin: int, *possibles: UUID, actuel: UUID | None = None, facultative: bool = False):
    return TacheSolveur(UUID(int=100 + n), at(debut), at(fin), possibles, actuel, facultative)


def deux(titres_a: int = 1) -> list[RessourceSolveur]:
    journee = ((at(0), at(480)),)
    return [RessourceSolveur(A, journee, titres_a), RessourceSolveur(B, journee)]


@pytest.fixture(autouse=True)
async def fin() -> AsyncIterator[None]:
    yield
    await close_solveur()


def solved(ressources: Sequence[RessourceSolveur], taches: Sequence[TacheSolveur], poids=None):
    question = write_question(ressources, taches, secondes=10, poids=poids, seuil=DEMI_HEURE)
    return read_answer(solve(question), ressources, taches)


def test_everybody_gets_somebody_and_as_few_as_possible_move():
    taches = [tache(1, 0, 30, A, B, actuel=A), tache(2, 60, 90, A, B, actuel=A), tache(3, 0, 30, A)]
    solution = solved(deux(), taches)
    assert solution.affectations == {taches[0].id: B, taches[1].id: A, taches[2].id: A}
    assert solution.optimale


def test_what_cannot_be_done_has_no_solution():
    assert solved(deux(), [tache(1, 0, 30, A), tache(2, 15, 45, A)]) is None


def test_an_optional_task_is_placed_when_it_can_be_and_left_aside_when_not():
    taches = [tache(1, 0, 30, A, actuel=A), tache(2, 0, 30, A, facultative=True), tache(3, 30, 60, B, facultative=True)]
    assert solved(deux(), taches, facade.Poids()).affectations == {taches[0].id: A, taches[2].id: B}


def test_a_better_day_closes_short_gaps():
    """20 minutes between two appointments of the same inspector are lost; the other one's would touch."""
    taches = [
        tache(1, 0, 30, A, actuel=A),
        tache(2, 30, 50, B, actuel=B),
        tache(3, 50, 80, A, B, actuel=A),
        tache(4, 80, 110, A, B, actuel=B),
    ]
    solution = solved(deux(), taches, facade.Poids(ecart=0, deplacement=1))
    assert solution.affectations[taches[2].id] == B


def test_a_better_day_keeps_rare_accreditations_and_shares_the_load():
    une = [tache(1, 0, 30, A, B, actuel=A)]
    assert solved(deux(titres_a=3), une, facade.Poids(ecart=0)).affectations == {une[0].id: B}
    plusieurs = [tache(n, 60 * n, 60 * n + 30, A, B, actuel=A) for n in range(4)]
    charges = list(solved(deux(), plusieurs, facade.Poids()).affectations.values())
    assert charges.count(A) == charges.count(B) == 2


async def test_the_warm_process_answers_a_first_and_a_second_question():
    taches = [tache(1, 0, 30, A, B, actuel=A), tache(2, 0, 30, A)]
    for _ in range(2):
        solution = await solve_affectation(ressources=deux(), taches=taches, delai_ms=LONGTEMPS)
        assert solution.affectations == {taches[0].id: B, taches[1].id: A}
    assert await solve_affectation(ressources=deux(), taches=[tache(1, 0, 9)], delai_ms=LONGTEMPS) is None
    mieux = await optimise_journee(ressources=deux(), taches=taches, seuil=DEMI_HEURE, delai_ms=LONGTEMPS)
    assert mieux.affectations == {taches[0].id: B, taches[1].id: A}


async def test_nothing_to_place_needs_no_process():
    assert (await solve_affectation(ressources=[], taches=[], delai_ms=1)).optimale


async def test_without_the_extra_there_is_no_solution_and_no_process(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(facade, "is_installed", lambda: False)
    monkeypatch.setattr(module, "is_installed", lambda: False)
    assert await solve_affectation(ressources=deux(), taches=[tache(1, 0, 30, A)], delai_ms=LONGTEMPS) is None
    assert await module.start_warming() is None


FAUX = """
import json, sys
print('{"pret": true}', flush=True)
for ligne in sys.stdin:
    match json.loads(ligne)["faire"]:
        case "mourir": sys.exit(1)
        case "trainer": continue
        case "bavarder": print("pas du JSON", flush=True)
        case _: print(ligne, flush=True, end="")
"""


@pytest.fixture
async def faux() -> AsyncIterator[Solveur]:
    worker = Solveur((sys.executable, "-c", FAUX))
    yield worker
    await worker.close()


@pytest.mark.parametrize("panne", ["mourir", "bavarder"])
async def test_a_process_that_dies_or_talks_nonsense_is_replaced(faux: Solveur, panne: str):
    assert await faux.ask({"faire": panne}, delai=60) is None
    assert await faux.ask({"faire": "repondre"}, delai=60) == {"faire": "repondre"}


async def test_a_process_that_overruns_is_ended_and_replaced(faux: Solveur):
    premier = await faux.warm()
    assert await faux.ask({"faire": "trainer"}, delai=0.05) is None
    await premier.wait()
    assert await faux.warm() is not premier
    assert await faux.ask({"faire": "repondre"}, delai=60) == {"faire": "repondre"}


async def test_a_cold_process_goes_on_warming_for_the_next_question(faux: Solveur):
    assert await faux.ask({"faire": "repondre"}, delai=0) is None
    assert await faux.ask({"faire": "repondre"}, delai=60) == {"faire": "repondre"}


async def test_several_askers_are_served_in_turn(faux: Solveur):
    reponses = await asyncio.gather(*(faux.ask({"faire": "repondre", "n": n}, delai=60) for n in range(5)))
    assert [r["n"] for r in reponses] == list(range(5))


@pytest.mark.parametrize("commande", [("/nulle/part",), (sys.executable, "-c", "")])
async def test_a_process_that_cannot_start_is_no_answer_and_no_error(commande: tuple[str, ...]):
    worker = Solveur(commande)
    assert await worker.ask({}, delai=60) is None
    await worker.close()


async def test_a_process_is_ended_while_it_starts():
    worker = Solveur((sys.executable, "-c", "import sys; sys.stdin.read()"))
    attente = asyncio.create_task(worker.ask({}, delai=60))
    await asyncio.sleep(0)
    await worker.close()
    assert await attente is None


async def test_start_up_does_not_wait_and_shut_down_ends_what_was_starting():
    stop = await module.start_warming()
    await stop()
    assert asyncio.get_running_loop() not in solveur._courant


def test_the_house_never_imports_the_solver():
    """The library stays in its own process: 100 MB and more than a second each web process does without."""
    programme = "import sys, guichet.app.modules as m; m.assemble(); print('ortools' in sys.modules)"
    sortie = subprocess.run([sys.executable, "-c", programme], capture_output=True, text=True, check=True)
    assert sortie.stdout.strip() == "False"
