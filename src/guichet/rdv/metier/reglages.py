"""A tenant's booking settings: section `reservation`. A centre may override grid, notice, horizon and tolerance."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, field_validator

from guichet.rdv.metier.delais import POLITIQUE_PAR_DEFAUT, Palier
from guichet.rdv.metier.heures import GRILLES


class PalierReglage(BaseModel):
    """One step of the refund policy."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    heures_avant: Annotated[int, Field(ge=0, le=24 * 60)]
    pourcentage: Annotated[int, Field(ge=0, le=100)]


class Reservation(BaseModel):
    """How appointments may be booked, moved and cancelled."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    horizon_jours: Annotated[int, Field(ge=1, le=365)] = 120
    preavis_minutes: Annotated[int, Field(ge=0, le=7 * 24 * 60)] = 0
    grille_minutes: int = 15
    paiement_en_ligne: bool = False
    tenue_minutes: Annotated[int, Field(ge=1, le=120)] = 15
    offre_minutes: Annotated[int, Field(ge=1, le=24 * 60)] = 15
    rayon_km: Annotated[int, Field(ge=1, le=100)] = 30
    delai_modification_heures: Annotated[int, Field(ge=0, le=24 * 30)] = 24
    politique_remboursement: Annotated[list[PalierReglage], Field(max_length=10)] = [
        PalierReglage(heures_avant=p.heures_avant, pourcentage=p.pourcentage) for p in POLITIQUE_PAR_DEFAUT
    ]
    contre_visite_offerte_mois: Annotated[int, Field(ge=0, le=2)] = 2
    tolerance_surreservation: Annotated[int, Field(ge=0, le=100)] = 10
    plafond_telephone: Annotated[int, Field(ge=1, le=1000)] = 3
    plafond_adresse: Annotated[int, Field(ge=1, le=10_000)] = 10
    plafond_minutes: Annotated[int, Field(ge=1, le=24 * 60)] = 15

    @field_validator("grille_minutes")
    @classmethod
    def _divides_the_hour(cls, valeur: int) -> int:
        if valeur not in GRILLES:
            raise ValueError(", ".join(map(str, GRILLES)))
        return valeur

    @property
    def paliers(self) -> tuple[Palier, ...]:
        """The refund policy as the rules read it."""
        return tuple(Palier(p.heures_avant, p.pourcentage) for p in self.politique_remboursement)
