"""A centre's day as a whole: may one more appointment be taken, and how (never refuse what is feasible; rule 5; rule 12).

What was read of the day goes in, a decision comes out. The same values always give the same decision: what was decided
before a lock holds under it as long as the day is equal.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final
from uuid import UUID
from zoneinfo import ZoneInfo

from guichet.rdv.metier.capacite import can_surbook, is_nominal_full, places_surnombre
from guichet.rdv.metier.creneaux import Libre, Ouvert, free_starts, starts
from guichet.rdv.metier.faisabilite import Plan, Ressource, Tache, Verdict, find_plan
from guichet.rdv.metier.intervalles import Intervalle, merge, subtract
from guichet.rdv.metier.types import Indisponible

CHOISI: Final = "controleur:"
"""Prefix of the capacity only a chosen inspector has."""


@dataclass(frozen=True)
class Journee:
    """An open local day of a centre, at one instant.

    `nominaux` and `surnombres` are the appointments that occupy it; `prises` the stretches in which no lane is left for
    one more vehicle of the wanted type. `ouverts` are the inspectors at work, `taches` their appointments wherever they
    are: those of other centres, under way, or given to an inspector by name are fixed.
    """

    capacite: int
    nominaux: int
    surnombres: int
    prises: tuple[Intervalle, ...]
    ouverts: tuple[Ouvert, ...]
    taches: tuple[Tache, ...]


@dataclass(frozen=True)
class Grille:
    """The starts of a day: the centre's zone and grid (minutes), and the first instant that can still be booked."""

    zone: ZoneInfo
    minutes: int
    depuis: datetime


class Etape(StrEnum):
    """The stage that gave the answer."""

    DIRECT = "direct"
    DEPLACE = "deplace"
    SOLVEUR = "solveur"
    SURNOMBRE = "surnombre"
    INDECIS = "indecis"
    REFUS = "refus"


@dataclass(frozen=True)
class Decision:
    """What to do: with whom (`affectations`, the new task included), or why not.

    A place in surnombre with a `raison` is one that only `rdv:surbook` gives.
    """

    etape: Etape
    affectations: Mapping[UUID, UUID] = field(default_factory=dict)
    raison: Indisponible | None = None

    @property
    def has_place(self) -> bool:
        """Is there something to apply?"""
        return self.etape not in {Etape.REFUS, Etape.INDECIS}


def decide(
    jour: Journee, nouvelle: Tache, grille: Grille, *, tolerance_pour_cent: int, choisi: UUID | None = None
) -> Decision:
    """May `nouvelle` be taken on its day, and how.

    Nominal first, moving others between inspectors if need be. Beyond the capacity only when the day is full: the nominal
    capacity is reached, or no start of the day has a feasible place left for that duration and accreditation. A place in
    surnombre has no inspector: whoever wants one by name is not offered it.
    """
    complet = is_nominal_full(jour.nominaux, jour.capacite)
    raison = Indisponible.COMPLET
    if not complet:
        plan = find_nominal(jour, nouvelle, choisi=choisi)
        if plan is None:
            raison = Indisponible.LIGNES
        elif plan.verdict is Verdict.INDECIS:
            return Decision(Etape.INDECIS, raison=Indisponible.PRIS)
        elif plan.verdict is not Verdict.IMPOSSIBLE:
            return Decision(Etape(plan.verdict.value), plan.affectations)
        else:
            raison = Indisponible.PRIS
    reste = not complet and has_feasible_start(jour, nouvelle, grille)
    ouvert = choisi is None and can_surbook(
        nominaux=jour.nominaux,
        surnombre=jour.surnombres,
        capacite=jour.capacite,
        tolerance_pour_cent=tolerance_pour_cent,
        reste_une_place=reste,
    )
    if ouvert and works_at(jour, nouvelle.intervalle, nouvelle.besoins):
        return Decision(Etape.SURNOMBRE)
    return Decision(Etape.REFUS, raison=raison if reste else Indisponible.COMPLET if choisi is None else raison)


