"""The gallery's data: the examples of each component, cut from their template, and its options read from its macro."""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import Any

from jinja2 import nodes
from markupsafe import Markup

from guichet.socle.acces import Appelant
from guichet.socle.horloge import now
from guichet.socle.i18n import _
from guichet.ui.calendrier import PARIS
from guichet.ui.composants import COMPOSANTS, Composant, Famille
from guichet.ui.gabarits import get_environment
from guichet.ui.saisie import Saisie
from guichet.ui.vues import LienNav

_TITRE = re.compile(r"^\{# == (.+?) == #\}\n", re.MULTILINE)


@dataclass(frozen=True, kw_only=True)
class Exemple:
    """A variant or a state: its title, the markup that calls it, what it gives."""

    titre: str
    source: str
    rendu: Markup


@dataclass(frozen=True, kw_only=True)
class LigneOption:
    """A row of the table of options."""

    nom: str
    defaut: str
    valeurs: tuple[str, ...]
    dit: str


@dataclass(frozen=True, kw_only=True)
class Fiche:
    """A component as the gallery shows it."""

    nom: str
    dit: str
    importe: str
    options: tuple[LigneOption, ...]
    exemples: tuple[Exemple, ...]


@lru_cache
def read_examples(nom: str) -> tuple[str, tuple[tuple[str, str], ...]]:
    """The imports at the top of a component's examples, then the (title, source) of each."""
    environment = get_environment()
    assert environment.loader is not None
    source, _fichier, _frais = environment.loader.get_source(environment, f"ui/galerie/{nom}.html")
    tete, *reste = _TITRE.split(source)
    return tete, tuple((titre, corps.strip("\n")) for titre, corps in zip(reste[::2], reste[1::2], strict=True))


@lru_cache
def read_constants(nom: str) -> dict[str, Any]:
    """The arguments of a component's macro, in order, with their default; those without one are None."""
    composant = COMPOSANTS[nom]
    environment = get_environment()
    assert environment.loader is not None
    source, _fichier, _frais = environment.loader.get_source(environment, composant.gabarit)
    macro = next(m for m in environment.parse(source).find_all(nodes.Macro) if m.name == nom)
    sans = len(macro.args) - len(macro.defaults)
    defauts = [None] * sans + [d.as_const() for d in macro.defaults]
    return {a.name: d for a, d in zip(macro.args, defauts, strict=True)}


@lru_cache
def read_options(nom: str) -> tuple[tuple[str, str], ...]:
    """The same, the defaults as a template writes them (`–` for what must be given)."""
    return tuple((option, _as_source(defaut)) for option, defaut in read_constants(nom).items())


def _as_source(valeur: object) -> str:
    if isinstance(valeur, bool):
        return "true" if valeur else "false"
    return "–" if valeur is None else repr(valeur)


def describe_component(composant: Composant) -> Fiche:
    """A component with its options and its examples rendered for the request in progress."""
    tete, exemples = read_examples(composant.nom)
    arguments = list(read_options(composant.nom))
    if "caller" in composant.options:
        arguments.append(("caller", "–"))
    contexte = sample_data()
    options = []
    for nom, defaut in arguments:
        option = composant.get_option(nom)
        options.append(LigneOption(nom=nom, defaut=defaut, valeurs=option.valeurs, dit=str(option.dit)))
    return Fiche(
        nom=composant.nom,
        dit=str(composant.dit),
        importe=f'{{% from "{composant.gabarit}" import {composant.nom} %}}',
        options=tuple(options),
        exemples=tuple(
            Exemple(titre=titre, source=source, rendu=Markup(_compile(tete + source).render(contexte)))  # noqa: S704
            for titre, source in exemples
        ),
    )


@lru_cache(maxsize=512)
def _compile(source: str) -> Any:
    return get_environment().from_string(source)


def components_of(famille: Famille) -> list[Composant]:
    """The components of a page of the gallery, in the order they are described."""
    return [c for c in COMPOSANTS.values() if c.famille is famille]


def sample_appelant() -> Appelant:
    """The person whose screen is previewed."""
    return Appelant(nom="Odile Marescot", role="ADMIN_TENANT")


