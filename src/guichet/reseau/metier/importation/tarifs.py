"""Prices of the official file: which one a centre's tariff takes."""

import unicodedata
from collections import Counter
from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache
from typing import Final

from guichet.reseau.metier.importation.lecture import Ligne
from guichet.reseau.metier.importation.rejets import Rejets
from guichet.reseau.metier.importation.valeurs import ValeurRefusee, read_date, read_prix, read_siret
from guichet.reseau.metier.tarifs import Tarif
from guichet.reseau.metier.types import Carburant, VehiculeType

_JAMAIS: Final = date(1, 1, 1)


@lru_cache(maxsize=1024)
def fold_label(libelle: str) -> str:
    """A label without accents, case or punctuation, as labels are compared."""
    decompose = unicodedata.normalize("NFKD", libelle.casefold())
    lettres = "".join(c if c.isalnum() else " " for c in decompose if not unicodedata.combining(c))
    return " ".join(lettres.split())


@dataclass(frozen=True, slots=True)
class Correspondances:
    """What the labels of categories and energies mean here; the order of categories decides whose price is taken.

    Labels are folded. `ids_*` give the label of a number where the file has numbers only.
    """

    categories: Mapping[str, VehiculeType]
    energies: Mapping[str, Carburant]
    ids_categories: Mapping[str, str] = field(default_factory=dict)
    ids_energies: Mapping[str, str] = field(default_factory=dict)

    def category(self, libelle: str, numero: str) -> tuple[str, VehiculeType | None]:
        """Label as written (or of the number) and the vehicle type it stands for."""
        texte = libelle or self.ids_categories.get(numero, numero)
        return texte, self.categories.get(fold_label(texte))

    def energy(self, libelle: str, numero: str) -> tuple[str, Carburant | None]:
        """Label as written (or of the number) and the fuel it stands for."""
        texte = libelle or self.ids_energies.get(numero, numero)
        return texte, self.energies.get(fold_label(texte))


@dataclass(frozen=True, slots=True)
class _Prix:
    date: date
    prix: int | None
    contre_visite: int | None


@dataclass(slots=True)
class LecteurTarifs:
    """Prices by SIRET, category and energy; `inconnus` counts what was skipped by unmapped label."""

    correspondances: Correspondances
    aujourdhui: date
    rejets: Rejets
    inconnus: Counter[str] = field(default_factory=Counter)
    lignes: int = 0
    non_publies: int = 0
    _prix: dict[str, dict[tuple[str, Carburant], _Prix]] = field(default_factory=dict)

    def read_all(self, lignes: Iterable[Ligne], centres: Container[str], ecartes: Container[str]) -> None:
        """Read a file of prices. Lines of `ecartes` are passed over: their reason was given with the centre."""
        for ligne in lignes:
            siret = ligne.cell("siret")
            if siret not in centres:
                try:
                    siret = read_siret(siret)
                except ValeurRefusee as erreur:
                    self.rejets.reject(ligne, "siret", str(erreur))
                    continue
                if siret not in centres and siret not in ecartes:
                    self.rejets.reject(ligne, "siret", "aucun centre de ce SIRET dans les fichiers")
            if siret in centres:
                self.take(ligne, siret)

    def take(self, ligne: Ligne, siret: str) -> None:
        """Read the price of a line; the newest plausible one of a category and energy wins, the last of a day."""
        self.lignes += 1
        categorie, vehicule = self.correspondances.category(ligne.cell("categorie"), ligne.cell("categorie_id"))
        energie, carburant = self.correspondances.energy(ligne.cell("energie"), ligne.cell("energie_id"))
        if vehicule is None:
            self.inconnus[f"catégorie « {categorie} »"] += 1
            return
        if carburant is None:
            self.inconnus[f"énergie « {energie} »"] += 1
            return
        try:
            prix = read_prix(ligne.cell("prix"))
        except ValeurRefusee as erreur:
            self.rejets.reject(ligne, "prix", str(erreur))
            return
        self.non_publies += prix is None
        jour = read_date(ligne.cell("date_prix"), self.aujourdhui) or _JAMAIS
        du_centre = self._prix.setdefault(siret, {})
        cle = fold_label(categorie), carburant
        ancien = du_centre.get(cle)
        if ancien is None or jour >= ancien.date:
            du_centre[cle] = _Prix(jour, prix, self._contre_visite(ligne))

    def _contre_visite(self, ligne: Ligne) -> int | None:
        """The highest published price, the lowest where it is the only one."""
        for colonne in ("contre_visite_max", "contre_visite_min"):
            try:
                prix = read_prix(ligne.cell(colonne))
            except ValeurRefusee as erreur:
                self.rejets.ignore(ligne, colonne, str(erreur))
                continue
            if prix is not None:
                return prix
        return None

    def tarifs(self, siret: str) -> list[Tarif]:
        """The tariff of a centre: of each vehicle type and fuel, the price of its first category that publishes one."""
        publies = self._prix.get(siret, {})
        retenus: dict[tuple[VehiculeType, Carburant], Tarif] = {}
        for categorie, vehicule in self.correspondances.categories.items():
            for carburant in Carburant:
                prix = publies.get((categorie, carburant))
                if prix is None or prix.prix is None or (vehicule, carburant) in retenus:
                    continue
                retenus[vehicule, carburant] = Tarif(
                    vehicule_type=vehicule, carburant=carburant, montant=prix.prix, contre_visite=prix.contre_visite
                )
        return list(retenus.values())

    def has_lines(self, siret: str) -> bool:
        """Tell whether a usable line was read for a centre, published or not."""
        return siret in self._prix
