"""How often a full day takes one more appointment only by moving others, how long the answer takes, what stays undecided.

Days are drawn, filled first come first served by rule 8 as customers book, then every start of the grid is asked for.
"""

import sys
import time
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from random import Random
from uuid import UUID

from bench.cadre import percentiles
from guichet.rdv.metier.faisabilite import Ressource, Tache, Verdict, find_plan
from guichet.rdv.metier.intervalles import Intervalle

HUIT = datetime(2026, 11, 23, 7, tzinfo=UTC)
EQUIPES = (2, 3, 5, 8, 12)
JOURS = 40
TITRES = (("VL",), ("VL",), ("VL", "Gaz"), ("VL", "L"), ("VL", "L", "Gaz"))
CONTROLES = ((("VL",), 30, 50), (("VL",), 45, 25), (("VL",), 20, 10), (("VL", "Gaz"), 45, 8), (("L",), 30, 7))
"""Needs, minutes, share in a hundred."""


def minutes(debut: int, fin: int) -> Intervalle:
    """A stretch counted in minutes from the opening."""
    return Intervalle(HUIT + timedelta(minutes=debut), HUIT + timedelta(minutes=fin))


def draw_team(n: int, hasard: Random) -> list[Ressource]:
    """Inspectors of a centre open from 8 to 12 and from 13:30 to 18, some of them part time."""
    matin, soir = minutes(0, 240), minutes(330, 600)
    return [
        Ressource(
            UUID(int=i + 1),
            hasard.choice(((matin, soir), (matin, soir), (matin, soir), (matin,), (minutes(60, 240), soir))),
            frozenset(TITRES[i % len(TITRES)]),
        )
        for i in range(n)
    ]


def draw_task(n: int, hasard: Random) -> Tache:
    """An appointment somebody would like."""
    besoins, duree, _poids = hasard.choices(CONTROLES, [c[2] for c in CONTROLES])[0]
    debut = 15 * hasard.randrange(40)
    return Tache(
        UUID(int=1000 + n), minutes(debut, debut + duree), frozenset(besoins), None, fixe=hasard.random() < 0.05
    )


def fill(equipe: list[Ressource], hasard: Random) -> list[Tache]:
    """A day as bookings leave it: those that found a free inspector, nobody moved, until nearly nothing fits."""
    taches: list[Tache] = []
    for n in range(25 * len(equipe)):
        t = draw_task(n, hasard)
        plan = find_plan(equipe, taches, t, budget=0)
        if plan.verdict is Verdict.DIRECT:
            taches.append(replace(t, actuel=plan.affectations[t.id]))
    return taches


def measure(taille: int, jours: int) -> None:
    """Ask for every start of the grid and every kind of inspection on days of one size."""
    durees: list[float] = []
    verdicts: Counter[Verdict] = Counter()
    deplacements: Counter[int] = Counter()
    occupes = 0
    for jour in range(jours):
        hasard = Random(1000 * taille + jour)
        equipe = draw_team(taille, hasard)
        taches = fill(equipe, hasard)
        garde = hasard.randint(len(taches) * 8 // 10, len(taches))
        taches = hasard.sample(taches, garde)
        occupes += len(taches)
        for _ in range(40):
            t = replace(draw_task(99_999, hasard), fixe=False)
            debut = time.perf_counter()
            plan = find_plan(equipe, taches, t)
            verdicts[plan.verdict] += 1
            if plan.verdict is not Verdict.DIRECT:
                durees.append(time.perf_counter() - debut)
            if plan.verdict is Verdict.DEPLACE:
                deplacements[plan.deplacements] += 1
    demandes = sum(verdicts.values())
    faisables = verdicts[Verdict.DIRECT] + verdicts[Verdict.DEPLACE]
    print(
        f"{taille:2d} contrôleurs, {occupes / jours:.0f} rendez-vous par jour, {demandes} demandes :"
        f" {verdicts[Verdict.DEPLACE] / max(faisables, 1):.1%} des places n'existent qu'en déplaçant,"
        f" {verdicts[Verdict.INDECIS]} sans réponse ({verdicts[Verdict.INDECIS] / demandes:.2%})"
    )
    print(
        f"   une demande sans contrôleur libre : {percentiles(durees)}, pire {max(durees) * 1000:.0f} ms ;"
        f" déplacements {dict(sorted(deplacements.items()))}"
    )


def main() -> None:
    """Every size of team."""
    jours = int(sys.argv[1]) if sys.argv[1:] and sys.argv[1].isdigit() else JOURS
    for taille in EQUIPES:
        measure(taille, jours)


if __name__ == "__main__":
    main()
