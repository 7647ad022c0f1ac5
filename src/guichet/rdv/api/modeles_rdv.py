"""What the routes of appointments take and answer. Field names are the founding documents'."""

from datetime import date, datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from guichet.annuaire.facade import ClientType
from guichet.rdv.metier.montants import montant_ttc
from guichet.rdv.metier.types import (
    MotifAnnulation,
    PaiementMode,
    PaiementStatut,
    Resultat,
    Source,
    Statut,
)
from guichet.rdv.metier.vues import DemandeRdv, RdvCree, RdvVue
from guichet.reseau.facade import Carburant, TypeControle, VehiculeType

EXEMPLE_RDV: dict[str, Any] = {
    "centre_id": "0193a1f2-5b7c-7e1a-9d51-0c6f2f1f5e10",
    "client": {
        "nom": "Péan",
        "prenom": "Ève",
        "email": "eve.pean@courriel.example",
        "telephone": "06 39 98 12 34",
        "type": "particulier",
    },
    "vehicule": {
        "immatriculation": "AB-123-CD",
        "type": "VP",
        "carburant": "Essence",
        "marque": "Renault",
        "modele": "Clio",
        "date_mise_circulation": "2019-05-04",
    },
    "type_controle": "CTP",
    "creneau": {"date": "2026-11-23", "heure_debut": "09:00"},
    "paiement": {"mode": "sur_place"},
    "notes": "Portail vert",
}


