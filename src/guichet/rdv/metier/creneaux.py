"""Which starts exist and which are free (rule 4), in plain Python.

The database answers the same question faster; a property test holds the two together. A start exists on the centre's
grid wherever one accredited inspector has an uninterrupted stretch of the whole duration.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Final
from uuid import UUID
from zoneinfo import ZoneInfo

from guichet.rdv.metier.heures import jour_local, next_on_grid, on_grid
from guichet.rdv.metier.intervalles import Intervalle, merge, subtract
from guichet.rdv.metier.types import Niveau, RaisonVide

NB_ALTERNATIVES: Final = 3
NB_SUGGESTIONS: Final = 3
JOUR_LARGE: Final = 6


@dataclass(frozen=True, slots=True)
class Ouvert:
    """An inspector's working ranges on one day and what they may inspect that day."""

    controleur_id: UUID
    plages: tuple[Intervalle, ...]
    capacites: frozenset[str]


@dataclass(frozen=True, slots=True)
class Libre:
    """A free start: how many accredited inspectors could take it, of how many at work then.

    `sans_trou`: at least one of them would keep no stretch too short for another appointment of that length.
    """

    debut: datetime
    places: int
    au_travail: int
    sans_trou: bool


def starts(plage: Intervalle, duree: timedelta, zone: ZoneInfo, grille: int) -> list[datetime]:
    """Starts of the grid that fit entirely in a range."""
    sortie = []
    debut = next_on_grid(plage.debut, zone, grille)
    while debut + duree <= plage.fin:
        sortie.append(debut)
        debut += timedelta(minutes=grille)
    return sortie


def free_starts(
    ouverts: Iterable[Ouvert],
    occupes: Mapping[UUID, Sequence[Intervalle]],
    *,
    besoins: frozenset[str],
    duree: timedelta,
    zone: ZoneInfo,
    grille: int,
    a_partir: datetime,
) -> list[Libre]:
    """Every free start of a day, in order, not before `a_partir`.

    `occupes` are the stretches each inspector already gives, in whatever centre; dead holds are not among them.
    """
    places: Counter[datetime] = Counter()
    au_travail: Counter[datetime] = Counter()
    nets: set[datetime] = set()
    for ouvert in ouverts:
        if not besoins <= ouvert.capacites:
            continue
        for plage in merge(ouvert.plages):
            au_travail.update(starts(plage, duree, zone, grille))
        for libre in subtract(ouvert.plages, occupes.get(ouvert.controleur_id, ())):
            for debut in starts(libre, duree, zone, grille):
                places[debut] += 1
                if all(not reste or reste >= duree for reste in (debut - libre.debut, libre.fin - debut - duree)):
                    nets.add(debut)
    return [Libre(d, n, au_travail[d], d in nets) for d, n in sorted(places.items()) if d >= a_partir]


class RefusDebut(StrEnum):
    """Why the rules alone exclude a start; the codes of the API."""

    PASSE = "CRENEAU_PASSE"
    PREAVIS = "CRENEAU_PREAVIS"
    HORS_HORIZON = "CRENEAU_HORS_HORIZON"
    HORS_GRILLE = "CRENEAU_HORS_GRILLE"


def check_debut(
    debut: datetime, *, maintenant: datetime, zone: ZoneInfo, grille: int, horizon_jours: int, preavis_minutes: int
) -> RefusDebut | None:
    """The first rule a start breaks, or None.

    The present minute is past; "today" and the horizon are the centre's own dates, the last day of the horizon included.
    """
    if debut <= maintenant:
        return RefusDebut.PASSE
    if jour_local(debut, zone) > dernier_jour(maintenant, zone, horizon_jours):
        return RefusDebut.HORS_HORIZON
    if not on_grid(debut, zone, grille):
        return RefusDebut.HORS_GRILLE
    if debut < maintenant + timedelta(minutes=preavis_minutes):
        return RefusDebut.PREAVIS
    return None


def dernier_jour(maintenant: datetime, zone: ZoneInfo, horizon_jours: int) -> date:
    """The last local date that can be booked."""
    return jour_local(maintenant, zone) + timedelta(days=horizon_jours)


def premier_debut(maintenant: datetime, preavis_minutes: int) -> datetime:
    """The first instant a start may have: strictly after now, and not before the notice is over."""
    return max(maintenant + timedelta(microseconds=1), maintenant + timedelta(minutes=preavis_minutes))


def niveau(libres: int, total: int) -> Niveau:
    """How much room is left, from the share still free: two thirds or more, one third or more, less."""
    if libres * 3 >= total * 2:
        return Niveau.LARGE
    return Niveau.MOYEN if libres * 3 >= total else Niveau.FAIBLE


def niveau_jour(nombre: int) -> Niveau | None:
    """How much of a day is left, from the number of starts shown: six or more, two or more, a single one; None: nothing."""
    if nombre == 0:
        return None
    if nombre == 1:
        return Niveau.FAIBLE
    return Niveau.LARGE if nombre >= JOUR_LARGE else Niveau.MOYEN


def why_empty(
    jour: date,
    *,
    en_ligne: bool,
    aujourdhui: date,
    dernier: date,
    etat: str | None,
    dernier_debut: datetime | None,
    depuis: datetime,
) -> RaisonVide:
    """Why nothing is free on a day: the first reason that holds.

    In: `etat` of the centre's day (`ouvert`, `ferme`, `ferie`, None: no such day), `dernier_debut` the latest start an
    accredited inspector's hours would allow (None: nobody accredited works), `depuis` the first instant bookable.
    """
    raisons = (
        (not en_ligne, RaisonVide.PAS_EN_LIGNE),
        (jour < aujourdhui, RaisonVide.PASSE),
        (jour > dernier, RaisonVide.HORS_HORIZON),
        (etat == RaisonVide.FERIE, RaisonVide.FERIE),
        (etat != "ouvert", RaisonVide.FERME),
        (dernier_debut is None, RaisonVide.AUCUN_AGREMENT),
        (dernier_debut is not None and dernier_debut < depuis, RaisonVide.PASSE),
    )
    return next((raison for vraie, raison in raisons if vraie), RaisonVide.COMPLET)


def choose_alternatives(libres: Iterable[datetime], voulu: datetime, n: int = NB_ALTERNATIVES) -> list[datetime]:
    """The `n` free starts nearest to the one that was wanted, in order of time; on a tie the earlier one."""
    proches = sorted(set(libres) - {voulu}, key=lambda d: (abs(d - voulu), d))
    return sorted(proches[:n])


class RaisonSuggestion(StrEnum):
    """Why a start is put forward."""

    COMBLE_UN_TROU = "comble_un_trou"
    HEURE_CALME = "heure_calme"


def choose_suggestions(
    libres: Sequence[Libre], zone: ZoneInfo, n: int = NB_SUGGESTIONS
) -> dict[datetime, RaisonSuggestion]:
    """Starts to put forward and why: the first one of each half-day that wastes nobody's time, at most `n`.

    `HEURE_CALME` when everybody accredited who is at work then is still free, else it fills a gap.
    """
    vues: dict[tuple[date, bool], Libre] = {}
    for libre in libres:
        local = libre.debut.astimezone(zone)
        if libre.sans_trou:
            vues.setdefault((local.date(), local.hour < 12), libre)
    retenues = sorted(vues.values(), key=lambda libre: libre.debut)[:n]
    return {
        libre.debut: RaisonSuggestion.HEURE_CALME
        if libre.places >= libre.au_travail
        else RaisonSuggestion.COMBLE_UN_TROU
        for libre in retenues
    }
