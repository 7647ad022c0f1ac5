"""What the routes of the network answer."""

from datetime import datetime
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from guichet.reseau.actions.descriptions import describe_agence, describe_centre, describe_controleur
from guichet.reseau.actions.saisies import (
    AgenceSaisie,
    AgrementSaisie,
    CentreSaisie,
    PlageSaisie,
    TarifSaisie,
    TitreSaisie,
    TravailSaisie,
)
from guichet.reseau.metier.vues import AgenceVue, CentreVue, ControleurVue


class AgenceReponse(AgenceSaisie):
    """An agence. `nb_centres` counts its active centres."""

    id: UUID
    nb_centres: int
    version: int

    @classmethod
    def of(cls, agence: AgenceVue) -> "AgenceReponse":
        """From the view."""
        return cls.model_construct(
            id=agence.id, nb_centres=agence.nb_centres, version=agence.version, **describe_agence(agence)
        )


class CentreReponse(CentreSaisie):
    """A centre with everything set on it. Prices are cents; hours are local to `fuseau`.

    `position_approchee`: the position is the town's, not the door's.
    """

    id: UUID
    position_approchee: bool
    version: int

    @classmethod
    def of(cls, centre: CentreVue) -> "CentreReponse":
        """From the view."""
        return cls.model_validate(
            {
                "id": centre.id,
                "position_approchee": centre.position_approchee,
                "version": centre.version,
                **describe_centre(centre),
            }
        )


class Compte(BaseModel):
    """The account of an inspector."""

    email: str
    telephone: str | None
    actif: bool
    invite_le: datetime | None


class ControleurReponse(BaseModel):
    """An inspector. `centres` begins with the home centre; `compte` is not repeated in lists."""

    model_config = ConfigDict(extra="forbid")

    id: UUID
    user_id: UUID
    nom: str
    prenom: str
    matricule: str | None
    centre_id: UUID
    centres: list[TravailSaisie]
    agrements: list[AgrementSaisie]
    habilitations: list[TitreSaisie]
    actif: bool
    compte: Compte | None = None
    version: int

    @classmethod
    def of(cls, controleur: ControleurVue, compte: Compte | None = None) -> "ControleurReponse":
        """From the view."""
        return cls.model_validate(
            {
                "id": controleur.id,
                "user_id": controleur.user_id,
                "version": controleur.version,
                "compte": compte,
                **describe_controleur(controleur),
            }
        )


class LieuReponse(BaseModel):
    """The place a search was made around."""

    libelle: str
    lat: float
    lon: float


class CentreTrouve(BaseModel):
    """A centre as the public sees it. `prix` is that of the vehicle and inspection asked for, in cents, null when unpublished."""

    id: UUID
    code_centre: str
    nom: str
    adresse: str
    code_postal: str
    ville: str
    lat: float
    lon: float
    distance_km: float
    telephone: str | None
    site_web: str | None
    photo: str | None
    fuseau: str
    horaires: dict[str, list[PlageSaisie]]
    ouvert_jusqua: str | None = Field(description="Heure locale de fermeture, si le centre est ouvert en ce moment.")
    types_controle: list[str]
    vehicules: list[str]
    tarifs: list[TarifSaisie]
    prix: int | None
    prix_min: int | None
    note: float | None
    nb_avis: int
    reservable: bool = Field(description="Faux : réservation en ligne indisponible, le centre est seulement présenté.")


class RechercheReponse(BaseModel):
    """Centres around a place, `suivant` for more."""

    lieu: LieuReponse
    rayon_km: float
    elements: list[CentreTrouve]
    suivant: str | None
