"""Frequent French given names and surnames, and telephone numbers that belong to nobody.

The lists are ours: names frequent among adults, in a plausible order of frequency.
"""

import unicodedata
from dataclasses import dataclass
from itertools import accumulate
from random import Random

_FEMMES = """
Marie Nathalie Isabelle Sylvie Catherine Sandrine Stéphanie Valérie Céline Christine Julie Aurélie Véronique Sophie
Laurence Élodie Virginie Camille Laura Émilie Patricia Delphine Karine Corinne Audrey Caroline Mélanie Laetitia Sarah
Pauline Léa Nicole Mathilde Florence Brigitte Manon Anne Martine Françoise Claire Lucie Charlotte Marion Chloé Hélène
Amandine Emma Jessica Morgane Sabrina Vanessa Angélique Cécile Justine Élise Alice Inès Margaux Anaïs Jeanne Alexandra
Noémie Agnès Clara Fanny Lisa Marine Ophélie Juliette Fatima Nadia Yasmine Agathe Solène Maëlys Coralie
"""
_HOMMES = """
Nicolas Julien Philippe Thomas David Laurent Sébastien Christophe Stéphane Alexandre Frédéric Michel Olivier Pierre
Maxime Éric Antoine Kevin Patrick Vincent Guillaume Pascal Thierry Romain Clément Alain Jérôme Mathieu Benjamin Bruno
Florian Anthony Hugo Quentin Lucas Arnaud Didier Adrien Franck Sylvain Cédric Fabrice Jérémy Gilles Benoît Damien
Mickaël Louis Valentin Simon Théo Marc Paul Jean Bernard Dominique Serge Ludovic Alexis François Fabien Grégory
Emmanuel Arthur Jonathan Mohamed Karim Mehdi Samuel Xavier Baptiste Loïc Gaël Yannick Raphaël Enzo Corentin Tristan
"""
_NOMS = """
Martin Bernard Thomas Petit Robert Richard Durand Dubois Moreau Laurent Simon Michel Lefebvre Leroy Roux David Bertrand
Morel Fournier Girard Bonnet Dupont Lambert Fontaine Rousseau Vincent Muller Lefèvre Faure André Mercier Blanc Guérin
Boyer Garnier Chevalier François Legrand Gauthier Garcia Perrin Robin Clément Morin Nicolas Henry Roussel Mathieu
Gautier Masson Marchand Duval Denis Dumont Marie Lemaire Noël Meyer Dufour Meunier Brun Blanchard Giraud Joly Rivière
Lucas Brunet Gaillard Barbier Arnaud Martinez Gérard Roche Renard Schmitt Roy Leroux Colin Vidal Caron Picard Roger
Fabre Aubert Lemoine Renaud Dumas Lacroix Olivier Philippe Bourgeois Pierre Benoit Rey Leclerc Payet Rolland Leclercq
Guillaume Lecomte Lopez Jean Dupuy Guillot Hubert Berger Carpentier Sanchez Dupuis Moulin Louis Deschamps Huet Vasseur
Perez Boucher Fleury Royer Klein Jacquet Adam Paris Poirier Marty Aubry Guyot Carré Charles Renault Charpentier Ménard
Maillard Baron Bertin Bailly Hervé Schneider Fernandez Le Gall Collet Léger Bouvier Julien Prévost Millet Perrot Daniel
Cousin Germain Breton Besson Langlois Rémy Le Goff Pelletier Lévêque Perrier Leblanc Barré Lebrun Marchal Weber Mallet
Hamon Boulanger Jacob Monnier Michaud Rodriguez Guichard Gillet Étienne Grondin Poulain Tessier Chevallier Collin
Diallo Benali Nguyen Traoré Da Silva Haddad
"""
# Compound surnames are kept whole: the particle and the next word are one name.
_PARTICULES = {"Le", "Da"}


def _split_noms(texte: str) -> list[str]:
    noms: list[str] = []
    particule = ""
    for mot in texte.split():
        if mot in _PARTICULES:
            particule = f"{mot} "
        else:
            noms.append(particule + mot)
            particule = ""
    return noms


PRENOMS_FEMININS: tuple[str, ...] = tuple(_split_noms(_FEMMES))
PRENOMS_MASCULINS: tuple[str, ...] = tuple(_split_noms(_HOMMES))
NOMS: tuple[str, ...] = tuple(dict.fromkeys(_split_noms(_NOMS)))


def _cumulative_weights(n: int) -> list[float]:
    # Frequencies fall slowly with the rank, as in real lists: the first is about four times the hundredth.
    return list(accumulate(1 / (rang + 30) for rang in range(n)))


_POIDS_F = _cumulative_weights(len(PRENOMS_FEMININS))
_POIDS_M = _cumulative_weights(len(PRENOMS_MASCULINS))
_POIDS_N = _cumulative_weights(len(NOMS))
# Ranges the French regulator keeps for works of fiction.
_MOBILES = ("63998",)
_FIXES = ("19900", "26191", "35301", "46571", "53649")


@dataclass(frozen=True)
class Personne:
    """A person of the demonstration."""

    prenom: str
    nom: str
    civilite: str

    @property
    def identifiant(self) -> str:
        """Give the local part of an address: `camille.le-gall`, ASCII only."""
        return f"{_slug(self.prenom)}.{_slug(self.nom)}"


def _slug(texte: str) -> str:
    ascii_seul = unicodedata.normalize("NFKD", texte).encode("ascii", "ignore").decode().lower()
    return ascii_seul.replace(" ", "-")


def draw_personne(rng: Random) -> Personne:
    """Draw a given name and a surname, each by its frequency."""
    femme = rng.random() < 0.5
    prenom = (
        rng.choices(PRENOMS_FEMININS, cum_weights=_POIDS_F)[0]
        if femme
        else rng.choices(PRENOMS_MASCULINS, cum_weights=_POIDS_M)[0]
    )
    nom = rng.choices(NOMS, cum_weights=_POIDS_N)[0]
    return Personne(prenom=prenom, nom=nom, civilite="Mme" if femme else "M.")


def draw_telephone(rng: Random, *, mobile: bool = True) -> str:
    """Draw an E.164 number among those kept for fiction."""
    plage = rng.choice(_MOBILES if mobile else _FIXES)
    return f"+33{plage}{rng.randrange(10_000):04d}"
