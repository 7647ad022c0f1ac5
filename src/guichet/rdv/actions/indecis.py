"""What the stages could not decide in their steps is put to the solver, on values, without any lock."""

from collections.abc import Mapping
from uuid import UUID

from guichet.ia.facade import RessourceSolveur, TacheSolveur, solve_affectation
from guichet.rdv.metier.faisabilite import Tache
from guichet.rdv.metier.intervalles import Intervalle, merge, subtract
from guichet.rdv.metier.journee import Journee


async def solve_undecided(
    jour: Journee, nouvelle: Tache, *, choisi: UUID | None, delai_ms: int
) -> Mapping[UUID, UUID] | None:
    """Who takes `nouvelle`, and who takes over what; None when the solver finds nothing in `delai_ms`, or is not there."""
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
