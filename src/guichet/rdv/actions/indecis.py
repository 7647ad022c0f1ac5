"""What the stages could not decide in their steps is put to the solver, on values, outside of any transaction."""

import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from uuid import UUID

from guichet.ia.facade import RessourceSolveur, TacheSolveur, is_installed, solve_affectation
from guichet.rdv.metier.faisabilite import Tache
from guichet.rdv.metier.intervalles import Intervalle, merge, subtract
from guichet.rdv.metier.journee import Journee
from guichet.socle.database import in_transaction
from guichet.socle.reprise import Reprise, brought, can_resume


@dataclass(frozen=True)
class Resolue:
    """What the solver said (None: nothing in time) of a day, when a start was wanted on it by a chosen inspector or any."""

    jour: Journee
    voulu: Intervalle
    besoins: frozenset[str]
    choisi: UUID | None
    affectations: Mapping[UUID, UUID] | None = None

    def asks_the_same(self, autre: "Resolue") -> bool:
        """True for the same question on a day that has not changed."""
        return (self.jour, self.voulu, self.besoins, self.choisi) == (
            autre.jour,
            autre.voulu,
            autre.besoins,
            autre.choisi,
        )


def settle_undecided(jour: Journee, nouvelle: Tache, *, choisi: UUID | None, fin: float) -> Mapping[UUID, UUID] | None:
    """Who takes what on a day the rules could not decide; None: nobody knows, it is refused.

    The first time the transaction is left for the solver (raises `Reprise`), which may think until `fin` (`perf_counter`).
    The second time what it said holds if the day is still the same.
    """
    question = Resolue(jour, nouvelle.intervalle, nouvelle.besoins, choisi)
    resolue = brought(Resolue)
    if resolue is not None and resolue.asks_the_same(question):
        return resolue.affectations
    if not can_resume() or not is_installed():
        return None

    async def chercher() -> Resolue:
        delai_ms = int((fin - time.perf_counter()) * 1000)
        affectations = None
        if delai_ms > 0:
            affectations = await solve_undecided(jour, nouvelle, choisi=choisi, delai_ms=delai_ms)
        return replace(question, affectations=affectations)

    raise Reprise(chercher)


async def solve_undecided(
    jour: Journee, nouvelle: Tache, *, choisi: UUID | None, delai_ms: int
) -> Mapping[UUID, UUID] | None:
    """Who takes `nouvelle`, and who takes over what; None when the solver finds nothing in `delai_ms`, or is not there."""
    assert not in_transaction(), "no outside call inside a transaction"
    mobiles = [t for t in jour.taches if not t.fixe]
    libres = {o.controleur_id: _time_of(jour, o.controleur_id, o.plages) for o in jour.ouverts}
    capacites = {o.controleur_id: o.capacites for o in jour.ouverts}

    def possible(tache: Tache) -> tuple[UUID, ...]:
        if tache is nouvelle and choisi is not None:
            return (choisi,)
        return tuple(
            qui
            for qui, plages in libres.items()
            if qui == tache.actuel
            or (tache.besoins <= capacites[qui] and any(p.contains(tache.intervalle) for p in plages))
        )

    solution = await solve_affectation(
        ressources=[
            RessourceSolveur(qui, tuple((p.debut, p.fin) for p in plages), len(capacites[qui]))
            for qui, plages in libres.items()
        ],
        taches=[
            TacheSolveur(t.id, t.intervalle.debut, t.intervalle.fin, possible(t), t.actuel)
            for t in (*mobiles, nouvelle)
        ],
        delai_ms=delai_ms,
    )
    if solution is None:
        return None
    actuels = {t.id: t.actuel for t in mobiles}
    return {tache: qui for tache, qui in solution.affectations.items() if actuels.get(tache) != qui}


def _time_of(jour: Journee, qui: UUID, plages: tuple[Intervalle, ...]) -> list[Intervalle]:
    """The working time of an inspector that may be given: without what is fixed, with what they already have."""
    siennes = [t for t in jour.taches if t.actuel == qui]
    libres = subtract(plages, [t.intervalle for t in siennes if t.fixe])
    return merge([*libres, *(t.intervalle for t in siennes if not t.fixe)])