class Saisie(BaseModel):
    """The base of what is sent: unknown fields are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class ClientSaisie(Saisie):
    """The customer, as typed."""

    nom: Annotated[str, Field(max_length=200)]
    prenom: Annotated[str, Field(max_length=200)] = ""
    email: Annotated[
        str | None, Field(max_length=300, description="Nécessaire, sauf pour le personnel quand il y a un mobile.")
    ] = None
    telephone: Annotated[str, Field(max_length=50)]
    type: ClientType = ClientType.PARTICULIER
    raison_sociale: Annotated[str | None, Field(max_length=200)] = None
    siret: Annotated[str | None, Field(max_length=30)] = None


class VehiculeSaisie(Saisie):
    """The vehicle, as typed."""

    immatriculation: Annotated[str, Field(max_length=50, description="SIV `AB-123-CD` ou ancienne `1234 AB 75`.")]
    type: VehiculeType = VehiculeType.VP
    carburant: Carburant
    marque: Annotated[str | None, Field(max_length=100)] = None
    modele: Annotated[str | None, Field(max_length=100)] = None
    date_mise_circulation: Annotated[
        str | None, Field(max_length=10, description="Une date `2019-05-04` ou une année seule `2019`.")
    ] = None


class CreneauSaisie(Saisie):
    """A local date and time of the centre. `decalage` says which, on the two ambiguous hours of the autumn clock change."""

    date: Annotated[str, Field(max_length=10, examples=["2026-11-23"])]
    heure_debut: Annotated[str, Field(max_length=5, examples=["09:00"])]
    decalage: Annotated[str | None, Field(max_length=6, examples=["+02:00"])] = None


class PaiementSaisie(Saisie):
    """How the customer pays."""

    mode: PaiementMode


class RdvSaisie(Saisie):
    """A booking: either `disponibilite_id`, or `centre_id` and `creneau`."""

    model_config = ConfigDict(json_schema_extra={"examples": [EXEMPLE_RDV]})

    centre_id: UUID | None = None
    disponibilite_id: Annotated[
        str | None,
        Field(max_length=500, description="L'`id` opaque d'un créneau listé, au lieu de centre_id et creneau."),
    ] = None
    client: ClientSaisie
    vehicule: VehiculeSaisie
    type_controle: TypeControle = TypeControle.CTP
    date_controle_initial: Annotated[
        str | None, Field(max_length=10, description="Pour une contre-visite : la date du contrôle qu'elle suit.")
    ] = None
    creneau: CreneauSaisie | None = None
    controleur_id: UUID | None = None
    surnombre: Annotated[
        bool, Field(description="Dépasser la capacité du jour s'il le faut ; réservé à `rdv:surbook`.")
    ] = False
    paiement: PaiementSaisie | None = None
    notes: Annotated[str | None, Field(max_length=2000, description="500 caractères au plus.")] = None
    source: Annotated[Source | None, Field(description="Ignorée si l'appelant n'est pas du personnel.")] = None

    def to_demande(self, *, langue: str) -> DemandeRdv:
        """The booking as the action takes it."""
        creneau, client, vehicule = self.creneau, self.client, self.vehicule
        return DemandeRdv(
            client_nom=client.nom,
            client_prenom=client.prenom,
            client_email=client.email,
            client_telephone=client.telephone,
            client_type=client.type,
            client_raison_sociale=client.raison_sociale,
            client_siret=client.siret,
            immatriculation=vehicule.immatriculation,
            vehicule_type=vehicule.type,
            carburant=vehicule.carburant,
            marque=vehicule.marque,
            modele=vehicule.modele,
            date_mise_circulation=vehicule.date_mise_circulation,
            type_controle=self.type_controle,
            date_controle_initial=self.date_controle_initial,
            disponibilite_id=self.disponibilite_id,
            centre_id=self.centre_id,
            date=creneau.date if creneau else None,
            heure_debut=creneau.heure_debut if creneau else None,
            decalage=creneau.decalage if creneau else None,
            controleur_id=self.controleur_id,
            surnombre=self.surnombre,
            paiement_mode=self.paiement.mode if self.paiement else PaiementMode.SUR_PLACE,
            notes=self.notes,
            source=self.source,
            langue=langue,
        )


class CentreReponse(BaseModel):
    """The centre of an appointment."""

    id: UUID
    nom: str
    adresse: str
    code_postal: str
    ville: str
    telephone: str | None


class ClientReponse(BaseModel):
    """The customer as typed on the appointment."""

    id: UUID | None
    nom: str
    prenom: str
    email: str | None
    telephone: str | None
    type: ClientType
    raison_sociale: str | None
    siret: str | None


class VehiculeReponse(BaseModel):
    """The vehicle as typed on the appointment."""

    id: UUID | None
    immatriculation: str
    type: VehiculeType
    carburant: Carburant
    marque: str | None
    modele: str | None
    date_mise_circulation: str | None


class CreneauRdvReponse(BaseModel):
    """When: local date and times of the centre, and the instants."""

    date: date
    heure_debut: str
    heure_fin: str
    duree_minutes: int
    debut: datetime
    fin: datetime


class ControleurReponse(BaseModel):
    """The inspector of an appointment."""

    id: UUID
    nom: str
    prenom: str
    agrements: list[str]


class RdvReponse(BaseModel):
    """An appointment. `controleur` is null beyond the nominal capacity (`surnombre`); `annulation` says why it ended."""

    id: UUID
    numero: str
    centre: CentreReponse
    client: ClientReponse
    vehicule: VehiculeReponse
    creneau: CreneauRdvReponse
    controleur: ControleurReponse | None
    type_controle: TypeControle
    statut: Statut
    resultat: Resultat | None
    montant_ttc: str | None
    paiement_mode: PaiementMode
    paiement_statut: PaiementStatut | None
    url_paiement: str | None = None
    expire_a: datetime | None
    surnombre: bool
    source: Source
    notes: str | None
    annulation: MotifAnnulation | None
    valide_le: datetime | None
    arrive_le: datetime | None
    commence_le: datetime | None
    termine_le: datetime | None
    version: int
    created_at: datetime

    @classmethod
    def of(cls, rdv: RdvVue) -> "RdvReponse":
        """From the view."""
        return cls.model_validate(_facts(rdv))


class RdvCreeReponse(RdvReponse):
    """A booking that was accepted. `lien_gestion` manages it without an account; its `lien` also serves as a bearer."""

    lien_gestion: str

    @classmethod
    def of_cree(cls, cree: RdvCree) -> "RdvCreeReponse":
        """From the booking."""
        return cls.model_validate(
            _facts(cree.rdv) | {"lien_gestion": cree.lien_gestion, "url_paiement": cree.url_paiement}
        )


def _facts(rdv: RdvVue) -> dict[str, Any]:
    return {
        "id": rdv.id,
        "numero": rdv.numero,
        "centre": {champ: getattr(rdv.centre, champ) for champ in CentreReponse.model_fields},
        "client": {champ: getattr(rdv.client, champ) for champ in ClientReponse.model_fields},
        "vehicule": {champ: getattr(rdv.vehicule, champ) for champ in VehiculeReponse.model_fields},
        "creneau": {
            "date": rdv.jour,
            "heure_debut": rdv.heure_debut,
            "heure_fin": rdv.heure_fin,
            "duree_minutes": rdv.duree_minutes,
            "debut": rdv.debut_local,
            "fin": rdv.fin_local,
        },
        "controleur": rdv.controleur
        and {
            "id": rdv.controleur.id,
            "nom": rdv.controleur.nom,
            "prenom": rdv.controleur.prenom,
            "agrements": list(rdv.controleur.agrements),
        },
        "type_controle": rdv.type_controle,
        "statut": rdv.statut,
        "resultat": rdv.resultat,
        "montant_ttc": montant_ttc(rdv.montant_cents),
        "paiement_mode": rdv.paiement_mode,
        "paiement_statut": rdv.paiement_statut,
        "expire_a": rdv.expire_a,
        "surnombre": rdv.surnombre,
        "source": rdv.source,
        "notes": rdv.notes,
        "annulation": rdv.annule_motif,
        "valide_le": rdv.valide_le,
        "arrive_le": rdv.arrive_le,
        "commence_le": rdv.commence_le,
        "termine_le": rdv.termine_le,
        "version": rdv.version,
        "created_at": rdv.created_at,
    }
