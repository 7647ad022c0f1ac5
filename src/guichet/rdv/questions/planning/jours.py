"""What the days of a planning look like: who works, what is booked, what is blocked, how full it is."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, select
from sqlalchemy.ext.asyncio import AsyncSession

from guichet.rdv.metier.evenements import EvenementVue, StatutEvenement, split_by_day
from guichet.rdv.metier.intervalles import Intervalle
from guichet.rdv.metier.types import Statut
from guichet.rdv.questions.planning.evenements import days_of, list_evenements
from guichet.rdv.tables import Ouverture, Rdv
from guichet.reseau.facade import CentreVue, ControleurVue, list_controleurs
from guichet.socle.database import raw
from guichet.socle.horloge import now

VISIBLES: Final = (
    StatutEvenement.DEMANDE, StatutEvenement.EN_ATTENTE, StatutEvenement.VALIDEE, StatutEvenement.ACTIF,
)  # fmt: skip
JOURNEES: Final = """
select j.centre_id, j.jour, j.etat, j.capacite, o.minutes, r.nombre, r.surnombre, r.minutes
  from rdv.journee j
  cross join lateral (
    select coalesce(sum(extract(epoch from upper(p) - lower(p)) / 60), 0)::integer as minutes
      from rdv.ouverture k cross join lateral unnest(k.plages) p
     where k.centre_id = j.centre_id and k.jour = j.jour) o
  cross join lateral (
    select count(*)::integer as nombre, (count(*) filter (where k.surnombre))::integer as surnombre,
           coalesce(sum(extract(epoch from k.fin - k.debut) / 60), 0)::integer as minutes
      from rdv.rdv k
     where k.centre_id = j.centre_id and k.debut >= j.minuit and k.debut < j.lendemain and k.offre_id is null
       and rdv.occupe(k.statut, k.expire_a, %(maintenant)s)) r
 where j.centre_id = any(%(centres)s) and j.jour between %(du)s and %(au)s
 order by j.centre_id, j.jour
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Remplissage:
    """How full a centre's local day is: minutes open (inspectors added up) and taken, appointments among `capacite`."""

    centre_id: UUID
    jour: date
    etat: str
    capacite: int
    minutes_ouvertes: int
    nombre: int
    surnombre: int
    minutes_prises: int

    @property
    def taux(self) -> int | None:
        """Percent of the open time that is taken, rounded down; None where nothing is open."""
        return self.minutes_prises * 100 // self.minutes_ouvertes if self.minutes_ouvertes else None


