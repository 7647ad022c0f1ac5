"""Appointments a change of a planning hits, what may become of each, and what somebody decided."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from enum import StrEnum
from uuid import UUID

from guichet.rdv.metier.capacite import Equipement, fits_lanes
from guichet.rdv.metier.evenements import EvenementVue, TypeEvenement
from guichet.rdv.metier.faisabilite import Ressource, Tache, Verdict, find_plan
from guichet.rdv.metier.intervalles import Intervalle
from guichet.rdv.metier.types import Statut
from guichet.rdv.metier.vues import Controle, ControleurResume


class ActionCollision(StrEnum):
    """What may become of an appointment that is hit."""

    REAFFECTER = "reaffecter"
    DEPLACER = "deplacer"
    ANNULER = "annuler"


@dataclass(frozen=True, slots=True, kw_only=True)
class Resolution:
    """What becomes of an appointment: another inspector (None: whoever is found), another start, or its end."""

    rdv_id: UUID
    action: ActionCollision
    controleur_id: UUID | None = None
    debut: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RdvTouche:
    """A living appointment, as far as plannings are concerned. Instants are UTC, `jour` is its centre's date."""

    id: UUID
    numero: str
    centre_id: UUID
    controleur_id: UUID | None
    controleur_choisi: bool
    debut: datetime
    fin: datetime
    jour: date
    statut: Statut
    surnombre: bool
    version: int
    controle: Controle
    created_at: datetime

    @property
    def intervalle(self) -> Intervalle:
        """From start to end."""
        return Intervalle(self.debut, self.fin)


@dataclass(frozen=True, slots=True, kw_only=True)
class CollisionVue:
    """An appointment that is hit: to whom it can go, up to three starts it can move to, and what is proposed.

    The proposals of all the appointments hit by a change hold together.
    """

    rdv: RdvTouche
    controleurs: tuple[ControleurResume, ...]
    creneaux: tuple[Intervalle, ...]
    proposition: Resolution


@dataclass(frozen=True, slots=True, kw_only=True)
class Changement:
    """A change of a planning: the entry as it acts before and after; None where it does not act."""

    avant: EvenementVue | None = None
    apres: EvenementVue | None = None

    @property
    def evenements(self) -> tuple[EvenementVue, ...]:
        """Whatever acts, before or after."""
        return tuple(e for e in (self.avant, self.apres) if e is not None)

    def hits(self, rdv: RdvTouche) -> bool:
        """True when hours are taken away under that appointment."""
        apres = self.apres
        return (
            apres is not None
            and apres.removes_hours
            and apres.concerns(rdv.centre_id, rdv.controleur_id)
            and apres.covers(rdv.intervalle)
        )

    def may_strand(self, rdv: RdvTouche) -> bool:
        """True when an opening it may stand in is changed or taken back."""
        avant = self.avant
        return (
            avant is not None
            and avant.type is TypeEvenement.OUVERTURE
            and avant.concerns(rdv.centre_id, avant.controleur_id and rdv.controleur_id)
            and avant.covers(rdv.intervalle)
        )


def find_without_lane(
    rdvs: Iterable[tuple[RdvTouche, str]],
    equipements: Sequence[tuple[UUID, Equipement]],
    blocages: dict[UUID, tuple[Intervalle, ...]],
    voulus: Sequence[Intervalle],
) -> list[RdvTouche]:
    """Appointments that find no lane during `voulus` once `blocages` close some of them: those booked first keep theirs.

    In: appointments with their vehicle type, the lanes of the centre, the stretches each one is closed.
    """
    gardes: list[tuple[Intervalle, str]] = []
    sans = []
    for rdv, vehicule in sorted(rdvs, key=lambda paire: (paire[0].created_at, paire[0].id.bytes)):
        ouvertes = [
            replace(e, en_service=e.en_service and not any(b.overlaps(rdv.intervalle) for b in blocages.get(qui, ())))
            for qui, e in equipements
        ]
        touche = any(v.overlaps(rdv.intervalle) for v in voulus)
        if touche and not fits_lanes(ouvertes, gardes, rdv.intervalle, vehicule):
            sans.append(rdv)
        else:
            gardes.append((rdv.intervalle, vehicule))
    return sans


@dataclass(frozen=True, slots=True)
class Orphelin:
    """An appointment that looks for an inspector: whom somebody named for it, or None."""

    id: UUID
    intervalle: Intervalle
    besoins: frozenset[str]
    nomme: UUID | None = None


def reassign(
    ressources: Iterable[Ressource], taches: Iterable[Tache], orphelins: Iterable[Orphelin]
) -> tuple[dict[UUID, UUID], list[UUID]]:
    """Inspectors for all the orphans of a day together, moving other appointments between inspectors if need be.

    Out: who takes what, for everything that changes, and the orphans nobody can take. Each orphan is added to a day that
    still holds, so that one that fails takes nothing from the others.
    """
    cherches = sorted(orphelins, key=lambda o: (o.nomme is None, o.intervalle, o.id.bytes))
    nommes = {o.nomme for o in cherches if o.nomme}
    equipe = [Ressource(r.id, r.plages, r.capacites | {_tag(r.id)}) if r.id in nommes else r for r in ressources]
    jour = {t.id: t for t in taches}
    depart = {t.id: t.actuel for t in jour.values()}
    sans = []
    for o in cherches:
        besoins = o.besoins | {_tag(o.nomme)} if o.nomme else o.besoins
        nouvelle = Tache(o.id, o.intervalle, besoins, None, False)
        plan = find_plan(equipe, jour.values(), nouvelle)
        if plan.verdict not in {Verdict.DIRECT, Verdict.DEPLACE}:
            sans.append(o.id)
            continue
        jour[o.id] = nouvelle
        for tache_id, qui in plan.affectations.items():
            jour[tache_id] = replace(jour[tache_id], actuel=qui)
    changes = {t.id: t.actuel for t in jour.values() if t.actuel is not None and t.actuel != depart.get(t.id)}
    return changes, sans


def _tag(controleur_id: UUID) -> str:
    return f"#{controleur_id}"


class Reserve:
    """Free starts, given away one after the other so that two proposals never need the same inspector.

    `libres` is careful: a start is no longer offered once as many overlapping ones were given, in whatever centre, as
    inspectors are free for it.
    """

    def __init__(self, restant: Mapping[tuple[UUID, date], int]) -> None:
        """In: how many nominal appointments each centre-day may still take."""
        self._restant = dict(restant)
        self._donnes: list[Intervalle] = []

    def libres(self, centre_id: UUID, offres: Iterable[tuple[date, datetime, int]], duree: timedelta) -> list[datetime]:
        """Starts that are still free, among `(local day, start, inspectors free)`."""
        return [
            debut
            for jour, debut, places in offres
            if self._restant.get((centre_id, jour), 0) > 0
            and places > sum(d.debut < debut + duree and debut < d.fin for d in self._donnes)
        ]

    def take(self, centre_id: UUID, jour: date, intervalle: Intervalle) -> None:
        """Give one away."""
        self._restant[centre_id, jour] -= 1
        self._donnes.append(intervalle)
