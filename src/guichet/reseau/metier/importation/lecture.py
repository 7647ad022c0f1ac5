"""From bytes to rows: encoding, separator, columns by any of their known names."""

import codecs
import csv
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

SEPARATEURS: Final = (";", ",", "\t", "|")
# A cell longer than this is a missing quotation mark, not a value.
CELLULE_MAX: Final = 20_000


class FichierIllisible(ValueError):
    """The file is not one of the known shapes; the message says in French what is missing."""


class Format(StrEnum):
    """What a file holds."""

    CENTRES = "centres"
    TARIFS = "tarifs"
    UNIQUE = "unique"


# Each column we read, with the names it had in the successive publications, folded.
COLONNES: Final[dict[str, tuple[str, ...]]] = {
    "siret": ("cct_siret", "siret"),
    "denomination": ("cct_denomination", "denomination"),
    "adresse": ("cct_adresse", "adresse"),
    "code_postal": ("cct_code_postal", "code_postal"),
    "commune": ("cct_commune", "commune", "cct_code_commune", "nom_commune"),
    "code_departement": ("code_departement", "cct_code_dept", "cct_departement"),
    "nom_departement": ("nom_departement",),
    "telephone": ("cct_tel", "telephone"),
    "site_web": ("cct_url", "url"),
    "latitude": ("latitude",),
    "longitude": ("longitude",),
    "position": ("coordgeo", "geo_point_2d", "coordonnees"),
    "maj": ("cct_update_date_time",),
    "categorie_id": ("cat_vehicule_id",),
    "categorie": ("cat_vehicule_libelle", "cat_vehicule"),
    "energie_id": ("cat_energie_id",),
    "energie": ("cat_energie_libelle", "cat_energie"),
    "prix": ("prix_visite",),
    "date_prix": ("date_application_visite",),
    "contre_visite_min": ("prix_contre_visite_min", "prix_contre_visite_mini"),
    "contre_visite_max": ("prix_contre_visite_max", "prix_contre_visite_maxi"),
}
_PAR_NOM: Final = {nom: colonne for colonne, noms in COLONNES.items() for nom in noms}


@dataclass(frozen=True, slots=True)
class Table:
    """A readable file: its name, its format, where each known column stands and under what name."""

    nom: str
    format: Format
    rangs: dict[str, int]
    titres: dict[str, str]


@dataclass(frozen=True, slots=True)
class Ligne:
    """A row and the number of the line it starts on; the header is line 1."""

    table: Table
    numero: int
    cellules: list[str]

    def cell(self, colonne: str) -> str:
        """Trimmed value of a column, "" when the file has no such column or the line is short."""
        rang = self.table.rangs.get(colonne, -1)
        return self.cellules[rang].strip() if 0 <= rang < len(self.cellules) else ""

    def titre(self, colonne: str) -> str:
        """Name of a column as the file has it."""
        return self.table.titres.get(colonne, COLONNES[colonne][0])


def detect_encoding(morceaux: Iterable[bytes]) -> str:
    """UTF-8 (with or without mark) when every byte fits, else the Western encoding of spreadsheets."""
    decodeur = codecs.getincrementaldecoder("utf-8")()
    try:
        for morceau in morceaux:
            decodeur.decode(morceau)
        decodeur.decode(b"", final=True)
    except UnicodeDecodeError:
        return "cp1252"
    return "utf-8-sig"


def detect_separator(entete: str) -> str:
    """The separator that cuts the header most often."""
    return max(SEPARATEURS, key=entete.count)


def _fold(titre: str) -> str:
    decompose = unicodedata.normalize("NFKD", titre.strip().strip("\ufeff").lower())
    lettres = "".join(c if c.isalnum() else "_" for c in decompose if not unicodedata.combining(c))
    return "_".join(mot for mot in lettres.split("_") if mot)


def detect_format(nom: str, titres: Sequence[str]) -> Table:
    """Recognise the columns of a header. Raises `FichierIllisible` naming what is missing."""
    rangs: dict[str, int] = {}
    noms: dict[str, str] = {}
    for rang, titre in enumerate(titres):
        colonne = _PAR_NOM.get(_fold(titre))
        if colonne is not None and colonne not in rangs:
            rangs[colonne] = rang
            noms[colonne] = titre.strip()
    if "siret" not in rangs:
        raise FichierIllisible(f"{nom} : aucune colonne cct_siret ; est-ce bien le fichier des centres ou des tarifs ?")
    a_centre = "denomination" in rangs
    a_tarif = "prix" in rangs and ("categorie" in rangs or "categorie_id" in rangs)
    if a_centre and not {"commune", "code_postal"} & rangs.keys():
        raise FichierIllisible(f"{nom} : il manque la commune ou le code postal des centres.")
    if not a_centre and not a_tarif:
        raise FichierIllisible(f"{nom} : ni cct_denomination (centres) ni prix_visite (tarifs) dans l'en-tête.")
    forme = Format.UNIQUE if a_centre and a_tarif else Format.CENTRES if a_centre else Format.TARIFS
    return Table(nom, forme, rangs, noms)


def read_table(nom: str, lignes: Iterator[str]) -> tuple[Table, Iterator[Ligne]]:
    """Read a header, then give the rows.

    Raises `FichierIllisible` when there is no header or it is not one of ours, and while reading what is not CSV.
    """
    entete = next(lignes, "")
    if not entete.strip():
        raise FichierIllisible(f"{nom} : fichier vide.")
    separateur = detect_separator(entete)
    table = detect_format(nom, next(csv.reader([entete], delimiter=separateur)))
    return table, _rows(table, lignes, separateur)


def _rows(table: Table, lignes: Iterator[str], separateur: str) -> Iterator[Ligne]:
    lecteur = csv.reader(lignes, delimiter=separateur)
    debut = 2
    try:
        for cellules in lecteur:
            if any(cellules):
                if max(map(len, cellules)) > CELLULE_MAX:
                    raise FichierIllisible(f"{table.nom} : guillemet non refermé à partir de la ligne {debut}.")
                yield Ligne(table, debut, cellules)
            debut = lecteur.line_num + 2
    except csv.Error as erreur:
        raise FichierIllisible(f"{table.nom} : la ligne {debut} n'est pas du CSV ({erreur}).") from erreur
