"""What each component is for and what its options mean: written once, shown in the gallery, checked at each call."""

from guichet.ui.composants.atomes import ATOMES
from guichet.ui.composants.description import Composant, ComposantMalAppele, Famille, Option
from guichet.ui.composants.metiers import METIERS
from guichet.ui.composants.molecules import MOLECULES
from guichet.ui.composants.organismes import ORGANISMES

COMPOSANTS: dict[str, Composant] = {c.nom: c for c in (*ATOMES, *MOLECULES, *ORGANISMES, *METIERS)}

__all__ = ["COMPOSANTS", "Composant", "ComposantMalAppele", "Famille", "Option", "verifie"]


def verifie(composant: str, **valeurs: str) -> str:
    """Called first by a macro with its options that are a choice. Raises `ComposantMalAppele` for an unknown value.

    Answers an empty string, so that it can stand in a template.
    """
    connues = COMPOSANTS[composant].choix
    for option, valeur in valeurs.items():
        if valeur not in connues[option]:
            raise ComposantMalAppele(composant, option, valeur, connues[option])
    return ""
