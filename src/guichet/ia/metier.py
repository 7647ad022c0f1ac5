"""The question put to the solver and its answer, as values and as the lines the two processes exchange."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

MINUTE: Final = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class TacheSolveur:
    """A stretch of time that wants somebody. `possibles`: who may take it; `actuel`: who has it.

    `facultative`: it may stay without anybody (an appointment in surnombre); the others must have somebody.
    """

    id: UUID
    debut: datetime
    fin: datetime
    possibles: tuple[UUID, ...]
    actuel: UUID | None = None
    facultative: bool = False


@dataclass(frozen=True, slots=True)
class RessourceSolveur:
    """Somebody who takes tasks: when, and how many accreditations they hold."""

    id: UUID
    plages: tuple[tuple[datetime, datetime], ...]
    titres: int = 1


@dataclass(frozen=True, slots=True)
class Poids:
    """What a better day is worth: an optional task placed, an unusable minute saved, a minute of difference in load, a
    minute of an accreditation kept free, an inspector changed."""

    place: int = 100_000
    trou: int = 20
    ecart: int = 4
    titre: int = 1
    deplacement: int = 5


@dataclass(frozen=True)
class Solution:
    """Who takes each task (optional ones left aside are absent). `optimale`: nothing better exists for those weights."""

    affectations: Mapping[UUID, UUID]
    optimale: bool


def write_question(
    ressources: Sequence[RessourceSolveur],
    taches: Sequence[TacheSolveur],
    *,
    secondes: float,
    poids: Poids | None,
    seuil: timedelta,
) -> dict[str, Any]:
    """The question in minutes from the first start. `poids` None: any assignment will do, the fewest moves first.

    `seuil`: a free stretch shorter than this is of no use to anybody.
    """
    origine = min(t.debut for t in taches)
    rang = {r.id: n for n, r in enumerate(ressources)}

    def minutes(instant: datetime) -> int:
        return (instant - origine) // MINUTE

    return {
        "secondes": secondes,
        "seuil": seuil // MINUTE,
        "poids": None if poids is None else [poids.place, poids.trou, poids.ecart, poids.titre, poids.deplacement],
        "ressources": [[r.titres, [[minutes(a), minutes(b)] for a, b in r.plages]] for r in ressources],
        "taches": [
            [
                minutes(t.debut),
                minutes(t.fin),
                [rang[p] for p in t.possibles if p in rang],
                -1 if t.actuel is None else rang.get(t.actuel, -1),
                t.facultative,
            ]
            for t in taches
        ],
    }


def read_answer(
    reponse: Mapping[str, Any], ressources: Sequence[RessourceSolveur], taches: Sequence[TacheSolveur]
) -> Solution | None:
    """The solution of an answer; None when the solver found none."""
    places = reponse.get("places")
    if places is None:
        return None
    return Solution(
        {t.id: ressources[n].id for t, n in zip(taches, places, strict=True) if n >= 0}, bool(reponse["optimale"])
    )
