"""Opening and reading the files of an import."""

import json
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import IO, Final

from guichet.reseau.lieux import Lieu, find_commune, load_table, nearest, search_lieux
from guichet.reseau.metier.importation import (
    CentreImporte,
    FichierIllisible,
    Format,
    LecteurCentres,
    LecteurTarifs,
    Ligne,
    Rejets,
    Table,
    detect_encoding,
    read_table,
    read_unique,
)
from guichet.reseau.metier.tarifs import Tarif
from guichet.reseau.questions.correspondances import ImportCentres

# Told how far a step is: its label, its total, how many more are done.
Suivi = Callable[[str, int, int], None]
_PAS: Final = 1000
_BLOC: Final = 1 << 20


@dataclass(frozen=True, slots=True)
class Lus:
    """What the files hold: centres by SIRET, the tariff of those that have one, what was left out and why.

    `inconnus` counts prices skipped because a label is not in the settings; `non_publies` prices of zero.
    """

    centres: dict[str, CentreImporte]
    tarifs: dict[str, list[Tarif]]
    rejets: Rejets
    inconnus: Counter[str]
    lignes: int
    non_publies: int


@dataclass(frozen=True, slots=True)
class _Ouvert:
    table: Table
    lignes: Iterator[Ligne]
    total: int


class _Gazetier:
    """Communes as the import asks for them."""

    def named(self, nom: str, departement: str) -> Lieu | None:
        return find_commune(nom, departement)

    def coded(self, code_postal: str, nom: str) -> Lieu | None:
        trouves = (search_lieux(f"{code_postal} {nom}", 1) if nom else []) or search_lieux(code_postal, 1)
        return trouves[0] if trouves and code_postal in trouves[0].codes_postaux else None

    def nearest(self, lat: float, lon: float) -> Lieu | None:
        return nearest(lat, lon)

    def department_name(self, code: str) -> str | None:
        table = load_table()
        numero = table.par_code_departement.get(code)
        return None if numero is None else table.departements[numero].nom


def find_fichiers(chemins: Sequence[Path]) -> list[Path]:
    """The files named, and those of the folders named. Raises `FichierIllisible` for a path that is neither."""
    trouves: list[Path] = []
    for chemin in chemins:
        if chemin.is_dir():
            trouves += sorted(f for f in chemin.iterdir() if f.suffix.lower() in {".csv", ".json"})
        elif chemin.is_file():
            trouves.append(chemin)
        else:
            raise FichierIllisible(f"{chemin} : fichier introuvable.")
    if not any(f.suffix.lower() != ".json" for f in trouves):
        raise FichierIllisible("Aucun fichier CSV à lire.")
    return trouves


def read_fichiers(fichiers: Sequence[Path], reglages: ImportCentres, aujourdhui: date, suivi: Suivi) -> Lus:
    """Read a pair of files or the single one, in any order. Raises `FichierIllisible`."""
    rejets = Rejets()
    ids_categories, ids_energies = _read_libelles([f for f in fichiers if f.suffix.lower() == ".json"])
    centres = LecteurCentres(_Gazetier(), rejets)
    tarifs = LecteurTarifs(reglages.build_correspondances(ids_categories, ids_energies), aujourdhui, rejets)
    lignes = 0
    with ExitStack() as pile:
        ouverts = [_open(f, pile) for f in fichiers if f.suffix.lower() != ".json"]
        # Centres first, whatever the order on the command line: a price needs to know its centre.
        for ouvert in sorted(ouverts, key=lambda o: o.table.format is Format.TARIFS):
            suivies = _follow(ouvert, suivi)
            if ouvert.table.format is Format.CENTRES:
                centres.read_all(suivies)
            elif ouvert.table.format is Format.TARIFS:
                tarifs.read_all(suivies, centres.centres, centres.ecartes)
            else:
                read_unique(suivies, centres, tarifs)
            lignes += ouvert.total
    return Lus(
        centres=centres.centres,
        tarifs={siret: tarifs.tarifs(siret) for siret in centres.centres if tarifs.has_lines(siret)},
        rejets=rejets,
        inconnus=tarifs.inconnus,
        lignes=lignes,
        non_publies=tarifs.non_publies,
    )


def _open(fichier: Path, pile: ExitStack) -> _Ouvert:
    total = 0

    def blocs(binaire: IO[bytes]) -> Iterator[bytes]:
        nonlocal total
        while bloc := binaire.read(_BLOC):
            total += bloc.count(b"\n")
            yield bloc

    with fichier.open("rb") as binaire:
        encodage = detect_encoding(blocs(binaire))
        # A file that is not UTF-8 was left before its end: count the rest of its lines.
        for _bloc in blocs(binaire):
            pass
    texte = pile.enter_context(fichier.open(encoding=encodage, newline="", errors="replace"))
    table, lignes = read_table(fichier.name, texte)
    return _Ouvert(table, lignes, max(0, total - 1))


def _follow(ouvert: _Ouvert, suivi: Suivi) -> Iterator[Ligne]:
    libelle = f"Lecture de {ouvert.table.nom}"
    suivi(libelle, ouvert.total, 0)
    lues = 0
    for lues, ligne in enumerate(ouvert.lignes, 1):
        yield ligne
        if lues % _PAS == 0:
            suivi(libelle, ouvert.total, _PAS)
    suivi(libelle, ouvert.total, lues % _PAS)


def _read_libelles(fichiers: Sequence[Path]) -> tuple[dict[str, str] | None, dict[str, str] | None]:
    """Labels of the numbers of categories and energies, where a JSON file gives them."""
    for fichier in fichiers:
        try:
            contenu = json.loads(fichier.read_bytes())
            return dict(contenu["cat_vehicule"]), dict(contenu["cat_energie"])
        except (ValueError, KeyError, TypeError) as erreur:
            raise FichierIllisible(
                f"{fichier.name} : il faut deux tables, cat_vehicule et cat_energie, de numéros et de libellés."
            ) from erreur
    return None, None
