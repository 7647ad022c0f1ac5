"""What the routes of free starts take and answer."""

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from guichet.rdv.api.modeles_rdv import Saisie, montant_ttc
from guichet.rdv.metier.creneaux import RaisonSuggestion
from guichet.rdv.metier.types import Niveau, RaisonVide
from guichet.rdv.metier.vues import CreneauVue, DisponibilitesVue, RechercheVue
from guichet.reseau.facade import Carburant, TypeControle, VehiculeType

Jour = date


class CreneauReponse(BaseModel):
    """A free start. `id` books it; `niveau` tells how much room is left; `suggere` puts it forward,
    `raison_suggestion` says why: it fills a gap, or the hour is calm."""

    id: str
    heure_debut: str
    heure_fin: str
    debut: datetime
    fin: datetime
    duree_minutes: int
    disponible: bool
    niveau: Niveau
    suggere: bool
    raison_suggestion: RaisonSuggestion | None
    montant_ttc: str | None

    @classmethod
    def of(cls, c: CreneauVue) -> "CreneauReponse":
        """From the view."""
        return cls.model_construct(
            id=c.id,
            heure_debut=c.heure_debut,
            heure_fin=c.heure_fin,
            debut=c.debut_local,
            fin=c.fin_local,
            duree_minutes=c.duree_minutes,
            disponible=c.disponible,
            niveau=c.niveau,
            suggere=c.suggere,
            raison_suggestion=c.raison_suggestion,
            montant_ttc=montant_ttc(c.montant_cents),
        )


class JourReponse(BaseModel):
    """A local day: its free starts, or why there is none."""

    date: Jour
    raison_vide: RaisonVide | None = None
    creneaux: list[CreneauReponse]


class DisponibilitesReponse(BaseModel):
    """The free starts of a centre, day by day."""

    centre_id: UUID
    fuseau: str
    jours: list[JourReponse]

    @classmethod
    def of(cls, vue: DisponibilitesVue) -> "DisponibilitesReponse":
        """From the view."""
        return cls(
            centre_id=vue.centre_id,
            fuseau=vue.fuseau,
            jours=[
                JourReponse(date=j.date, raison_vide=j.raison_vide, creneaux=[CreneauReponse.of(c) for c in j.creneaux])
                for j in vue.jours
            ],
        )


class RechercheSaisie(Saisie):
    """Where, when, what: a place by name, position or postal code."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"lieu": "Lyon", "date": "2026-11-23", "vehicule_type": "VP", "carburant": "Essence"}]
        }
    )

    lieu: Annotated[str | None, Field(max_length=200)] = None
    code_postal: Annotated[str | None, Field(max_length=10)] = None
    lat: Annotated[float | None, Field(ge=-90, le=90, allow_inf_nan=False)] = None
    lon: Annotated[float | None, Field(ge=-180, le=180, allow_inf_nan=False)] = None
    rayon_km: Annotated[float | None, Field(gt=0, le=100, allow_inf_nan=False)] = None
    date: Jour
    date_fin: Jour | None = None
    vehicule_type: VehiculeType = VehiculeType.VP
    carburant: Carburant = Carburant.ESSENCE
    type_controle: TypeControle = TypeControle.CTP
    tri: Annotated[str, Field(pattern="^(distance|prix|note|date)$")] = "distance"


class CreneauDateReponse(CreneauReponse):
    """A free start with its local date."""

    date: Jour


class CentreTrouveReponse(BaseModel):
    """A centre found, with its next free starts or why there is none."""

    centre_id: UUID
    nom: str
    adresse: str
    code_postal: str
    ville: str
    telephone: str | None
    lat: float
    lon: float
    distance_km: float | None
    note: float | None
    nb_avis: int
    fuseau: str
    reservable: bool
    montant_ttc: str | None
    raison_vide: RaisonVide | None
    creneaux: list[CreneauDateReponse]


class LieuReponse(BaseModel):
    """Where the search was made."""

    nom: str | None
    lat: float
    lon: float


class RechercheReponse(BaseModel):
    """The centres found, in the order asked for."""

    lieu: LieuReponse
    rayon_km: float
    date: Jour
    date_fin: Jour
    centres: list[CentreTrouveReponse]

    @classmethod
    def of(cls, vue: RechercheVue) -> "RechercheReponse":
        """From the view."""
        directs = (
            "nom",
            "adresse",
            "code_postal",
            "ville",
            "telephone",
            "lat",
            "lon",
            "distance_km",
            "note",
            "nb_avis",
        )
        return cls(
            lieu=LieuReponse(nom=vue.lieu, lat=vue.lat, lon=vue.lon),
            rayon_km=vue.rayon_km,
            date=vue.du,
            date_fin=vue.au,
            centres=[
                CentreTrouveReponse(
                    centre_id=t.vitrine.centre_id,
                    **{champ: getattr(t.vitrine, champ) for champ in directs},
                    fuseau=t.vitrine.fuseau,
                    reservable=t.vitrine.reservable,
                    montant_ttc=montant_ttc(t.montant_cents),
                    raison_vide=t.raison_vide,
                    creneaux=[
                        CreneauDateReponse.model_construct(date=c.jour, **dict(CreneauReponse.of(c)))
                        for c in t.creneaux
                    ],
                )
                for t in vue.centres
            ],
        )
