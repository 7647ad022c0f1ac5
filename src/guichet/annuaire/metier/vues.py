"""What the directory gives out: frozen values, never rows."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from guichet.annuaire.metier.immatriculation import Immatriculation
from guichet.annuaire.metier.vehicule import MiseCirculation
from guichet.reseau.facade import Carburant, VehiculeType


class ClientType(StrEnum):
    """A private person or a company."""

    PARTICULIER = "particulier"
    PROFESSIONNEL = "professionnel"


class Origine(StrEnum):
    """How a record came into the directory."""

    RESERVATION = "reservation"
    PERSONNEL = "personnel"
    COMPTE = "compte"
    IMPORT = "import"


class Finalite(StrEnum):
    """What a consent is about."""

    RAPPEL_EMAIL = "rappel_email"
    RAPPEL_SMS = "rappel_sms"
    ECHEANCE = "echeance"
    PROSPECTION = "prospection"


@dataclass(frozen=True, kw_only=True)
class ClientSaisi:
    """A client as typed and normalised: names cleaned, e-mail and E.164 telephone in their one writing."""

    type: ClientType
    nom: str
    prenom: str = ""
    email: str | None = None
    telephone: str | None = None
    raison_sociale: str | None = None
    siret: str | None = None


@dataclass(frozen=True, kw_only=True)
class VehiculeSaisi:
    """A vehicle as typed and normalised."""

    immatriculation: Immatriculation
    type: VehiculeType
    carburant: Carburant
    marque: str | None = None
    modele: str | None = None
    mise_circulation: MiseCirculation | None = None


@dataclass(frozen=True, kw_only=True)
class ClientVue:
    """A stored client."""

    id: UUID
    type: ClientType
    nom: str
    prenom: str
    raison_sociale: str | None
    siret: str | None
    email: str | None
    telephone: str | None
    langue: str
    origine: Origine
    user_id: UUID | None
    version: int


@dataclass(frozen=True, kw_only=True)
class VehiculeVue:
    """A stored vehicle."""

    id: UUID
    immatriculation: str
    type: VehiculeType
    carburant: Carburant
    marque: str | None
    modele: str | None
    mise_circulation: MiseCirculation | None
    version: int


@dataclass(frozen=True, kw_only=True)
class DetentionVue:
    """A client seen with a vehicle."""

    client_id: UUID
    vehicule_id: UUID
    depuis: datetime
    jusqua: datetime | None


@dataclass(frozen=True, kw_only=True)
class ConsentementVue:
    """The standing decision of a client on one purpose."""

    finalite: Finalite
    accorde: bool
    version_texte: str
    source: str
    le: datetime


def read_mise_circulation(jour: date | None, annee_seule: bool) -> MiseCirculation | None:
    """The stored pair as one value."""
    return None if jour is None else MiseCirculation(jour, annee_seule)
