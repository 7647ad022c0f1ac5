"""What the routes of the waiting list take and answer."""

from datetime import date, datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from guichet.rdv.actions.attente.inscrire import DemandeInscription, InscriptionFaite
from guichet.rdv.api.modeles_rdv import (
    EXEMPLE_RDV,
    CentreReponse,
    ClientSaisie,
    PaiementSaisie,
    RdvSaisie,
    Saisie,
    VehiculeSaisie,
)
from guichet.rdv.metier.attente import CENTRES_MAX, IssueOffre, StatutInscription
from guichet.rdv.metier.montants import montant_ttc
from guichet.rdv.metier.types import PaiementMode, Source
from guichet.rdv.metier.vues import CreneauVue
from guichet.rdv.questions.attente import InscriptionVue, OffreVue
from guichet.reseau.facade import Carburant, TypeControle, VehiculeType

EXEMPLE_INSCRIPTION: dict[str, Any] = {
    "centre_ids": ["0193a1f2-5b7c-7e1a-9d51-0c6f2f1f5e10"],
    "periode": {"du": "2026-11-23", "au": "2026-11-27", "heure_du": "08:00", "heure_au": "12:00"},
    "client": EXEMPLE_RDV["client"],
    "vehicule": EXEMPLE_RDV["vehicule"],
    "type_controle": "CTP",
}


class PeriodeSaisie(Saisie):
    """The days and hours that suit, all included, on the wall clock of the centre."""

    du: Annotated[str, Field(max_length=10, examples=["2026-11-23"])]
    au: Annotated[str | None, Field(max_length=10, description="Par défaut le même jour.")] = None
    heure_du: Annotated[str | None, Field(max_length=5, description="Début au plus tôt.", examples=["08:00"])] = None
    heure_au: Annotated[str | None, Field(max_length=5, description="Début au plus tard.", examples=["12:00"])] = None


class InscriptionSaisie(Saisie):
    """An entry: what is typed for a booking, without its hour; or `rdv_id`, whose own data serve again."""

    model_config = ConfigDict(json_schema_extra={"examples": [EXEMPLE_INSCRIPTION]})

    centre_ids: Annotated[
        list[UUID],
        Field(min_length=1, max_length=CENTRES_MAX, description="Les centres qui conviennent, d'un même réseau."),
    ]
    periode: PeriodeSaisie
    rdv_id: Annotated[
        UUID | None,
        Field(description="Le rendez-vous à avancer ; ou celui que le centre a annulé, qui donne la priorité."),
    ] = None
    client: ClientSaisie | None = None
    vehicule: VehiculeSaisie | None = None
    type_controle: TypeControle = TypeControle.CTP
    date_controle_initial: Annotated[
        str | None, Field(max_length=10, description="Pour une contre-visite : la date du contrôle qu'elle suit.")
    ] = None
    paiement: PaiementSaisie | None = None
    notes: Annotated[str | None, Field(max_length=2000, description="500 caractères au plus.")] = None
    source: Annotated[Source | None, Field(description="Ignorée si l'appelant n'est pas du personnel.")] = None

    def to_demande(self, *, langue: str) -> DemandeInscription:
        """The entry as the action takes it."""
        reservation = None
        if self.client is not None and self.vehicule is not None:
            reservation = RdvSaisie(
                client=self.client,
                vehicule=self.vehicule,
                type_controle=self.type_controle,
                date_controle_initial=self.date_controle_initial,
                paiement=self.paiement,
                notes=self.notes,
                source=self.source,
            ).to_demande(langue=langue)
        return DemandeInscription(
            centre_ids=tuple(self.centre_ids),
            du=self.periode.du,
            au=self.periode.au,
            heure_du=self.periode.heure_du,
            heure_au=self.periode.heure_au,
            rdv_id=self.rdv_id,
            reservation=reservation,
        )


class AcceptationSaisie(Saisie):
    """How the offered place is paid, when another way is wanted than the one chosen on joining."""

    model_config = ConfigDict(json_schema_extra={"examples": [{}, {"paiement": {"mode": "sur_place"}}]})

    paiement: PaiementSaisie | None = None

    @property
    def mode(self) -> PaiementMode | None:
        """The way chosen, None: as before."""
        return self.paiement.mode if self.paiement else None


