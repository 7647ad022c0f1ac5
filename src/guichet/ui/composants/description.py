"""The words to describe a component."""

from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from typing import Any

from guichet.socle.i18n import lazy


class Famille(StrEnum):
    """The pages of the gallery, from the smallest pieces to the largest."""

    ATOMES = "atomes"
    MOLECULES = "molecules"
    ORGANISMES = "organismes"
    METIERS = "metiers"


class ComposantMalAppele(ValueError):
    """A template asked a component for something it does not have."""

    def __init__(self, composant: str, option: str, valeur: object, connues: tuple[str, ...]) -> None:
        self.option = option
        known = ", ".join(repr(v) for v in connues)
        super().__init__(f"component {composant!r}: option {option!r} is {valeur!r}, expected one of {known}")


@dataclass(frozen=True, kw_only=True)
class Option:
    """An option: what it does, and its possible values when it is a choice."""

    dit: str
    valeurs: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Composant:
    """A component: its macro, the file that holds it, what it is for, its own options (the common ones are below)."""

    nom: str
    famille: Famille
    dit: str
    options: dict[str, Option] = field(default_factory=dict)
    fichier: str = ""

    @property
    def gabarit(self) -> str:
        """Template that holds the macro."""
        return f"ui/c/{self.fichier or self.nom}.html"

    @cached_property
    def choix(self) -> dict[str, tuple[str, ...]]:
        """The options that are a choice, with their values."""
        return {nom: option.valeurs for nom, option in self.options.items() if option.valeurs}

    def get_option(self, nom: str) -> Option:
        """An option by name, the common ones included. KeyError for one nobody described."""
        return self.options.get(nom) or COMMUNES[nom]


def describe(nom: str, famille: Famille, dit: str, /, *, fichier: str = "", **options: Any) -> Composant:
    """A component; an option is a sentence, or a tuple (sentence, values)."""
    return Composant(
        nom=nom,
        famille=famille,
        dit=dit,
        fichier=fichier,
        options={
            cle: Option(dit=o[0], valeurs=tuple(o[1])) if isinstance(o, tuple) else Option(dit=o)
            for cle, o in options.items()
        },
    )


TONS = ("", "ok", "attention", "ko", "info", "marque")

COMMUNES: dict[str, Option] = {
    "id": Option(dit=lazy("Identifiant dans la page ; par défaut, tiré du nom.")),
    "classe": Option(dit=lazy("Classes en plus, pour la place dans la page.")),
    "testid": Option(dit=lazy("Valeur de data-testid, pour les essais.")),
    "attrs": Option(dit=lazy("Attributs en plus ; ceux de htmx reçoivent leur jeton tout seuls.")),
    "icone": Option(dit=lazy("Nom Lucide d'une icône de la maison.")),
    "titre": Option(dit=lazy("Le titre, en peu de mots.")),
    "texte": Option(dit=lazy("Ce qui est écrit.")),
    "libelle": Option(dit=lazy("Ce que c'est, dit aussi aux lecteurs d'écran.")),
    "href": Option(dit=lazy("Adresse : le composant devient un lien.")),
    "nom": Option(dit=lazy("Nom du champ dans le formulaire.")),
    "valeur": Option(dit=lazy("Valeur de départ.")),
    "aide": Option(dit=lazy("Une phrase avant le champ : ce qu'on attend, où le trouver.")),
    "erreur": Option(dit=lazy("Ce qui ne va pas et comment le corriger.")),
    "requis": Option(dit=lazy("Non : « (facultatif) » est écrit après le nom.")),
    "saisie": Option(dit=lazy("Ce qui a été tapé et ses erreurs : le champ s'y retrouve par son nom.")),
    "niveau": Option(dit=lazy("Niveau du titre, de 1 à 6, selon la page.")),
    "action": Option(dit=lazy("Adresse du formulaire.")),
    "pied": Option(dit=lazy("Les actions, déjà rendues.")),
    "legende": Option(dit=lazy("Nom du tableau, dit aux lecteurs d'écran.")),
    "caller": Option(dit=lazy("Le contenu, entre {% call %} et {% endcall %}.")),
    "cible": Option(dit=lazy("Identifiant de la partie à remplacer sans recharger la page.")),
    "serie": Option(dit=lazy("Nom de la série.")),
    "abscisse": Option(dit=lazy("Ce que disent les noms sous l'axe.")),
    "unite": Option(dit=lazy("Unité des valeurs.")),
    "hauteur": Option(dit=lazy("Hauteur du dessin, en unités du repère.")),
}
