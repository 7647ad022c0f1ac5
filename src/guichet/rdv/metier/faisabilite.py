"""Can one more appointment be taken, moving others between inspectors if need be (times unchanged)?

Never refuse a feasible booking (spec, "Decisions where the founding documents are silent"), decided in stages: a free
inspector; proof that there is none, by matching at each instant; ejection chains, fewest moves first; exact search. Each
stage has its share of a budget of steps, so that the answer always comes in time; what is left is `INDECIS`.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final
from uuid import UUID

from guichet.rdv.metier.affectation import Candidat, choose_controleur, trou_perdu
from guichet.rdv.metier.intervalles import Intervalle, subtract
from guichet.rdv.metier.recherche import Balayage, Budget, BudgetEpuise, Chaines, Probleme, filter_masques

BUDGET: Final = 8000
"""Steps of search by default: some tens of milliseconds."""
DEPLACEMENTS_CHAINE: Final = 4
"""Moves up to which chains are tried, fewest first."""


@dataclass(frozen=True, slots=True)
class Tache:
    """An appointment of the day. `actuel`: who has it; `fixe`: it keeps its inspector (chosen by name, or under way)."""

    id: UUID
    intervalle: Intervalle
    besoins: frozenset[str]
    actuel: UUID | None
    fixe: bool


@dataclass(frozen=True, slots=True)
class Ressource:
    """An inspector: working time minus what is taken elsewhere, and what they may inspect that day."""

    id: UUID
    plages: tuple[Intervalle, ...]
    capacites: frozenset[str]


class Verdict(StrEnum):
    """What was found: a free inspector, a place by moving others, proof that there is none, or no answer in time."""

    DIRECT = "direct"
    DEPLACE = "deplace"
    IMPOSSIBLE = "impossible"
    INDECIS = "indecis"


@dataclass(frozen=True)
class Plan:
    """The verdict and who takes what: only what changes, the new task included."""

    verdict: Verdict
    affectations: Mapping[UUID, UUID] = field(default_factory=dict)

    @property
    def deplacements(self) -> int:
        """How many appointments change inspector for the new one."""
        return max(len(self.affectations) - 1, 0)


def find_plan(
    ressources: Iterable[Ressource], taches: Iterable[Tache], nouvelle: Tache, *, budget: int = BUDGET
) -> Plan:
    """Find who can take `nouvelle`, moving the fewest others.

    In: the inspectors of the day; the appointments that occupy one (dead holds left out; one without inspector, or whose
    inspector is not listed, takes nobody's time here); the task to place, whose `actuel` is ignored. A task may always
    stay with who has it, even where hours or accreditations have changed since. Out: `DIRECT` with one assignment (the
    choice of rule 8), `DEPLACE` with the moves, `IMPOSSIBLE` (proven) or `INDECIS` (budget used up). The same values
    always give the same plan, in whatever order they come.
    """
    jour = _Jour(ressources, taches, nouvelle)
    direct = jour.choose_direct()
    if direct is not None:
        return Plan(Verdict.DIRECT, {nouvelle.id: direct})
    return jour.search(budget)


class _Jour:
    """The day in plain integers: microseconds from the first start, bits for inspectors in order of identifier."""

    def __init__(self, ressources: Iterable[Ressource], taches: Iterable[Tache], nouvelle: Tache) -> None:
        self.ressources = sorted(ressources, key=lambda r: r.id.bytes)
        self.rang: dict[UUID | None, int] = {r.id: n for n, r in enumerate(self.ressources)}
        self.nouvelle = nouvelle
        autres = [t for t in taches if t.actuel in self.rang and t.id != nouvelle.id]
        self.autres = sorted(autres, key=lambda t: (t.intervalle, t.id.bytes))

    def choose_direct(self) -> UUID | None:
        """Who is free for the new task as things stand, by rule 8."""
        voulu = self.nouvelle.intervalle
        candidats = []
        for r in self.ressources:
            if not self.nouvelle.besoins <= r.capacites:
                continue
            siennes = [t.intervalle for t in self.autres if t.actuel == r.id]
            libre = next((p for p in subtract(r.plages, siennes) if p.contains(voulu)), None)
            if libre is not None:
                charge = sum((i.duree for i in siennes), timedelta())
                candidats.append(Candidat(r.id, len(r.capacites), charge, trou_perdu(libre, voulu)))
        return choose_controleur(candidats)

    def search(self, pas: int) -> Plan:
        """The later stages: proof of impossibility, chains, exact search."""
        taches, probleme = self._around()
        nouvelle = taches.index(self.nouvelle)
        if not all(probleme.masques) or not filter_masques(probleme):
            return Plan(Verdict.IMPOSSIBLE)
        try:
            chaines = Chaines(probleme, nouvelle, Budget(pas // 4))
            for deplacements in range(1, DEPLACEMENTS_CHAINE + 1):
                places = chaines.search(deplacements)
                if places is not None:
                    return self._write(taches, places)
                if not chaines.coupe:
                    return Plan(Verdict.IMPOSSIBLE)
        except BudgetEpuise:
            pass
        try:
            trouve = Balayage(probleme, Budget(pas - pas // 4)).search()
        except BudgetEpuise:
            return Plan(Verdict.INDECIS)
        return Plan(Verdict.IMPOSSIBLE) if trouve is None else self._write(taches, trouve)

    def _around(self) -> tuple[list[Tache], Probleme]:
        """The tasks that may have to move for the new one: those linked to it by overlaps, fixed ones taken off."""
        mobiles = sorted(
            [*(t for t in self.autres if not t.fixe), self.nouvelle], key=lambda t: (t.intervalle, t.id.bytes)
        )
        groupe = _linked(mobiles, self.nouvelle)
        fixes: dict[UUID | None, list[Intervalle]] = {}
        for t in self.autres:
            if t.fixe:
                fixes.setdefault(t.actuel, []).append(t.intervalle)
        libres = [subtract(r.plages, fixes.get(r.id, ())) for r in self.ressources]
        origine = groupe[0].intervalle.debut
        return groupe, Probleme(
            debuts=[_micros(t.intervalle.debut, origine) for t in groupe],
            fins=[_micros(t.intervalle.fin, origine) for t in groupe],
            masques=[self._masque(t, libres, fixes) for t in groupe],
            actuels=[-1 if t is self.nouvelle else self.rang[t.actuel] for t in groupe],
        )

    def _masque(
        self, t: Tache, libres: Sequence[Sequence[Intervalle]], fixes: Mapping[UUID | None, Sequence[Intervalle]]
    ) -> int:
        masque = 0
        for n, r in enumerate(self.ressources):
            if t.besoins <= r.capacites and any(p.contains(t.intervalle) for p in libres[n]):
                masque |= 1 << n
        if t is not self.nouvelle and not any(f.overlaps(t.intervalle) for f in fixes.get(t.actuel, ())):
            masque |= 1 << self.rang[t.actuel]
        return masque

    def _write(self, taches: Sequence[Tache], places: Sequence[int]) -> Plan:
        affectations = {
            t.id: self.ressources[n].id
            for t, n in zip(taches, places, strict=True)
            if t is self.nouvelle or self.ressources[n].id != t.actuel
        }
        return Plan(Verdict.DEPLACE, affectations)


def _linked(taches: Sequence[Tache], nouvelle: Tache) -> list[Tache]:
    """The tasks (in order of start) that a chain of overlaps links to the new one: the others can stay as they are."""
    groupe: list[Tache] = []
    fin: datetime | None = None
    for t in taches:
        if fin is not None and t.intervalle.debut >= fin:
            if nouvelle in groupe:
                break
            groupe, fin = [], None
        groupe.append(t)
        fin = t.intervalle.fin if fin is None else max(fin, t.intervalle.fin)
    return groupe


def _micros(instant: datetime, origine: datetime) -> int:
    return (instant - origine) // timedelta(microseconds=1)