class PeriodeReponse(BaseModel):
    """The days and hours that are waited for."""

    du: date
    au: date
    heure_du: str | None
    heure_au: str | None


class VehiculeAttenteReponse(BaseModel):
    """The vehicle of an entry."""

    immatriculation: str
    type: VehiculeType
    carburant: Carburant


class ClientAttenteReponse(BaseModel):
    """Whom to call; only for the staff."""

    nom: str
    prenom: str
    email: str | None
    telephone: str | None


class OffreReponse(BaseModel):
    """A start held until `expire_a`. `issue` is null while it waits for an answer."""

    centre: CentreReponse
    debut: datetime
    fin: datetime
    montant_ttc: str | None
    expire_a: datetime
    issue: IssueOffre | None


class InscriptionReponse(BaseModel):
    """An entry. `position` 1 is next; null once it has ended. `rdv_obtenu_id`: the appointment it ended with."""

    id: UUID
    statut: StatutInscription
    position: int | None
    priorite: bool
    centres: list[CentreReponse]
    periode: PeriodeReponse
    vehicule: VehiculeAttenteReponse
    type_controle: TypeControle
    client: ClientAttenteReponse | None
    rdv_id: UUID | None
    offre: OffreReponse | None
    rdv_obtenu_id: UUID | None
    depuis: datetime
    version: int

    @classmethod
    def of(cls, vue: InscriptionVue, *, personnel: bool) -> "InscriptionReponse":
        """From the view; the contact is for the staff."""
        return cls.model_validate(_facts(vue, personnel=personnel))


class CreneauLibreReponse(BaseModel):
    """A start that suits and is free already: book it with its `id` (`disponibilite_id`)."""

    id: str
    centre_id: UUID
    date: date
    heure_debut: str
    heure_fin: str
    debut: datetime
    fin: datetime


class InscriptionCreeReponse(InscriptionReponse):
    """An entry that was made. `lien_gestion` manages it without an account; its `lien` also serves as a bearer."""

    lien_gestion: str
    creneaux_libres: list[CreneauLibreReponse]

    @classmethod
    def of_faite(cls, faite: InscriptionFaite, *, personnel: bool) -> "InscriptionCreeReponse":
        """From what joining gave."""
        return cls.model_validate(
            _facts(faite.inscription, personnel=personnel)
            | {"lien_gestion": faite.lien_gestion, "creneaux_libres": [_libre(c) for c in faite.libres]}
        )


def _libre(creneau: CreneauVue) -> dict[str, Any]:
    return {
        "id": creneau.id,
        "centre_id": creneau.centre_id,
        "date": creneau.jour,
        "heure_debut": creneau.heure_debut,
        "heure_fin": creneau.heure_fin,
        "debut": creneau.debut_local,
        "fin": creneau.fin_local,
    }


def _offre(offre: OffreVue | None) -> dict[str, Any] | None:
    if offre is None:
        return None
    return {
        "centre": {champ: getattr(offre.centre, champ) for champ in CentreReponse.model_fields},
        "debut": offre.debut_local,
        "fin": offre.fin_local,
        "montant_ttc": montant_ttc(offre.montant_cents),
        "expire_a": offre.expire_a,
        "issue": offre.issue,
    }


def _facts(vue: InscriptionVue, *, personnel: bool) -> dict[str, Any]:
    client = {
        "nom": vue.client_nom,
        "prenom": vue.client_prenom,
        "email": vue.client_email,
        "telephone": vue.client_telephone,
    }
    return {
        "id": vue.id,
        "statut": vue.statut,
        "position": vue.position,
        "priorite": vue.priorite,
        "centres": [{champ: getattr(c, champ) for champ in CentreReponse.model_fields} for c in vue.centres],
        "periode": {"du": vue.du, "au": vue.au, "heure_du": vue.heure_du, "heure_au": vue.heure_au},
        "vehicule": {
            "immatriculation": vue.immatriculation,
            "type": vue.controle.vehicule_type,
            "carburant": vue.controle.carburant,
        },
        "type_controle": vue.controle.type_controle,
        "client": client if personnel else None,
        "rdv_id": vue.rdv_id,
        "offre": _offre(vue.offre),
        "rdv_obtenu_id": vue.servie_par,
        "depuis": vue.depuis,
        "version": vue.version,
    }
