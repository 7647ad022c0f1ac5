"""What the routes that show plannings answer."""

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from pydantic import BaseModel

from guichet.rdv.api.planning.modeles import PlageReponse
from guichet.rdv.metier.evenements import StatutEvenement, TypeEvenement
from guichet.rdv.metier.intervalles import Intervalle
from guichet.rdv.metier.risques import RdvARisque, Risque
from guichet.rdv.metier.types import Statut
from guichet.rdv.questions.planning.jours import PlanningJours, Remplissage
from guichet.reseau.facade import CentreVue, ControleurVue


class PresenceReponse(BaseModel):
    """When an inspector works, blocks and leave taken off."""

    controleur_id: UUID
    nom: str
    prenom: str
    centre_id: UUID
    plages: list[PlageReponse]


class RdvPlanningReponse(BaseModel):
    """An appointment of a planning."""

    id: UUID
    numero: str
    centre_id: UUID
    controleur_id: UUID | None
    debut: datetime
    fin: datetime
    statut: Statut
    type_controle: str
    surnombre: bool
    immatriculation: str
    vehicule_type: str
    client: str


class BlocReponse(BaseModel):
    """The part of an entry that falls on a day; `demande` and `en_attente` block nothing yet."""

    planning_id: UUID
    type: TypeEvenement
    statut: StatutEvenement
    centre_id: UUID | None
    controleur_id: UUID | None
    equipement_id: UUID | None
    motif: str
    debut: datetime
    fin: datetime


class RemplissageReponse(BaseModel):
    """How full a day is. `taux`: percent of the open minutes (inspectors added up) that are taken; null when closed."""

    date: date
    etat: str
    capacite: int
    nombre: int
    surnombre: int
    minutes_ouvertes: int
    minutes_prises: int
    taux: int | None

    @classmethod
    def of(cls, r: Remplissage) -> "RemplissageReponse":
        """From the view."""
        return cls(
            date=r.jour,
            etat=r.etat,
            capacite=r.capacite,
            nombre=r.nombre,
            surnombre=r.surnombre,
            minutes_ouvertes=r.minutes_ouvertes,
            minutes_prises=r.minutes_prises,
            taux=r.taux,
        )


class JourReponse(BaseModel):
    """A local day of a planning. `remplissage` is null for a day that is not booked online, and for a person."""

    date: date
    controleurs: list[PresenceReponse]
    rdv: list[RdvPlanningReponse]
    evenements: list[BlocReponse]
    remplissage: RemplissageReponse | None


class PlanningJoursReponse(BaseModel):
    """A planning, day by day, in the local time of the centre."""

    centre_id: UUID
    controleur_id: UUID | None = None
    fuseau: str
    jours: list[JourReponse]

    @classmethod
    def of(
        cls, p: PlanningJours, *, centre: CentreVue, du: date, au: date, controleur: ControleurVue | None = None
    ) -> "PlanningJoursReponse":
        """From the view."""
        jours = [du + timedelta(days=n) for n in range((au - du).days + 1)]
        return cls(
            centre_id=centre.id,
            controleur_id=controleur and controleur.id,
            fuseau=centre.fuseau,
            jours=[_jour(p, jour, centre.zone) for jour in jours],
        )


def _plages(intervalles: Iterable[Intervalle], zone: ZoneInfo) -> list[PlageReponse]:
    return [PlageReponse(debut=i.debut.astimezone(zone), fin=i.fin.astimezone(zone)) for i in intervalles]


def _jour(p: PlanningJours, jour: date, zone: ZoneInfo) -> JourReponse:
    noms = {c.id: c for c in p.equipe}
    return JourReponse(
        date=jour,
        controleurs=[
            PresenceReponse(
                controleur_id=x.controleur_id,
                nom=noms[x.controleur_id].nom if x.controleur_id in noms else "",
                prenom=noms[x.controleur_id].prenom if x.controleur_id in noms else "",
                centre_id=x.centre_id,
                plages=_plages(x.plages, zone),
            )
            for x in p.presences
            if x.jour == jour
        ],
        rdv=[
            RdvPlanningReponse(
                id=r.id,
                numero=r.numero,
                centre_id=r.centre_id,
                controleur_id=r.controleur_id,
                debut=r.debut.astimezone(zone),
                fin=r.fin.astimezone(zone),
                statut=r.statut,
                type_controle=r.type_controle,
                surnombre=r.surnombre,
                immatriculation=r.immatriculation,
                vehicule_type=r.vehicule_type,
                client=f"{r.client_prenom} {r.client_nom}".strip(),
            )
            for r in p.rdvs
            if r.jour == jour
        ],
        evenements=[
            BlocReponse(
                planning_id=e.id,
                type=e.type,
                statut=e.statut,
                centre_id=e.centre_id,
                controleur_id=e.controleur_id,
                equipement_id=e.equipement_id,
                motif=e.motif,
                debut=i.debut.astimezone(zone),
                fin=i.fin.astimezone(zone),
            )
            for e, i in p.evenements.get(jour, [])
        ],
        remplissage=next((RemplissageReponse.of(r) for r in p.remplissages if r.jour == jour), None),
    )


class CentreRempliReponse(BaseModel):
    """How full a centre is, day by day."""

    centre_id: UUID
    nom: str
    agence_id: UUID
    jours: list[RemplissageReponse]


class RdvARisqueReponse(BaseModel):
    """An appointment that lacks something it needs."""

    rdv_id: UUID
    numero: str
    controleur_id: UUID | None
    debut: datetime
    fin: datetime
    statut: Statut
    surnombre: bool
    raisons: list[Risque]

    @classmethod
    def of(cls, r: RdvARisque, zone: ZoneInfo) -> "RdvARisqueReponse":
        """From the view."""
        return cls(
            rdv_id=r.rdv.id,
            numero=r.rdv.numero,
            controleur_id=r.rdv.controleur_id,
            debut=r.rdv.debut.astimezone(zone),
            fin=r.rdv.fin.astimezone(zone),
            statut=r.rdv.statut,
            surnombre=r.rdv.surnombre,
            raisons=list(r.raisons),
        )


class ARisqueReponse(BaseModel):
    """The appointments of a centre that are at risk, in order of time, at most 500."""

    centre_id: UUID
    rdv: list[RdvARisqueReponse]


class JourSurchargeReponse(BaseModel):
    """A local day with more appointments than the capacity, as it is now, allows."""

    date: date
    rendez_vous: int
    capacite: int


class SurchargesReponse(BaseModel):
    """The days of a centre that are beyond its capacity, in order."""

    centre_id: UUID
    jours: list[JourSurchargeReponse]
