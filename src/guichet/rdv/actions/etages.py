"""Never refuse a feasible booking: what is tried, stage after stage, when nobody accredited is free at once.

The day is read without locks and decided upon; then, under the locks, the decision is applied if the day is still the
same, and taken again if not. A refusal never holds a lock. For what only the solver can decide the transaction is left,
and made again with its plan.
"""

import time
from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass, replace
from datetime import date
from typing import Final, Protocol
from uuid import UUID

import psycopg
from sqlalchemy.ext.asyncio import AsyncSession

from guichet.rdv.actions.indecis import settle_undecided
from guichet.rdv.actions.liberer import free_dead_holds
from guichet.rdv.actions.placer import Place
from guichet.rdv.actions.reaffecter import reassign
from guichet.rdv.actions.verrous import lock_days
from guichet.rdv.metier.journee import Decision, Etape, Journee, decide, works_at
from guichet.rdv.metier.types import Indisponible
from guichet.rdv.questions.journee import Voulu, read_journee
from guichet.socle.telemetrie.metriques import compteur

ESSAIS: Final = 3
DELAI_MS: Final = 200
"""What all the stages together may take."""
OCCUPE: Final = frozenset(i.value for i in Indisponible)
"""The refusals of the direct statement after which there is something left to try."""

LIBERER: Final = "liberer"
"""The answer of the direct statement when a hold has just died and somebody in surnombre or on the waiting list comes
first."""

ETAPES = compteur("rdv_places", "Places asked for, by the stage that answered", ("etape",))
INDECIS = compteur(
    "rdv_indecis", "Bookings refused because nobody could tell in time whether they were feasible; target 0"
)


class Poser(Protocol):
    """Writes the appointment: nominal, or in surnombre against a tolerance in per cent (None: without limit)."""

    def __call__(self, *, surnombre: bool, tolerance: int | None, garder: bool) -> Awaitable[Place]:
        """As `take_place` and `move_place`."""
        ...


@dataclass(frozen=True, kw_only=True)
class Recherche:
    """A place that is looked for: the start wanted and how it is written.

    It takes the place of the appointments `sauf` and of the holds `rendues` finds (each with its centre and day).
    `surbook`: the caller may go beyond every limit, and asked to.
    """

    voulu: Voulu
    poser: Poser
    sauf: Collection[UUID] = ()
    rendues: Callable[[], Awaitable[dict[UUID, tuple[UUID, date]]]] | None = None
    surbook: bool = False


async def find_place(session: AsyncSession, recherche: Recherche) -> Place:
    """Give a place: a free inspector, else by moving others between inspectors, else in surnombre where it is open.

    Out: as the statement says it; what is refused has changed nothing and holds no lock. Appointments that were moved
    are told (`RdvUpdated`, audit). Raises `Reprise` where the solver has to be asked and the caller can be done again.
    """
    place = await recherche.poser(surnombre=False, tolerance=None, garder=False)
    if place.issue == LIBERER:
        await free_dead_holds(session, centre_id=recherche.voulu.contexte.centre.id, jour=recherche.voulu.jour)
        place = await recherche.poser(surnombre=False, tolerance=None, garder=False)
    if place.issue in OCCUPE:
        place = await _look_further(session, recherche, place)
    else:
        _count(Etape.DIRECT if place.ok else Etape.REFUS)
    return place


def _count(etape: Etape) -> None:
    ETAPES.labels(etape.value).inc()


async def _look_further(session: AsyncSession, recherche: Recherche, place: Place) -> Place:
    fin = time.perf_counter() + DELAI_MS / 1000
    rendues = await recherche.rendues() if recherche.rendues else {}
    etude = _Etude(session, recherche, {*recherche.sauf, *rendues}, set(rendues.values()))
    await etude.read()
    etude.settle(fin)
    for _essai in range(ESSAIS):
        if not etude.decision.has_place:
            break
        try:
            async with session.begin_nested() as point:
                trouvee = await etude.apply()
                if trouvee.ok:
                    _count(etude.decision.etape)
                    return trouvee
                await point.rollback()
        except (psycopg.errors.ExclusionViolation, psycopg.errors.DeadlockDetected):
            await etude.read()
    etape = Etape.INDECIS if etude.decision.etape is Etape.INDECIS else Etape.REFUS
    if etape is Etape.INDECIS:
        INDECIS.inc()
    _count(etape)
    return Place(etude.issue(place))


class _Etude:
    """The day of a wanted start, what was decided on it, and the decision's application."""

    def __init__(
        self, session: AsyncSession, recherche: Recherche, sauf: set[UUID], autres: set[tuple[UUID, date]]
    ) -> None:
        self._session = session
        self._recherche = recherche
        self._voulu = recherche.voulu
        self._sauf = sauf
        self._jours = {(recherche.voulu.contexte.centre.id, recherche.voulu.jour), *autres}
        self._lue: Journee | None = None
        self.decision = Decision(Etape.REFUS)

    async def read(self) -> None:
        """Read the day and decide, unless it is the one already decided upon."""
        lue = await read_journee(self._session, self._voulu, sauf=self._sauf)
        if lue is None or lue != self._lue:
            self._lue = lue
            self.decision = self._reckon(lue)

    def settle(self, fin: float) -> None:
        """What could not be decided is the solver's, until `fin`; its plan holds as long as the day is the same.

        Raises `Reprise` when the solver has not been asked yet.
        """
        if self._lue is None or self.decision.etape is not Etape.INDECIS:
            return
        affectations = settle_undecided(self._lue, self._voulu.tache, choisi=self._voulu.choisi, fin=fin)
        if affectations is not None:
            self.decision = Decision(Etape.SOLVEUR, affectations)

    def _reckon(self, jour: Journee | None) -> Decision:
        voulu = self._voulu
        if jour is None:
            return Decision(Etape.REFUS)
        decision = decide(
            jour,
            voulu.tache,
            voulu.grille,
            tolerance_pour_cent=voulu.contexte.tolerance,
            choisi=voulu.choisi,
        )
        if self._recherche.surbook and not decision.has_place and works_at(jour, voulu.tache.intervalle, voulu.besoins):
            return Decision(Etape.SURNOMBRE, raison=decision.raison)
        return decision

    async def apply(self) -> Place:
        """Under the locks: decide again if the day has changed, move whoever must be, write."""
        voulu, recherche = self._voulu, self._recherche
        await lock_days(self._session, jours=self._jours)
        await self.read()
        decision = self.decision
        if not decision.has_place or self._lue is None:
            return Place(Indisponible.PRIS.value)
        await reassign(self._session, self._lue, decision.affectations, voulu)
        if decision.etape is not Etape.SURNOMBRE:
            return await recherche.poser(surnombre=False, tolerance=None, garder=True)
        au_dela = decision.raison is not None
        tolerance = None if au_dela else voulu.contexte.tolerance
        return replace(await recherche.poser(surnombre=True, tolerance=tolerance, garder=True), au_dela=au_dela)

    def issue(self, place: Place) -> str:
        """Why there is no place. A rule that excludes the hour comes first; `tenu` says more than `pris`."""
        if self._lue is not None and not works_at(self._lue, self._voulu.tache.intervalle, self._voulu.besoins):
            return "hors_horaires"
        raison = self.decision.raison
        if raison is None or (raison is Indisponible.PRIS and place.issue == Indisponible.TENU):
            return place.issue
        return raison.value
