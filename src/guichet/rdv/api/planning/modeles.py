"""What the routes of plannings take and answer."""

from datetime import date, datetime
from typing import Annotated, Any
from uuid import UUID
from zoneinfo import ZoneInfo

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from guichet.rdv.actions.planning.demandes import DemandeEvenement, ModificationEvenement
from guichet.rdv.api.modeles_rdv import Saisie
from guichet.rdv.metier.collisions import ActionCollision, CollisionVue, Resolution
from guichet.rdv.metier.evenements import EvenementVue, StatutEvenement, TypeEvenement
from guichet.rdv.metier.types import Statut
from guichet.reseau.facade import PlageSaisie

EXEMPLE_BLOCAGE: dict[str, Any] = {
    "type": "blocage",
    "centre_id": "0193a1f2-5b7c-7e1a-9d51-0c6f2f1f5e10",
    "debut": "2026-11-23T08:00:00+01:00",
    "fin": "2026-11-23T12:00:00+01:00",
    "motif": "Réparation du banc de freinage",
    "recurrence": "FREQ=WEEKLY;BYDAY=MO;COUNT=4",
}
EXEMPLE_RESOLUTIONS: dict[str, Any] = {
    "jeton": "k1.6931f2a0.eyJlIjoi...",
    "resolutions": [
        {
            "rdv_id": "0193a1f2-5b7c-7e1a-9d51-0c6f2f1f5e11",
            "action": "reaffecter",
            "controleur_id": "0193a1f2-5b7c-7e1a-9d51-0c6f2f1f5e12",
        },
        {
            "rdv_id": "0193a1f2-5b7c-7e1a-9d51-0c6f2f1f5e13",
            "action": "deplacer",
            "debut": "2026-11-24T09:00:00+01:00",
        },
        {"rdv_id": "0193a1f2-5b7c-7e1a-9d51-0c6f2f1f5e14", "action": "annuler"},
    ],
}
Serie = Annotated[
    str,
    Field(
        max_length=200,
        description="La partie quotidienne et hebdomadaire de RRULE (RFC 5545) : FREQ, INTERVAL, BYDAY, et UNTIL ou COUNT. "
        "L'heure est celle de l'horloge du centre, toute l'année.",
        examples=["FREQ=WEEKLY;BYDAY=MO;COUNT=4"],
    ),
]
Motif = Annotated[str, Field(max_length=500, description="200 caractères au plus.")]


class EvenementSaisie(Saisie):
    """An entry: a block (of a centre, a person or a lane), an opening, a leave, an absence."""

    model_config = ConfigDict(json_schema_extra={"examples": [EXEMPLE_BLOCAGE]})

    type: TypeEvenement
    centre_id: UUID | None = None
    controleur_id: Annotated[
        UUID | None, Field(description="Pour une ouverture, qui travaille ; sans lui, ceux rattachés au centre.")
    ] = None
    equipement_id: Annotated[UUID | None, Field(description="Pour bloquer une seule ligne du centre.")] = None
    debut: AwareDatetime
    fin: AwareDatetime
    motif: Motif
    recurrence: Serie | None = None

    def to_demande(self) -> DemandeEvenement:
        """As the action takes it."""
        return DemandeEvenement(**{champ: getattr(self, champ) for champ in type(self).model_fields})


class PlanningModification(Saisie):
    """Changes of an entry (`debut`, `fin`, `motif`, `recurrence`), or a centre's weekly `horaires`. Left out: unchanged."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"fin": "2026-11-23T18:00:00+01:00", "motif": "Toute la journée"}]}
    )

    debut: AwareDatetime | None = None
    fin: AwareDatetime | None = None
    motif: Motif | None = None
    recurrence: Annotated[Serie | None, Field(description="Une série ; vide, l'entrée n'a lieu qu'une fois.")] = None
    horaires: Annotated[
        dict[str, list[PlageSaisie]] | None,
        Field(max_length=14, description="D'un centre : par jour (`lundi`, ...), les plages d'ouverture."),
    ] = None
    version: Annotated[
        int | None, Field(ge=1, le=2**31 - 1, description="La version lue ; 409 `VERSION_PERIMEE` si elle a changé.")
    ] = None

    def to_modification(self) -> ModificationEvenement:
        """As the action takes it."""
        return ModificationEvenement(debut=self.debut, fin=self.fin, motif=self.motif, recurrence=self.recurrence)


class ResolutionSaisie(Saisie):
    """What becomes of an appointment that is in the way."""

    rdv_id: UUID
    action: ActionCollision
    controleur_id: Annotated[
        UUID | None,
        Field(description="À qui ; sans lui, le premier contrôleur trouvé, en déplaçant d'autres au besoin."),
    ] = None
    debut: Annotated[AwareDatetime | None, Field(description="Pour `deplacer`, le nouveau début.")] = None


class ResolutionsSaisie(Saisie):
    """The token of a dry run and one resolution for each appointment it listed."""

    model_config = ConfigDict(json_schema_extra={"examples": [EXEMPLE_RESOLUTIONS]})

    jeton: Annotated[str, Field(max_length=3000)]
    resolutions: Annotated[list[ResolutionSaisie], Field(max_length=2000, default_factory=list)]

    def to_resolutions(self) -> list[Resolution]:
        """As the action takes them."""
        return [
            Resolution(rdv_id=r.rdv_id, action=r.action, controleur_id=r.controleur_id, debut=r.debut)
            for r in self.resolutions
        ]


class RefusSaisie(Saisie):
    """Why a leave is refused."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"raison": "Deux contrôleurs sont déjà absents."}]})

    raison: Motif


