"""Section `import_centres` of a tenant's settings: what the labels of the official file mean."""

from typing import Annotated, Final

from pydantic import BaseModel, ConfigDict, Field

from guichet.reseau.metier.importation import Correspondances, fold_label
from guichet.reseau.metier.types import Carburant, VehiculeType

Libelle = Annotated[str, Field(min_length=1, max_length=100)]

# Numbers of the pair of files published until 2023, where no label is given.
_CATEGORIES: Final = {
    "1": "Voiture particulière",
    "2": "4 x 4",
    "3": "Voiture de collection",
    "4": "Camionnette",
    "5": "Camping-car (moins de 3,5 tonnes)",
}
_ENERGIES: Final = {"1": "Essence", "2": "Diesel", "3": "Gaz", "4": "Hybride", "5": "Electrique"}


class CategorieImport(BaseModel):
    """A category of vehicle, by its label in the file."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    libelle: Libelle
    vehicule_type: VehiculeType


class EnergieImport(BaseModel):
    """An energy, by its label in the file."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    libelle: Libelle
    carburant: Carburant


def _categories() -> list[CategorieImport]:
    voitures = ("Voiture particulière", "Véhicule particulier", _CATEGORIES["2"], _CATEGORIES["3"], _CATEGORIES["5"])
    return [
        *(CategorieImport(libelle=v, vehicule_type=VehiculeType.VP) for v in voitures),
        CategorieImport(libelle="Camionnette", vehicule_type=VehiculeType.VU),
        CategorieImport(libelle="Motocyclette", vehicule_type=VehiculeType.MOTO),
        CategorieImport(libelle="Cyclomoteur", vehicule_type=VehiculeType.CYCLO),
    ]


def _energies() -> list[EnergieImport]:
    autres = {
        "Gazole": Carburant.DIESEL,
        "GPL": Carburant.GAZ,
        "GNV": Carburant.GAZ,
        "Électrique": Carburant.ELECTRIQUE,
    }
    toutes = {libelle: Carburant(libelle) for libelle in _ENERGIES.values()} | autres
    return [EnergieImport(libelle=libelle, carburant=carburant) for libelle, carburant in toutes.items()]


class ImportCentres(BaseModel):
    """Labels are compared without accents or case. Of several categories of one type, the first with a price gives it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    categories: Annotated[list[CategorieImport], Field(max_length=50)] = Field(default_factory=_categories)
    energies: Annotated[list[EnergieImport], Field(max_length=50)] = Field(default_factory=_energies)

    def build_correspondances(
        self, ids_categories: dict[str, str] | None = None, ids_energies: dict[str, str] | None = None
    ) -> Correspondances:
        """The mapping as the rules read it; the labels of numbers come from the file's own table where there is one."""
        return Correspondances(
            categories={fold_label(c.libelle): c.vehicule_type for c in self.categories},
            energies={fold_label(e.libelle): e.carburant for e in self.energies},
            ids_categories=ids_categories or _CATEGORIES,
            ids_energies=ids_energies or _ENERGIES,
        )
