"""The report of an import: one line per thing left out, for a spreadsheet."""

import csv
from pathlib import Path

from guichet.reseau.metier.importation import ENTETE, Rejets


def write_rapport(chemin: Path, rejets: Rejets) -> None:
    """Write the report as CSV a French spreadsheet opens as it is (semicolons, UTF-8 with a mark)."""
    with chemin.open("w", encoding="utf-8-sig", newline="") as fichier:
        ecrivain = csv.writer(fichier, delimiter=";")
        ecrivain.writerow(ENTETE)
        ecrivain.writerows(rejet.cells() for rejet in rejets.lignes)
