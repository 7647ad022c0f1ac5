"""The network's sections of a tenant's settings: durations, and habilitations required."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, model_validator

from guichet.reseau.metier.agrements import Exigence
from guichet.reseau.metier.durees import DUREE_MAX, DUREE_MIN, DUREES_PAR_DEFAUT, Duree
from guichet.reseau.metier.identifiants import CodeInvalide, normalise_habilitation
from guichet.reseau.metier.types import Carburant, TypeControle, VehiculeType, types_controle_possibles
from guichet.socle.i18n import _


class DureeReglage(BaseModel):
    """One cell of the matrix, in minutes; without `carburant` it is that of every fuel without a cell of its own."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    vehicule_type: VehiculeType
    carburant: Carburant | None = None
    type_controle: TypeControle
    minutes: Annotated[int, Field(ge=DUREE_MIN, le=DUREE_MAX)]


def _par_defaut() -> list[DureeReglage]:
    return [
        DureeReglage(
            vehicule_type=d.vehicule_type, carburant=d.carburant, type_controle=d.type_controle, minutes=d.minutes
        )
        for d in DUREES_PAR_DEFAUT
    ]


class Durees(BaseModel):
    """Section `durees`: how long each inspection takes. A cell left out keeps the default."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    matrice: Annotated[list[DureeReglage], Field(max_length=120)] = Field(default_factory=_par_defaut)

    @model_validator(mode="after")
    def _check(self) -> "Durees":
        vues = set()
        for cellule in self.matrice:
            cle = (cellule.vehicule_type, cellule.carburant, cellule.type_controle)
            if cle in vues:
                raise ValueError(_("La même durée est donnée deux fois."))
            if cellule.type_controle not in types_controle_possibles(cellule.vehicule_type, cellule.carburant):
                raise ValueError(_("Le contrôle pollution concerne les VU non électriques."))
            vues.add(cle)
        return self

    @property
    def cellules(self) -> tuple[Duree, ...]:
        """The matrix as the rules read it."""
        return tuple(Duree(**cellule.model_dump()) for cellule in self.matrice)


class ExigenceReglage(BaseModel):
    """A habilitation required for a vehicle type, a fuel, or both; left out means any."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    code: Annotated[str, Field(min_length=1, max_length=30)]
    vehicule_type: VehiculeType | None = None
    carburant: Carburant | None = None


class Habilitations(BaseModel):
    """Section `habilitations`: what a tenant requires beyond the law's accreditations. Nothing by default."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    exigences: Annotated[list[ExigenceReglage], Field(max_length=50)] = []

    @model_validator(mode="after")
    def _check(self) -> "Habilitations":
        for exigence in self.exigences:
            try:
                normalise_habilitation(exigence.code)
            except CodeInvalide:
                raise ValueError(
                    _("Un code d'habilitation compte au plus 30 lettres sans accent, chiffres ou tirets.")
                ) from None
        return self

    @property
    def liste(self) -> tuple[Exigence, ...]:
        """The requirements as the rules read them."""
        return tuple(
            Exigence(code=normalise_habilitation(e.code), vehicule_type=e.vehicule_type, carburant=e.carburant)
            for e in self.exigences
        )