class EvenementReponse(BaseModel):
    """An entry of a planning. Times are local to the centre; `recurrence` repeats them on its wall clock."""

    id: UUID
    type: TypeEvenement
    statut: StatutEvenement
    centre_id: UUID | None
    controleur_id: UUID | None
    equipement_id: UUID | None
    debut: datetime
    fin: datetime
    fuseau: str
    recurrence: str | None
    motif: str
    refus: str | None
    demande_par: UUID | None
    decide_par: UUID | None
    decide_le: datetime | None
    version: int
    created_at: datetime

    @classmethod
    def of(cls, e: EvenementVue) -> "EvenementReponse":
        """From the view."""
        faits = {champ: getattr(e, champ) for champ in cls.model_fields}
        zone = ZoneInfo(e.fuseau)
        faits |= {
            "debut": e.debut.astimezone(zone),
            "fin": e.fin.astimezone(zone),
            "recurrence": str(e.recurrence) if e.recurrence else None,
        }
        return cls.model_validate(faits)


class PlageReponse(BaseModel):
    """A stretch of time, local to the centre."""

    debut: datetime
    fin: datetime


class PlanningCentreReponse(BaseModel):
    """The weekly planning of a centre, and the entries that are not over."""

    centre_id: UUID
    fuseau: str
    horaires: dict[str, list[PlageSaisie]]
    evenements: list[EvenementReponse]
    version: int


class ControleurPossible(BaseModel):
    """An inspector who can take an appointment."""

    controleur_id: UUID
    nom: str
    prenom: str


class PropositionReponse(BaseModel):
    """What is proposed for an appointment."""

    rdv_id: UUID
    action: ActionCollision
    controleur_id: UUID | None = None
    debut: datetime | None = None


class PossibilitesReponse(BaseModel):
    """What may become of an appointment: other inspectors at the same hour, up to three other starts, its end."""

    reaffecter: list[ControleurPossible]
    deplacer: list[PlageReponse]
    annuler: bool = True


class CollisionReponse(BaseModel):
    """An appointment in the way. The propositions of a list hold together and can be sent back as they are."""

    rdv_id: UUID
    numero: str
    centre_id: UUID
    controleur_id: UUID | None
    controleur_choisi: bool
    debut: datetime
    fin: datetime
    jour: date
    statut: Statut
    surnombre: bool
    urgent: bool
    possibilites: PossibilitesReponse
    proposition: PropositionReponse

    @classmethod
    def of(cls, c: CollisionVue, zone: ZoneInfo, aujourdhui: date) -> "CollisionReponse":
        """From the view; `urgent`: it is today."""
        rdv, p = c.rdv, c.proposition
        return cls(
            rdv_id=rdv.id,
            numero=rdv.numero,
            centre_id=rdv.centre_id,
            controleur_id=rdv.controleur_id,
            controleur_choisi=rdv.controleur_choisi,
            debut=rdv.debut.astimezone(zone),
            fin=rdv.fin.astimezone(zone),
            jour=rdv.jour,
            statut=rdv.statut,
            surnombre=rdv.surnombre,
            urgent=rdv.jour <= aujourdhui,
            possibilites=PossibilitesReponse(
                reaffecter=[ControleurPossible(controleur_id=q.id, nom=q.nom, prenom=q.prenom) for q in c.controleurs],
                deplacer=[PlageReponse(debut=i.debut.astimezone(zone), fin=i.fin.astimezone(zone)) for i in c.creneaux],
            ),
            proposition=PropositionReponse(
                rdv_id=rdv.id,
                action=p.action,
                controleur_id=p.controleur_id,
                debut=p.debut and p.debut.astimezone(zone),
            ),
        )
