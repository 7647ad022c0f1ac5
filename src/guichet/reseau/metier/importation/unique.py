"""The single file of the open data portal: the centre is repeated on the line of each of its prices."""

from collections.abc import Iterable

from guichet.reseau.metier.importation.centres import SIRETS_DE_TEST, LecteurCentres
from guichet.reseau.metier.importation.lecture import Ligne
from guichet.reseau.metier.importation.rejets import Rejet
from guichet.reseau.metier.importation.tarifs import LecteurTarifs


def read_unique(lignes: Iterable[Ligne], centres: LecteurCentres, tarifs: LecteurTarifs) -> None:
    """Read centres and prices together.

    The first valid line of a SIRET describes its centre; the reasons of the lines before it count only when no line is
    valid, and then those of the first.
    """
    motifs: dict[str, list[Rejet]] = {}
    for ligne in lignes:
        siret = centres.siret(ligne)
        if siret is None:
            continue
        if siret not in centres.centres and not (siret in SIRETS_DE_TEST and siret in centres.ecartes):
            avant = len(centres.rejets.lignes)
            centres.take(ligne, siret)
            if siret in centres.ecartes:
                motifs.setdefault(siret, centres.rejets.lignes[avant:])
                del centres.rejets.lignes[avant:]
        tarifs.take(ligne, siret)
    for siret, lignes_rejetees in motifs.items():
        if siret in centres.ecartes:
            centres.rejets.lignes.extend(lignes_rejetees)
