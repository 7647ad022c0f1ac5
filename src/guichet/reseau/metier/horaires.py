"""Weekly hours with breaks, exceptional closings and openings, and what is open on a given day."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache
from itertools import pairwise
from typing import Any, Final
from uuid import UUID

from guichet.reseau.metier.feries import jour_ferie
from guichet.reseau.metier.plages import (
    HeureInvalide,
    Plage,
    Plages,
    intersect,
    merge,
    parse_heure,
    subtract,
    write_heure,
)
from guichet.reseau.metier.territoires import Territoire

JOURS: Final = ("lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche")


@dataclass(frozen=True, slots=True)
class Semaine:
    """Opening ranges of each weekday, Monday first; the time between two ranges of a day is a break."""

    jours: tuple[Plages, ...] = ((),) * 7

    def of(self, jour: date) -> Plages:
        """Ranges of that weekday."""
        return self.jours[jour.weekday()]

    @property
    def vide(self) -> bool:
        """True when no day has any range."""
        return not any(self.jours)


@dataclass(frozen=True, slots=True, kw_only=True)
class Exceptionnel:
    """A closing or an opening from `du` to `au`, both included.

    A closing without `plages` closes whole days. An opening without `plages` opens at the usual hours of the weekday (it
    matters on holidays). `controleurs` names who works during the opening; None means each follows his own hours.
    """

    du: date
    au: date
    ouverture: bool
    plages: Plages = ()
    motif: str = ""
    controleurs: frozenset[UUID] | None = None

    def covers(self, jour: date) -> bool:
        """True on the days concerned."""
        return self.du <= jour <= self.au


@dataclass(frozen=True, slots=True, kw_only=True)
class JourCentre:
    """What a centre's day looks like before anybody is booked.

    `raison` is None when something is open, else `ferie`, `fermeture` or `repos`; `libelle` names the holiday or the
    motive. `exceptionnelles` are the ranges opened by exception with those who work them.
    """

    plages: Plages
    ordinaires: Plages
    exceptionnelles: tuple[tuple[Plages, frozenset[UUID] | None], ...] = ()
    raison: str | None = None
    libelle: str = ""


def resolve_jour(
    jour: date, semaine: Semaine, exceptions: Iterable[Exceptionnel], territoire: Territoire
) -> JourCentre:
    """Opening of a local day.

    An exceptional opening beats a holiday and adds to the usual hours; a closing beats everything (both on the same
    minutes are refused when they are typed, see `find_contradictions`).
    """
    du_jour = [e for e in exceptions if e.covers(jour)]
    fermetures = [e for e in du_jour if not e.ouverture]
    ferie = jour_ferie(territoire, jour)
    for fermeture in fermetures:
        if not fermeture.plages:
            return JourCentre(plages=(), ordinaires=(), raison="fermeture", libelle=fermeture.motif)
    fermees = merge(p for e in fermetures for p in e.plages)
    ordinaires = () if ferie else subtract(semaine.of(jour), fermees)
    exceptionnelles = tuple(
        (ouvertes, e.controleurs)
        for e in du_jour
        if e.ouverture and (ouvertes := subtract(e.plages or semaine.of(jour), fermees))
    )
    plages = merge([*ordinaires, *(p for ouvertes, _ in exceptionnelles for p in ouvertes)])
    if plages:
        return JourCentre(plages=plages, ordinaires=ordinaires, exceptionnelles=exceptionnelles)
    if ferie:
        return JourCentre(plages=(), ordinaires=(), raison="ferie", libelle=ferie)
    if semaine.of(jour):
        return JourCentre(plages=(), ordinaires=(), raison="fermeture", libelle=fermetures[0].motif)
    return JourCentre(plages=(), ordinaires=(), raison="repos")


def plages_controleur(jour: date, centre: JourCentre, semaine: Semaine | None, controleur_id: UUID) -> Plages:
    """When an inspector works in a centre on that day, leave not deducted.

    `semaine` None means he follows the centre's hours. During an exceptional opening, those it names work all of it and
    nobody else does; when it names nobody, each follows his own hours.
    """

    def own(plages: Plages) -> Plages:
        return plages if semaine is None else intersect(plages, semaine.of(jour))

    travail = list(own(centre.ordinaires))
    for plages, nommes in centre.exceptionnelles:
        if nommes is None:
            travail.extend(own(plages))
        elif controleur_id in nommes:
            travail.extend(plages)
    return merge(travail)


@dataclass(slots=True)
class Anomalies:
    """Problems found in what was typed: path of the field, code of the problem (its sentence is said by `actions`)."""

    champs: dict[str, str] = field(default_factory=dict)

    def add(self, champ: str, code: str) -> None:
        """Keep the first problem of a field."""
        self.champs.setdefault(champ, code)


PLAGES_PAR_JOUR_MAX: Final = 8

PlageTexte = tuple[str, str]


def parse_plages(textes: Sequence[PlageTexte], chemin: str, anomalies: Anomalies) -> Plages:
    """Ranges from `(debut, fin)` texts, sorted; every problem goes to `anomalies` under `chemin`."""
    lues: list[tuple[Plage, str]] = []
    if len(textes) > PLAGES_PAR_JOUR_MAX:
        anomalies.add(chemin, "trop")
        return ()
    for rang, (debut, fin) in enumerate(textes):
        bornes: list[int] = []
        for nom, texte in (("debut", debut), ("fin", fin)):
            try:
                bornes.append(parse_heure(texte))
            except HeureInvalide:
                anomalies.add(f"{chemin}.{rang}.{nom}", "heure")
        if len(bornes) < 2:
            continue
        if bornes[0] >= bornes[1]:
            anomalies.add(f"{chemin}.{rang}.fin", "ordre")
            continue
        lues.append((Plage(bornes[0], bornes[1]), f"{chemin}.{rang}.debut"))
    lues.sort()
    for (avant, _), (apres, champ) in pairwise(lues):
        if apres.debut < avant.fin:
            anomalies.add(champ, "chevauchement")
    return merge(plage for plage, _ in lues)


def parse_semaine(jours: Mapping[str, Sequence[PlageTexte]], chemin: str, anomalies: Anomalies) -> Semaine:
    """Weekly hours from `{"lundi": [("08:00", "12:00"), ...]}`; a day left out is a day of rest."""
    for nom in jours:
        if nom not in JOURS:
            anomalies.add(f"{chemin}.{nom}", "jour")
    return Semaine(tuple(parse_plages(jours.get(nom, ()), f"{chemin}.{nom}", anomalies) for nom in JOURS))


def write_plages(plages: Plages) -> list[list[str]]:
    """Ranges as stored: `[["08:00", "12:00"]]`."""
    return [[write_heure(p.debut), write_heure(p.fin)] for p in plages]


def write_semaine(semaine: Semaine) -> dict[str, list[list[str]]]:
    """Weekly hours as stored; days of rest are left out."""
    return {nom: write_plages(plages) for nom, plages in zip(JOURS, semaine.jours, strict=True) if plages}


@lru_cache(maxsize=4096)
def _read_plage(debut: str, fin: str) -> Plage:
    return Plage(parse_heure(debut), parse_heure(fin))  # a network has a handful of ranges, read thousands of times


def read_plages(stockees: Sequence[Sequence[str]]) -> Plages:
    """The inverse of `write_plages`."""
    return tuple(_read_plage(debut, fin) for debut, fin in stockees)


def read_semaine(stockee: Mapping[str, Sequence[Sequence[str]]]) -> Semaine:
    """The inverse of `write_semaine`."""
    return Semaine(tuple(read_plages(stockee.get(nom, ())) for nom in JOURS))


def read_exception(stockee: Mapping[str, Any]) -> Exceptionnel:
    """An exception from its JSON object (`du`, `au`, `ouverture`, `plages`, `motif`, `controleurs`)."""
    nommes = stockee["controleurs"]
    return Exceptionnel(
        du=date.fromisoformat(stockee["du"]),
        au=date.fromisoformat(stockee["au"]),
        ouverture=stockee["ouverture"],
        plages=read_plages(stockee["plages"]),
        motif=stockee["motif"],
        controleurs=None if nommes is None else frozenset(map(UUID, nommes)),
    )


def find_contradictions(exceptions: Sequence[Exceptionnel], chemin: str, anomalies: Anomalies) -> None:
    """Refuse an opening and a closing on the same minutes of the same day, and periods that end before they start."""
    for rang, exception in enumerate(exceptions):
        if exception.au < exception.du:
            anomalies.add(f"{chemin}.{rang}.au", "dates")
    for rang, ouverture in enumerate(exceptions):
        if not ouverture.ouverture:
            continue
        for autre in exceptions:
            communs = not autre.ouverture and ouverture.du <= autre.au and autre.du <= ouverture.au
            if communs and (not autre.plages or not ouverture.plages or intersect(ouverture.plages, autre.plages)):
                anomalies.add(f"{chemin}.{rang}", "contradiction")