def sample_navigation(portail: str) -> list[LienNav]:
    """Links for the previews of layouts."""
    if portail == "public":
        return [
            LienNav(libelle=_("Prendre rendez-vous"), url="#contenu", icone="calendar-plus", court="", ici=True),
            LienNav(libelle=_("Mes rendez-vous"), url="#rdv", icone="calendar", court=_("Mes rendez-vous"), ici=False),
        ]
    if portail == "pied":
        return [LienNav(libelle=_("Accessibilité"), url="#accessibilite", icone="info", court="", ici=False)]
    if portail == "compte":
        return [LienNav(libelle=_("Mon compte"), url="#compte", icone="user", court="", ici=False)]
    return [
        LienNav(libelle=_("Tableau de bord"), url="#contenu", icone="chart-column", court=_("Accueil"), ici=True),
        LienNav(libelle=_("Planning global"), url="#planning", icone="calendar", court=_("Planning"), ici=False),
        LienNav(libelle=_("Agences"), url="#agences", icone="building-2", court=_("Agences"), ici=False),
        LienNav(libelle=_("Courrier"), url="#courrier", icone="inbox", court=_("Courrier"), ici=False, compte=31),
        LienNav(libelle=_("Centres"), url="#centres", icone="map-pin", court="", ici=False),
        LienNav(libelle=_("Utilisateurs"), url="#utilisateurs", icone="users", court="", ici=False),
        LienNav(libelle=_("Réglages"), url="#reglages", icone="settings", court="", ici=False),
    ]


def sample_data() -> dict[str, Any]:
    """What examples speak about: fixed days and persons, so that two visits show the same page."""
    return {
        "jour": date(2026, 11, 24),
        "debut": datetime(2026, 11, 24, 14, 30, tzinfo=PARIS),
        "matin": datetime(2026, 11, 24, 8, 45, tzinfo=PARIS),
        "tantot": now() - timedelta(minutes=24),
        "fin": now() + timedelta(seconds=760),
        "presque": now() + timedelta(seconds=48),
        "hier": datetime(2026, 11, 20, 9, 44, tzinfo=UTC),
        "refus": Saisie(
            valeurs={"immatriculation": "FV-482-KO", "courriel": ""},
            erreurs={
                "immatriculation": "L'immatriculation contient une lettre qui n'existe pas sur les plaques.",
                "courriel": "L'adresse e-mail est vide.",
            },
            identifies={"immatriculation": "demo-immatriculation", "courriel": "demo-courriel"},
        ),
        "agences": [
            {"id": 1, "nom": "Rhône et Isère", "centres": 18, "rdv": "2 914", "note": "4,6"},
            {"id": 2, "nom": "Paris Est", "centres": 14, "rdv": "2 483", "note": "4,2"},
            {"id": 3, "nom": "Gironde et Landes", "centres": 13, "rdv": "2 120", "note": "4,7"},
        ],
        "mois": [
            ("décembre 2025", "déc.", 1435),
            ("janvier 2026", "janv.", 1283),
            ("février 2026", "févr.", 1533),
            ("mars 2026", "mars", 1718),
            ("avril 2026", "avr.", 1620),
            ("mai 2026", "mai", 1652),
            ("juin 2026", "juin", 1750),
            ("juillet 2026", "juil.", 1500),
            ("août 2026", "août", 1044),
            ("septembre 2026", "sept.", 1783),
            ("octobre 2026", "oct.", 1870),
            ("novembre 2026", "nov.", 1316),
        ],
        "an_dernier": [1315, 1261, 1413, 1598, 1544, 1511, 1631, 1424, 1000, 1620, 1718, 1685],
        "reponses": [
            (f"{h} h", v) for h, v in zip(range(8, 20), (31, 34, 42, 38, 35, 33, 29, 36, 44, 52, 47, 38), strict=True)
        ],
        "services": [
            {"etat": "lent" if n == 12 else "panne" if n == 31 else "ok", "texte": f"Jour {n + 1}"} for n in range(45)
        ],
        "places": {
            f"2026-11-{n:02}": {"href": f"#2026-11-{n:02}", "niveau": niveau, "texte": texte}
            for n, niveau, texte in (
                (20, "presque", "presque complet"),
                (21, "libre", "beaucoup de places"),
                (23, "libre", "beaucoup de places"),
                (24, "moyen", "quelques places"),
                (25, "complet", "complet"),
                (26, "libre", "beaucoup de places"),
                (27, "moyen", "quelques places"),
            )
        },
    }
