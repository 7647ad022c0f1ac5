"""What an import did not take, and why, as a person can act on it."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Final

from guichet.reseau.metier.importation.lecture import Ligne

ENTETE: Final = ("fichier", "ligne", "colonne", "valeur", "effet", "raison")
LIGNE_REJETEE: Final = "ligne rejetée"
VALEUR_IGNOREE: Final = "valeur ignorée"
VALEUR_MAX: Final = 200


@dataclass(frozen=True, slots=True)
class Rejet:
    """One line of the report. `effet` says whether the whole line or only this value was left out."""

    fichier: str
    ligne: int
    colonne: str
    valeur: str
    effet: str
    raison: str

    def cells(self) -> tuple[str, ...]:
        """Cells of the report, in the order of `ENTETE`; a text that a spreadsheet would take for a formula is quoted."""
        valeur = f"'{self.valeur}" if self.valeur[:1] in {"=", "+", "-", "@", "\t", "\r"} else self.valeur
        return self.fichier, str(self.ligne), self.colonne, valeur, self.effet, self.raison


@dataclass(slots=True)
class Rejets:
    """The report being written, in the order of reading."""

    lignes: list[Rejet] = field(default_factory=list)

    def reject(self, ligne: Ligne, colonne: str, raison: str) -> None:
        """Leave the whole line out."""
        self._add(ligne, colonne, LIGNE_REJETEE, raison)

    def ignore(self, ligne: Ligne, colonne: str, raison: str) -> None:
        """Leave one value out; the rest of the line is taken."""
        self._add(ligne, colonne, VALEUR_IGNOREE, raison)

    def _add(self, ligne: Ligne, colonne: str, effet: str, raison: str) -> None:
        valeur = ligne.cell(colonne)[:VALEUR_MAX]
        self.lignes.append(Rejet(ligne.table.nom, ligne.numero, ligne.titre(colonne), valeur, effet, raison))

    def count(self) -> Counter[str]:
        """How many lines and values were left out."""
        return Counter(r.effet for r in self.lignes)

    def reasons(self) -> Counter[str]:
        """How many times each reason was given."""
        return Counter(r.raison for r in self.lignes)
