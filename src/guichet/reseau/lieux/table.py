"""The table of places, as columns in order of decreasing population: the number of a place is its rank."""

import json
from array import array
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Any

from guichet.reseau.lieux.cles import compute_cle

FICHIER = Path(__file__).parents[1] / "donnees" / "lieux.json"
_FIN = "\uffff"
# Grid cells of a quarter of a degree: 28 km by 19 in France.
_PAS_GRILLE = 0.25


class TypeLieu(StrEnum):
    """What a place is; a former commune has the position of its own place name and no population of its own."""

    COMMUNE = "commune"
    ARRONDISSEMENT = "arrondissement"
    ANCIENNE = "ancienne_commune"


_TYPES = (TypeLieu.COMMUNE, TypeLieu.ARRONDISSEMENT, TypeLieu.ANCIENNE)


@dataclass(frozen=True, slots=True)
class Lieu:
    """A place a person can search around.

    `code_postal` is the one that was searched, else the first; `departement` is a code (`69`, `2A`, `974`); positions
    in degrees (WGS 84); `approximatif` when the position is a mean of places nearby.
    """

    nom: str
    code_insee: str
    code_postal: str
    codes_postaux: tuple[str, ...]
    departement: str
    nom_departement: str
    region: str
    lat: float
    lon: float
    population: int
    approximatif: bool
    type: TypeLieu

    @property
    def libelle(self) -> str:
        """Give a text that finds exactly this place again: "Bron (69500)", "Lyon (69)"."""
        return f"{self.nom} ({self.code_postal if len(self.codes_postaux) == 1 else self.departement})"


@dataclass(frozen=True, slots=True)
class Departement:
    """A department or overseas collectivity; `chef_lieu` is an INSEE code."""

    code: str
    nom: str
    region: str
    chef_lieu: str


class Table:
    """The columns and what is needed to search them."""

    def __init__(self, brut: dict[str, Any]) -> None:
        self.noms: list[str] = brut["noms"]
        self.codes: list[str] = brut["codes"]
        self.codes_postaux: list[str] = brut["codes_postaux"]
        self.num_departements = array("H", brut["departements"])
        self.populations = array("i", brut["populations"])
        self.lat = array("i", brut["lat"])
        self.lon = array("i", brut["lon"])
        self.types: str = brut["types"]
        self.approches: str = brut["approches"]
        self.cles: list[str] = brut["cles"]
        self.rangs = array("i", brut["rangs"])
        # Names from each of their later words on, sorted; `suite_rangs` says whose they are.
        cles = self.cles
        self.suites = [cles[i][debut:] for i, debut in zip(brut["suites"], brut["debuts"], strict=True)]
        self.suite_rangs = array("i", (self.rangs[i] for i in brut["suites"]))
        self.departements = [Departement(*ligne) for ligne in brut["liste_departements"]]
        self.par_code_departement = {d.code: n for n, d in enumerate(self.departements)}
        self.par_nom_departement = {nom: n for n, d in enumerate(self.departements) for nom in _spellings(d.nom)}
        par_code_postal: defaultdict[str, list[int]] = defaultdict(list)
        par_departement: defaultdict[int, list[int]] = defaultdict(list)
        for rang, codes in enumerate(self.codes_postaux):
            par_departement[self.num_departements[rang]].append(rang)
            for code in codes.split("|"):
                par_code_postal[code].append(rang)
        self.par_code_postal: dict[str, list[int]] = dict(par_code_postal)
        self.par_departement: dict[int, list[int]] = dict(par_departement)
        self.liste_codes_postaux = sorted(c for c in self.par_code_postal if c)
        self._grille: dict[tuple[int, int], list[int]] | None = None

    def lieu(self, rang: int, code_postal: str | None = None) -> Lieu:
        """Make the view of a place."""
        departement = self.departements[self.num_departements[rang]]
        codes = tuple(self.codes_postaux[rang].split("|"))
        return Lieu(
            nom=self.noms[rang],
            code_insee=self.codes[rang],
            code_postal=code_postal if code_postal in codes else codes[0],
            codes_postaux=codes,
            departement=departement.code,
            nom_departement=departement.nom,
            region=departement.region,
            lat=self.lat[rang] / 1e4,
            lon=self.lon[rang] / 1e4,
            population=self.populations[rang],
            approximatif=self.approches[rang] == "1",
            type=_TYPES[int(self.types[rang])],
        )

    def named(self, cle: str) -> list[int]:
        """Ranks of the places of exactly this name."""
        return list(self.rangs[slice(bisect_left(self.cles, cle), bisect_left(self.cles, f"{cle}\0"))])

    def starting(self, cle: str) -> Sequence[int]:
        """Ranks of the places whose name starts so, in no useful order."""
        return self.rangs[slice(bisect_left(self.cles, cle), bisect_left(self.cles, cle + _FIN))]

    def containing(self, cle: str) -> Sequence[int]:
        """Ranks of the places one of whose later words starts so."""
        return self.suite_rangs[slice(bisect_left(self.suites, cle), bisect_left(self.suites, cle + _FIN))]

    def near(self, lat: float, lon: float) -> list[int]:
        """Ranks of the places in the cells around a point, wider and wider until there is one."""
        if self._grille is None:
            grille: defaultdict[tuple[int, int], list[int]] = defaultdict(list)
            for rang, (y, x) in enumerate(zip(self.lat, self.lon, strict=True)):
                grille[cell(y / 1e4, x / 1e4)].append(rang)
            self._grille = dict(grille)
        i, j = cell(lat, lon)
        for rayon in (1, 4, 16):
            voisins = [
                rang
                for di in range(-rayon, rayon + 1)
                for dj in range(-rayon, rayon + 1)
                for rang in self._grille.get((i + di, j + dj), ())
            ]
            if voisins:
                return voisins
        return []


def _spellings(nom: str) -> set[str]:
    """Keys of a department's name, with and without its article."""
    cle = compute_cle(nom)
    return {cle, cle.removeprefix("la ")}


def cell(lat: float, lon: float) -> tuple[int, int]:
    """Give the grid cell of a point."""
    return int(lat // _PAS_GRILLE), int(lon // _PAS_GRILLE)


@cache
def load_table() -> Table:
    """Read the table, once per process. Raises FileNotFoundError where set-up has not built it."""
    if not FICHIER.exists():
        raise FileNotFoundError("the table of places is not built: run ./run setup")
    return Table(json.loads(FICHIER.read_bytes()))