def find_nominal(jour: Journee, nouvelle: Tache, *, choisi: UUID | None = None) -> Plan | None:
    """The plan that gives `nouvelle` an inspector, whatever it finds; None when no lane is left at that time."""
    if any(nouvelle.intervalle.overlaps(pris) for pris in jour.prises):
        return None
    if choisi is not None:
        nouvelle = Tache(
            nouvelle.id, nouvelle.intervalle, nouvelle.besoins | {f"{CHOISI}{choisi}"}, nouvelle.actuel, nouvelle.fixe
        )
    return find_plan(build_ressources(jour), jour.taches, nouvelle)


def build_ressources(jour: Journee) -> list[Ressource]:
    """The inspectors as the feasibility rule takes them; each can be asked for by name."""
    return [Ressource(o.controleur_id, o.plages, o.capacites | {f"{CHOISI}{o.controleur_id}"}) for o in jour.ouverts]


def works_at(jour: Journee, voulu: Intervalle, besoins: frozenset[str]) -> bool:
    """Does somebody accredited work during the whole of `voulu`?"""
    return any(besoins <= o.capacites and any(plage.contains(voulu) for plage in merge(o.plages)) for o in jour.ouverts)


def has_feasible_start(jour: Journee, nouvelle: Tache, grille: Grille) -> bool:
    """Does any start of the day still have a place, moving others if need be? What cannot be decided counts as one."""
    if direct_starts(jour, nouvelle.intervalle.duree, nouvelle.besoins, grille):
        return True
    return next(feasible_starts(jour, nouvelle, grille), None) is not None


def direct_starts(jour: Journee, duree: timedelta, besoins: frozenset[str], grille: Grille) -> list[Libre]:
    """The starts at which somebody accredited is free, nobody moved."""
    occupes: dict[UUID, list[Intervalle]] = {o.controleur_id: list(jour.prises) for o in jour.ouverts}
    for tache in jour.taches:
        if tache.actuel in occupes:
            occupes[tache.actuel].append(tache.intervalle)
    return free_starts(
        jour.ouverts,
        occupes,
        besoins=besoins,
        duree=duree,
        zone=grille.zone,
        grille=grille.minutes,
        a_partir=grille.depuis,
    )


def feasible_starts(jour: Journee, nouvelle: Tache, grille: Grille) -> Iterator[datetime]:
    """The starts that have a place when others are moved, in order; also those that cannot be decided."""
    duree = nouvelle.intervalle.duree
    for debut in grid_starts(jour, duree, nouvelle.besoins, grille):
        voulue = Tache(nouvelle.id, Intervalle(debut, debut + duree), nouvelle.besoins, None, fixe=False)
        plan = find_nominal(jour, voulue)
        if plan is not None and plan.verdict is not Verdict.IMPOSSIBLE:
            yield debut


def grid_starts(jour: Journee, duree: timedelta, besoins: frozenset[str], grille: Grille) -> list[datetime]:
    """Every start at which somebody accredited works long enough, free or not, not before the first bookable instant."""
    tous = {
        debut
        for o in jour.ouverts
        if besoins <= o.capacites
        for plage in merge(o.plages)
        for debut in starts(plage, duree, grille.zone, grille.minutes)
    }
    return sorted(d for d in tous if d >= grille.depuis)


def starts_beyond(jour: Journee, nouvelle: Tache, grille: Grille, *, tolerance_pour_cent: int) -> Sequence[Libre]:
    """What a day without a direct place still offers: starts that need a move of others, else those in surnombre.

    `nouvelle` gives duration and accreditation; its hour counts for nothing. `places` is 0 for a start in surnombre.
    """
    besoins, duree = nouvelle.besoins, nouvelle.intervalle.duree
    if not is_nominal_full(jour.nominaux, jour.capacite):
        trouves = list(feasible_starts(jour, nouvelle, grille))
        if trouves:
            return [Libre(d, 1, _at_work(jour, d, duree, besoins), sans_trou=False) for d in trouves]
    if jour.surnombres >= places_surnombre(jour.capacite, tolerance_pour_cent):
        return []
    return [
        Libre(d, 0, _at_work(jour, d, duree, besoins), sans_trou=False)
        for d in grid_starts(jour, duree, besoins, grille)
    ]


def _at_work(jour: Journee, debut: datetime, duree: timedelta, besoins: frozenset[str]) -> int:
    voulu = Intervalle(debut, debut + duree)
    return sum(1 for o in jour.ouverts if besoins <= o.capacites and not subtract([voulu], o.plages))
