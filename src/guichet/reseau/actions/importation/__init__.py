"""Importing the official file of inspection centres: read the files, store what is valid, report the rest."""

from guichet.reseau.actions.importation.ecriture import Bilan, store
from guichet.reseau.actions.importation.fichiers import Lus, Suivi, find_fichiers, read_fichiers
from guichet.reseau.actions.importation.rapport import write_rapport

__all__ = ["Bilan", "Lus", "Suivi", "find_fichiers", "read_fichiers", "store", "write_rapport"]
