"""What changes a planning: blocks, openings, leave, absences; their states, and what they do to working hours."""

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Final
from uuid import UUID

from guichet.rdv.metier.intervalles import Intervalle, subtract
from guichet.rdv.metier.recurrence import Recurrence, occurrences
from guichet.reseau.facade import OuvertureControleur


class TypeEvenement(StrEnum):
    """What an entry of a planning is."""

    BLOCAGE = "blocage"
    OUVERTURE = "ouverture"
    CONGE = "conge"
    ABSENCE = "absence"


class StatutEvenement(StrEnum):
    """Where an entry stands: leave is asked for, then granted or refused; anything else waits for its collisions or acts."""

    DEMANDE = "demande"
    EN_ATTENTE = "en_attente"
    VALIDEE = "validee"
    REFUSEE = "refusee"
    ACTIF = "actif"
    ANNULE = "annule"


EFFECTIFS: Final = frozenset({StatutEvenement.VALIDEE, StatutEvenement.ACTIF})
"""The states in which an entry changes working hours."""
EN_SUSPENS: Final = frozenset({StatutEvenement.DEMANDE, StatutEvenement.EN_ATTENTE})
"""The states that wait for a decision: nothing is blocked yet."""
DE_PERSONNE: Final = frozenset({TypeEvenement.CONGE, TypeEvenement.ABSENCE})
"""What concerns a person, wherever they work."""


def effective_statut(genre: TypeEvenement) -> StatutEvenement:
    """The state in which an entry of that type acts."""
    return StatutEvenement.VALIDEE if genre is TypeEvenement.CONGE else StatutEvenement.ACTIF


def waiting_statut(genre: TypeEvenement) -> StatutEvenement:
    """The state in which an entry of that type waits."""
    return StatutEvenement.DEMANDE if genre is TypeEvenement.CONGE else StatutEvenement.EN_ATTENTE


@dataclass(frozen=True, slots=True, kw_only=True)
class EvenementVue:
    """An entry of a planning. `debut` and `fin` are the first occurrence's (UTC); `fuseau` is the wall its series follows."""

    id: UUID
    tenant_id: UUID
    type: TypeEvenement
    centre_id: UUID | None
    controleur_id: UUID | None
    equipement_id: UUID | None
    fuseau: str
    debut: datetime
    fin: datetime
    recurrence: Recurrence | None
    motif: str
    statut: StatutEvenement
    refus: str | None
    demande_par: UUID | None
    decide_par: UUID | None
    decide_le: datetime | None
    version: int
    created_at: datetime

    @property
    def occurrences(self) -> tuple[Intervalle, ...]:
        """Every stretch, in order."""
        return occurrences(self.debut, self.fin, self.recurrence, self.fuseau)

    @property
    def is_effective(self) -> bool:
        """True when it changes working hours."""
        return self.statut in EFFECTIFS

    @property
    def removes_hours(self) -> bool:
        """True for what takes working hours away; a blocked lane takes nobody's."""
        return self.type is not TypeEvenement.OUVERTURE and self.equipement_id is None

    def concerns(self, centre_id: UUID, controleur_id: UUID | None) -> bool:
        """True when it acts on what that inspector does in that centre; None: on what has no inspector there."""
        return self.centre_id in {None, centre_id} and self.controleur_id in {None, controleur_id}

    def covers(self, intervalle: Intervalle) -> bool:
        """True when an occurrence and the stretch share an instant."""
        return any(o.overlaps(intervalle) for o in self.occurrences)


@dataclass(frozen=True, slots=True)
class Bornes:
    """A local day and its instants."""

    jour: date
    minuit: datetime
    lendemain: datetime


def split_by_day(intervalles: Iterable[Intervalle], jours: Sequence[Bornes]) -> dict[date, list[Intervalle]]:
    """The stretches cut at local midnights; `jours` follow one another in order, what lies outside them is left out."""
    minuits = [b.minuit for b in jours]
    sortie: dict[date, list[Intervalle]] = {}
    for i in intervalles:
        for bornes in jours[max(bisect_right(minuits, i.debut) - 1, 0) :]:
            if i.fin <= bornes.minuit:
                break
            debut, fin = max(i.debut, bornes.minuit), min(i.fin, bornes.lendemain)
            if debut < fin:
                sortie.setdefault(bornes.jour, []).append(Intervalle(debut, fin))
    return sortie


@dataclass(frozen=True, slots=True)
class Equipe:
    """Who may work in a centre: everybody, and those attached to it, who work its exceptional openings."""

    tous: frozenset[UUID]
    rattaches: frozenset[UUID]


def adjust_ouvertures(
    centre_id: UUID,
    ouvertures: Sequence[OuvertureControleur],
    evenements: Sequence[EvenementVue],
    jours: Sequence[Bornes],
    equipe: Equipe,
) -> tuple[list[OuvertureControleur], frozenset[date]]:
    """Working hours once openings are added and blocks, leave and absences taken away: what closes beats what opens.

    An opening that names nobody is worked by those attached to the centre. Out: the hours, without empty days, and the
    days on which somebody would have worked and nobody does.
    """
    base: dict[tuple[UUID, date], list[Intervalle]] = {
        (o.controleur_id, o.jour): [Intervalle(d, f) for d, f in o.plages] for o in ouvertures
    }
    for evenement in evenements:
        if evenement.type is not TypeEvenement.OUVERTURE or evenement.centre_id != centre_id:
            continue
        presents = {evenement.controleur_id} & equipe.tous if evenement.controleur_id else equipe.rattaches
        for jour, ajouts in split_by_day(evenement.occurrences, jours).items():
            for controleur_id in presents:
                base.setdefault((controleur_id, jour), []).extend(ajouts)
    retraits = [(e, split_by_day(e.occurrences, jours)) for e in evenements if e.removes_hours]
    sortie = []
    for (controleur_id, jour), plages in sorted(base.items()):
        otes = [o for e, decoupe in retraits if e.concerns(centre_id, controleur_id) for o in decoupe.get(jour, ())]
        reste = subtract(plages, otes)
        if reste:
            sortie.append(
                OuvertureControleur(
                    controleur_id=controleur_id,
                    centre_id=centre_id,
                    jour=jour,
                    plages=tuple((i.debut, i.fin) for i in reste),
                )
            )
    ouverts = {o.jour for o in sortie}
    return sortie, frozenset(jour for _qui, jour in base if jour not in ouverts)
