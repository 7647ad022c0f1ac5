"""What other contexts may ask: an assignment that works, and a better day. Outside any transaction: it takes time."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Final

from guichet.ia.metier import Poids, RessourceSolveur, Solution, TacheSolveur, read_answer, write_question
from guichet.ia.solveur import close_current, current, is_installed

__all__ = [
    "Poids",
    "RessourceSolveur",
    "Solution",
    "TacheSolveur",
    "close_solveur",
    "is_installed",
    "optimise_journee",
    "solve_affectation",
    "warm_solveur",
]

PART_SOLVEUR: Final = 0.75
"""Share of the delay the solver may use: the rest is for the exchange."""


async def solve_affectation(
    *, ressources: Sequence[RessourceSolveur], taches: Sequence[TacheSolveur], delai_ms: int
) -> Solution | None:
    """An assignment of every task, the fewest moves first; None: none exists, or none was found in `delai_ms`.

    None as well where the solver is not installed.
    """
    return await _ask(ressources, taches, delai_ms=delai_ms, poids=None, seuil=timedelta())


async def optimise_journee(
    *,
    ressources: Sequence[RessourceSolveur],
    taches: Sequence[TacheSolveur],
    seuil: timedelta,
    delai_ms: int,
    poids: Poids | None = None,
) -> Solution | None:
    """The best assignment found in `delai_ms`: optional tasks placed, short gaps (under `seuil`) avoided, load shared,
    rare accreditations kept, few changes. None as for `solve_affectation`."""
    return await _ask(ressources, taches, delai_ms=delai_ms, poids=poids or Poids(), seuil=seuil)


async def _ask(
    ressources: Sequence[RessourceSolveur],
    taches: Sequence[TacheSolveur],
    *,
    delai_ms: int,
    poids: Poids | None,
    seuil: timedelta,
) -> Solution | None:
    if not taches:
        return Solution({}, optimale=True)
    if not is_installed():
        return None
    secondes = delai_ms / 1000
    question = write_question(ressources, taches, secondes=secondes * PART_SOLVEUR, poids=poids, seuil=seuil)
    reponse = await current().ask(question, delai=secondes)
    return None if reponse is None else read_answer(reponse, ressources, taches)


async def warm_solveur() -> None:
    """Wait until the solver's process of this loop is ready. Raises `OSError` when it cannot be started."""
    await current().warm()


async def close_solveur() -> None:
    """End the solver's process of this loop."""
    await close_current()
