"""Reading the official file of French inspection centres: formats, values, rules. Values in, values out.

Two shapes are known: a pair of CSV files (centres, tariffs) with the labels of categories in JSON, and the single CSV
published on the open data portal, one line per centre, category and energy.
"""

from guichet.reseau.metier.importation.centres import CentreImporte, Commune, Communes, LecteurCentres
from guichet.reseau.metier.importation.lecture import (
    FichierIllisible,
    Format,
    Ligne,
    Table,
    detect_encoding,
    detect_format,
    read_table,
)
from guichet.reseau.metier.importation.rejets import ENTETE, Rejet, Rejets
from guichet.reseau.metier.importation.tarifs import Correspondances, LecteurTarifs, fold_label
from guichet.reseau.metier.importation.unique import read_unique

__all__ = [
    "ENTETE",
    "CentreImporte",
    "Commune",
    "Communes",
    "Correspondances",
    "FichierIllisible",
    "Format",
    "LecteurCentres",
    "LecteurTarifs",
    "Ligne",
    "Rejet",
    "Rejets",
    "Table",
    "detect_encoding",
    "detect_format",
    "fold_label",
    "read_table",
    "read_unique",
]
