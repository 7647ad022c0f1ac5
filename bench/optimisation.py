"""What re-optimising a day gains, against the plain rule: random days never used to choose the weights.

Each day is filled by the booking rule, then a fifth of it is cancelled, as life does; the solver and the plain rule (the
same appointments given again one after the other) then look for a better one. Both are measured by the same figures.
"""

import asyncio
import statistics
import sys
import time
from collections.abc import Mapping
from random import Random
from uuid import UUID

from bench.cadre import percentiles
from bench.faisabilite import draw_team, fill
from guichet.ia.facade import RessourceSolveur, TacheSolveur, close_solveur, optimise_journee, warm_solveur
from guichet.rdv.metier.optimisation import Jour, Proposition, assign_in_turn, possibles, propose

JOURS = 12
EQUIPES = (3, 5, 8)
DELAI_MS = 8000


async def solve(jour: Jour) -> Mapping[UUID, UUID] | None:
    """The solver's assignment."""
    ressources = [
        RessourceSolveur(r.id, tuple((p.debut, p.fin) for p in r.plages), len(r.capacites)) for r in jour.ressources
    ]
    taches = [
        TacheSolveur(t.id, t.intervalle.debut, t.intervalle.fin, possibles(jour, t), t.actuel) for t in jour.taches
    ]
    solution = await optimise_journee(ressources=ressources, taches=taches, seuil=jour.seuil, delai_ms=DELAI_MS)
    return None if solution is None else solution.affectations


def show(nom: str, propositions: list[Proposition]) -> None:
    """Mean figures of the days after."""
    moyennes = [
        statistics.mean(getattr(p.apres, champ) for p in propositions)
        for champ in ("trous_minutes", "ecart_minutes", "titres_minutes")
    ]
    changes = statistics.mean(len(p.affectations) for p in propositions)
    print(
        f"   {nom:8s} trous {moyennes[0]:5.0f} min, écart de charge {moyennes[1]:4.0f} min,"
        f" agréments au-delà du besoin {moyennes[2]:5.0f} min, changements {changes:.1f}"
    )


async def measure(taille: int, jours: int) -> None:
    """Days of one size."""
    avant, regle, solveur, durees = [], [], [], []
    for n in range(jours):
        hasard = Random(77_000 + 100 * taille + n)
        equipe = draw_team(taille, hasard)
        taches = fill(equipe, hasard)
        jour = Jour(tuple(equipe), tuple(hasard.sample(taches, len(taches) * 4 // 5)))
        avant.append(propose(jour, []))
        regle.append(propose(jour, [assign_in_turn(jour)]))
        debut = time.perf_counter()
        solveur.append(propose(jour, [await solve(jour)]))
        durees.append(time.perf_counter() - debut)
    print(f"{taille} contrôleurs, {jours} jours ; le solveur : {percentiles(durees)}")
    for nom, propositions in (("avant", avant), ("règle", regle), ("solveur", solveur)):
        show(nom, propositions)


async def run() -> None:
    """Every size of team."""
    jours = int(sys.argv[1]) if sys.argv[1:] and sys.argv[1].isdigit() else JOURS
    await warm_solveur()
    for taille in EQUIPES:
        await measure(taille, jours)
    await close_solveur()


if __name__ == "__main__":
    asyncio.run(run())
