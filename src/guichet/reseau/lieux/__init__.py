"""French places: communes, arrondissements of the three big cities, former communes; names, postal codes, positions.

Everything is in memory, read once from the table built at set-up (`docs/donnees.md` says from what).
"""

from guichet.reseau.lieux.recherche import ResultatLieu, find_commune, find_lieu, nearest, search_lieux
from guichet.reseau.lieux.table import Lieu, TypeLieu, load_table

__all__ = ["Lieu", "ResultatLieu", "TypeLieu", "find_commune", "find_lieu", "load_table", "nearest", "search_lieux"]
