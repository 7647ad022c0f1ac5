"""Which operation comes next, and how often each does."""

from collections.abc import Sequence
from random import Random
from typing import Final

from tests.histoires.attente import draw_answer, draw_entry
from tests.histoires.modele import (
    Intention,
    Memoire,
    Monde,
    Tireur,
    draw_booking,
    draw_cancellation,
    draw_move,
    draw_payment,
    draw_reading,
    draw_repetition,
    draw_setting,
)
from tests.histoires.plannings import draw_application, draw_block, draw_withdrawal

TIREURS: Final[Sequence[tuple[int, Tireur]]] = (
    (50, draw_booking),
    (18, draw_cancellation),
    (8, draw_reading),
    (8, draw_repetition),
    (20, draw_move),
    (20, draw_payment),
    (12, draw_setting),
    (8, draw_block),
    (12, draw_application),
    (3, draw_withdrawal),
    (10, draw_entry),
    (24, draw_answer),
)


def draw(rng: Random, monde: Monde, memoire: Memoire, tireurs: Sequence[tuple[int, Tireur]] = TIREURS) -> Intention:
    """What this client does next. The same seed, world and answers give the same intention."""
    while True:
        (tireur,) = rng.choices([t for _, t in tireurs], [poids for poids, _ in tireurs])
        intention = tireur(rng, monde, memoire)
        if intention is not None:
            if intention.cle:
                return intention
            return _signed(intention, cle=f"{rng.getrandbits(96):024x}", presse=rng.random() < 0.04)


def _signed(intention: Intention, *, cle: str, presse: bool) -> Intention:
    champs = {nom: getattr(intention, nom) for nom in Intention.__dataclass_fields__}
    return Intention(**(champs | {"cle": cle, "presse": presse}))