@dataclass(frozen=True, slots=True, kw_only=True)
class RdvPlanning:
    """An appointment as a planning shows it."""

    id: UUID
    numero: str
    centre_id: UUID
    controleur_id: UUID | None
    debut: datetime
    fin: datetime
    jour: date
    statut: Statut
    type_controle: str
    surnombre: bool
    immatriculation: str
    vehicule_type: str
    client_nom: str
    client_prenom: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PresenceVue:
    """When somebody works in a centre on a local day."""

    centre_id: UUID
    controleur_id: UUID
    jour: date
    plages: tuple[Intervalle, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanningJours:
    """Everything a planning shows of a period. `evenements` are cut by local day."""

    equipe: tuple[ControleurVue, ...]
    presences: tuple[PresenceVue, ...]
    rdvs: tuple[RdvPlanning, ...]
    evenements: dict[date, list[tuple[EvenementVue, Intervalle]]]
    remplissages: tuple[Remplissage, ...]


async def list_remplissages(
    session: AsyncSession, *, centre_ids: Sequence[UUID], du: date, au: date
) -> list[Remplissage]:
    """How full centres of the session's tenant are, day by day; days that are not booked online are left out."""
    cursor = await (await raw(session)).execute(
        JOURNEES, {"centres": list(centre_ids), "du": du, "au": au, "maintenant": now()}
    )
    return [
        Remplissage(
            centre_id=centre_id,
            jour=jour,
            etat=etat,
            capacite=capacite,
            minutes_ouvertes=ouvertes,
            nombre=nombre,
            surnombre=surnombre,
            minutes_prises=prises,
        )
        for centre_id, jour, etat, capacite, ouvertes, nombre, surnombre, prises in await cursor.fetchall()
    ]


async def planning_of_centre(session: AsyncSession, *, centre: CentreVue, du: date, au: date) -> PlanningJours:
    """The planning of a centre from `du` to `au`, both included."""
    equipe = await list_controleurs(session, centre_id=centre.id)
    bornes = days_of(centre, du, au)
    evenements = await list_evenements(
        session,
        centre_ids=[centre.id],
        controleur_ids=[c.id for c in equipe],
        du=bornes[0].minuit,
        au=bornes[-1].lendemain,
        statuts=VISIBLES,
    )
    # A block of somebody in another centre is no business of this one.
    ici = [e for e in evenements if e.centre_id in {None, centre.id}]
    return PlanningJours(
        equipe=tuple(equipe),
        presences=tuple(await _presences(session, Ouverture.centre_id == centre.id, du, au)),
        rdvs=tuple(await _rdvs(session, Rdv.centre_id == centre.id, du, au)),
        evenements=_by_day(ici, centre, du, au),
        remplissages=tuple(await list_remplissages(session, centre_ids=[centre.id], du=du, au=au)),
    )


async def planning_of_controleur(
    session: AsyncSession, *, controleur: ControleurVue, centre: CentreVue, du: date, au: date
) -> PlanningJours:
    """The planning of an inspector over all centres, from `du` to `au`, at the dates of the home centre."""
    bornes = days_of(centre, du, au)
    evenements = await list_evenements(
        session,
        centre_ids=[t.centre_id for t in controleur.centres],
        controleur_ids=[controleur.id],
        du=bornes[0].minuit,
        au=bornes[-1].lendemain,
        statuts=VISIBLES,
    )
    siens = [e for e in evenements if e.controleur_id in {None, controleur.id}]
    return PlanningJours(
        equipe=(controleur,),
        presences=tuple(await _presences(session, Ouverture.controleur_id == controleur.id, du, au)),
        rdvs=tuple(await _rdvs(session, Rdv.controleur_id == controleur.id, du, au)),
        evenements=_by_day(siens, centre, du, au),
        remplissages=(),
    )


def _by_day(
    evenements: Sequence[EvenementVue], centre: CentreVue, du: date, au: date
) -> dict[date, list[tuple[EvenementVue, Intervalle]]]:
    bornes = days_of(centre, du, au)
    sortie: dict[date, list[tuple[EvenementVue, Intervalle]]] = {}
    for e in evenements:
        for jour, morceaux in split_by_day(e.occurrences, bornes).items():
            sortie.setdefault(jour, []).extend((e, m) for m in morceaux)
    return sortie


async def _presences(session: AsyncSession, condition: ColumnElement[bool], du: date, au: date) -> list[PresenceVue]:
    rows = await session.execute(
        select(Ouverture.centre_id, Ouverture.controleur_id, Ouverture.jour, Ouverture.plages)
        .where(condition, Ouverture.jour.between(du, au))
        .order_by(Ouverture.jour, Ouverture.controleur_id, Ouverture.centre_id)
    )
    return [
        PresenceVue(
            centre_id=row.centre_id,
            controleur_id=row.controleur_id,
            jour=row.jour,
            plages=tuple(Intervalle(p.lower, p.upper) for p in row.plages),
        )
        for row in rows
    ]


async def _rdvs(session: AsyncSession, condition: ColumnElement[bool], du: date, au: date) -> list[RdvPlanning]:
    vivant = (Rdv.statut != Statut.EN_ATTENTE_PAIEMENT.value) | (Rdv.expire_a > now())
    colonnes = (
        Rdv.id, Rdv.numero, Rdv.centre_id, Rdv.controleur_id, Rdv.debut, Rdv.fin, Rdv.jour, Rdv.statut,
        Rdv.type_controle, Rdv.surnombre, Rdv.immatriculation, Rdv.vehicule_type, Rdv.client_nom, Rdv.client_prenom,
    )  # fmt: skip
    rows = await session.execute(
        select(*colonnes)
        .where(condition, Rdv.jour.between(du, au), Rdv.statut != Statut.ANNULE.value, vivant, Rdv.offre_id.is_(None))
        .order_by(Rdv.debut, Rdv.id)
    )
    return [_read(row) for row in rows]


def _read(row: Any) -> RdvPlanning:
    return RdvPlanning(
        id=row.id,
        numero=row.numero,
        centre_id=row.centre_id,
        controleur_id=row.controleur_id,
        debut=row.debut,
        fin=row.fin,
        jour=row.jour,
        statut=Statut(row.statut),
        type_controle=row.type_controle,
        surnombre=row.surnombre,
        immatriculation=row.immatriculation,
        vehicule_type=row.vehicule_type,
        client_nom=row.client_nom,
        client_prenom=row.client_prenom,
    )
