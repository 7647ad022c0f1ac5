"""What a better day is (rule 8): who takes what when the times stay, and what is gained by it.

The figures shown before anything is applied: minutes nobody can sell, difference in load, minutes of accreditations used
beyond need, appointments in surnombre that found an inspector, inspectors changed.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Final
from uuid import UUID

from guichet.rdv.metier.affectation import Candidat, choose_controleur, trou_perdu
from guichet.rdv.metier.faisabilite import Ressource, Tache
from guichet.rdv.metier.intervalles import Intervalle, subtract

MINUTE: Final = timedelta(minutes=1)


@dataclass(frozen=True)
class Jour:
    """A centre's day: inspectors (time elsewhere taken off), appointments with somebody, those in surnombre without.

    `seuil`: the shortest stretch that can still be sold.
    """

    ressources: tuple[Ressource, ...]
    taches: tuple[Tache, ...]
    surnombres: tuple[Tache, ...] = ()
    seuil: timedelta = timedelta(minutes=30)

    @property
    def actuelles(self) -> dict[UUID, UUID]:
        """Who has each appointment as things stand."""
        return {t.id: t.actuel for t in self.taches if t.actuel is not None}


@dataclass(frozen=True, slots=True)
class Bilan:
    """A day in figures; fewer is better but for `places`, the appointments in surnombre that have an inspector."""

    trous_minutes: int
    ecart_minutes: int
    titres_minutes: int
    places: int

    def note(self, deplacements: int) -> int:
        """One figure to compare two days, the lower the better; the weights are those of the solver."""
        return (
            20 * self.trous_minutes
            + 4 * self.ecart_minutes
            + self.titres_minutes
            - 100_000 * self.places
            + 5 * deplacements
        )


@dataclass(frozen=True)
class Proposition:
    """A day and a better one: `affectations` says only what changes."""

    avant: Bilan
    apres: Bilan
    affectations: Mapping[UUID, UUID] = field(default_factory=dict)


def possibles(jour: Jour, tache: Tache) -> tuple[UUID, ...]:
    """Who may take an appointment: accredited, at work, not held by a fixed one; whoever has it may keep it."""
    if tache.fixe:
        return () if tache.actuel is None else (tache.actuel,)
    fixes = [(t.actuel, t.intervalle) for t in jour.taches if t.fixe]
    sortie = []
    for r in jour.ressources:
        libres = subtract(r.plages, [i for qui, i in fixes if qui == r.id])
        convient = tache.besoins <= r.capacites and any(p.contains(tache.intervalle) for p in libres)
        if convient or r.id == tache.actuel:
            sortie.append(r.id)
    return tuple(sortie)


def is_valid(jour: Jour, affectations: Mapping[UUID, UUID]) -> bool:
    """Whether a whole assignment may be: nobody in two places, everybody able, all but surnombre with somebody."""
    toutes = {t.id: t for t in (*jour.taches, *jour.surnombres)}
    if not {t.id for t in jour.taches} <= set(affectations) or not set(affectations) <= set(toutes):
        return False
    siennes: dict[UUID, list[Intervalle]] = {}
    for identifiant, qui in affectations.items():
        tache = toutes[identifiant]
        if qui not in possibles(jour, tache) or any(i.overlaps(tache.intervalle) for i in siennes.get(qui, ())):
            return False
        siennes.setdefault(qui, []).append(tache.intervalle)
    return True


def measure(jour: Jour, affectations: Mapping[UUID, UUID]) -> Bilan:
    """The figures of a day under an assignment. An inspector who has nothing all day loses no minute."""
    trous = titres = 0
    charges: list[int] = []
    toutes = (*jour.taches, *jour.surnombres)
    for r in jour.ressources:
        siennes = [t for t in toutes if affectations.get(t.id) == r.id]
        charges.append(sum((t.intervalle.duree // MINUTE for t in siennes), 0))
        titres += sum(t.intervalle.duree // MINUTE * max(len(r.capacites) - len(t.besoins), 0) for t in siennes)
        prises = [t.intervalle for t in siennes]
        trous += sum(
            libre.duree // MINUTE
            for plage in r.plages
            if any(plage.overlaps(i) for i in prises)
            for libre in subtract([plage], prises)
            if libre.duree < jour.seuil
        )
    ecart = max(charges) - min(charges) if charges else 0
    places = sum(1 for t in jour.surnombres if t.id in affectations)
    return Bilan(trous, ecart, titres, places)


def assign_in_turn(jour: Jour, ordre: Sequence[Tache] | None = None) -> dict[UUID, UUID] | None:
    """The day as the booking rule alone would make it, one appointment after the other; None when one finds nobody.

    The plain baseline the solver is measured against, and what is proposed where there is no solver.
    """
    choisis: dict[UUID, UUID] = {}
    prises: dict[UUID, list[Intervalle]] = {r.id: [] for r in jour.ressources}
    fixes = [t for t in jour.taches if t.fixe]
    facultatives = {t.id for t in jour.surnombres}
    for t in fixes:
        if t.actuel in prises:
            choisis[t.id] = t.actuel
            prises[t.actuel].append(t.intervalle)
    suite = ordre if ordre is not None else sorted(jour.taches, key=lambda t: (t.intervalle, t.id.bytes))
    for t in (*(t for t in suite if not t.fixe), *jour.surnombres):
        qui = choose_controleur(_candidats(jour, t, prises))
        if qui is not None:
            choisis[t.id] = qui
            prises[qui].append(t.intervalle)
        elif t.id not in facultatives:
            return None
    return choisis


def _candidats(jour: Jour, t: Tache, prises: Mapping[UUID, Sequence[Intervalle]]) -> Iterable[Candidat]:
    for r in jour.ressources:
        if t.besoins <= r.capacites:
            libre = next((p for p in subtract(r.plages, prises[r.id]) if p.contains(t.intervalle)), None)
            if libre is not None:
                charge = sum((i.duree for i in prises[r.id]), timedelta())
                yield Candidat(r.id, len(r.capacites), charge, trou_perdu(libre, t.intervalle))


def propose(jour: Jour, trouvees: Iterable[Mapping[UUID, UUID] | None]) -> Proposition:
    """The best of the assignments found that is valid and better than the day as it stands; else nothing changes."""
    actuelles = jour.actuelles
    avant = measure(jour, actuelles)
    meilleure = Proposition(avant, avant)
    note = avant.note(0)
    for affectations in trouvees:
        if affectations is None or not is_valid(jour, affectations):
            continue
        changees = {t: qui for t, qui in affectations.items() if actuelles.get(t) != qui}
        apres = measure(jour, affectations)
        if changees and apres.note(len(changees)) < note:
            note = apres.note(len(changees))
            meilleure = Proposition(avant, apres, changees)
    return meilleure


def limit_surnombres(jour: Jour, nombre: int) -> Jour:
    """The same day with the first `nombre` appointments in surnombre only: what the nominal capacity still takes."""
    return replace(jour, surnombres=jour.surnombres[: max(nombre, 0)])
