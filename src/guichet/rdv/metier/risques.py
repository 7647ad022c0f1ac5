"""Appointments a change of the network has left without what they need (rule 3). They are listed, never dropped."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from guichet.rdv.metier.collisions import RdvTouche
from guichet.rdv.metier.creneaux import Ouvert


class Risque(StrEnum):
    """What an appointment lacks."""

    CENTRE_FERME = "centre_ferme"
    HORS_HORAIRES = "hors_horaires"
    CONTROLEUR_ABSENT = "controleur_absent"
    AGREMENT = "agrement"
    CAPACITE = "capacite"
    EQUIPEMENT = "equipement"


@dataclass(frozen=True, slots=True, kw_only=True)
class RdvARisque:
    """An appointment and what it lacks."""

    rdv: RdvTouche
    raisons: tuple[Risque, ...]


def find_risque(rdv: RdvTouche, besoins: frozenset[str], equipe: Sequence[Ouvert]) -> Risque | None:
    """What an appointment lacks among the inspectors of its day, or None.

    Nobody works then, or its inspector does not, or may not inspect that vehicle any more. One in surnombre has no
    inspector: it needs somebody accredited at work.
    """
    presents = [o for o in equipe if any(p.contains(rdv.intervalle) for p in o.plages)]
    if not presents:
        return Risque.HORS_HORAIRES
    if rdv.controleur_id is None:
        return None if any(besoins <= o.capacites for o in presents) else Risque.AGREMENT
    sien = next((o for o in presents if o.controleur_id == rdv.controleur_id), None)
    if sien is None:
        return Risque.CONTROLEUR_ABSENT
    return None if besoins <= sien.capacites else Risque.AGREMENT


def find_over_capacity(du_jour: Iterable[RdvTouche], occupes: int, capacite: int) -> set[UUID]:
    """The nominal appointments of a day beyond its capacity, the last ones booked; `occupes`: how many it counts in all."""
    nominaux = sorted((r for r in du_jour if not r.surnombre), key=lambda r: (r.created_at, r.id.bytes))
    de_trop = max(occupes - capacite, 0)
    return {r.id for r in nominaux[len(nominaux) - min(de_trop, len(nominaux)) :]}
