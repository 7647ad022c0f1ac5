"""Trying a component: the call of its first example drawn again with other options, chosen in a form.

The example is parsed and the options of its call are replaced by constants: what a visitor sends never becomes template.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import jinja2
from jinja2 import nodes
from markupsafe import Markup

from guichet.socle.errors import Invalid
from guichet.socle.i18n import _
from guichet.ui.composants import COMPOSANTS, ComposantMalAppele
from guichet.ui.gabarits import get_environment
from guichet.ui.galerie import read_constants, read_examples, sample_data
from guichet.ui.saisie import Choix

# Words only: addresses, identifiers, classes and structures are not for a visitor to choose.
MOTS = frozenset(
    {
        "texte",
        "titre",
        "libelle",
        "aide",
        "erreur",
        "bon",
        "suffixe",
        "touche",
        "valeur",
        "placeholder",
        "unite",
        "note",
    }
)
LONGUEUR_MAX = 120


@dataclass(frozen=True, kw_only=True)
class Reglage:
    """A control of the form: an option, what it may be, what it is."""

    nom: str
    genre: str
    valeur: Any
    choix: tuple[Choix, ...] = ()


def read_reglages(nom: str, demandes: Mapping[str, str] | None = None) -> list[Reglage]:
    """The options of a component one can try, with the values asked for, else those of its first example."""
    connues = {**read_constants(nom), **_constants_of(_call_of(nom, _parse(nom)))}
    demandes = demandes or {}
    reglages = []
    for option, defaut in connues.items():
        valeurs = COMPOSANTS[nom].get_option(option).valeurs
        demande = demandes.get(option)
        if valeurs:
            choix = tuple(Choix(valeur=v, texte=v or _("(par défaut)")) for v in valeurs)
            reglages.append(
                Reglage(nom=option, genre="select", valeur=defaut if demande is None else demande, choix=choix)
            )
        elif isinstance(defaut, bool):
            reglages.append(Reglage(nom=option, genre="checkbox", valeur=demande == "oui" if demandes else defaut))
        elif isinstance(defaut, str) and option in MOTS:
            reglages.append(
                Reglage(nom=option, genre="text", valeur=defaut if demande is None else demande[:LONGUEUR_MAX])
            )
    return reglages


def try_component(nom: str, reglages: list[Reglage]) -> Markup:
    """The call of the first example, alone, with these options. Raises Invalid for a value the component does not have."""
    arbre = _parse(nom)
    appel = _call_of(nom, arbre)
    remplaces = {r.nom: r.valeur for r in reglages}
    _place(appel, nom, remplaces)
    _isolate(arbre, appel)
    environment = get_environment()
    code = environment.compile(arbre, name=f"essai/{nom}", filename=None)
    gabarit = jinja2.Template.from_code(environment, code, environment.make_globals(None))
    try:
        return Markup(gabarit.render(sample_data()))  # noqa: S704  escaped by the template itself
    except ComposantMalAppele as refus:
        raise Invalid(
            _("Cette valeur n'existe pas."), code="OPTION_INCONNUE", champs={refus.option: str(refus)}
        ) from None


def _parse(nom: str) -> nodes.Template:
    tete, exemples = read_examples(nom)
    return get_environment().parse(tete + exemples[0][1])


def _call_of(nom: str, arbre: nodes.Template) -> nodes.Call:
    return next(c for c in arbre.find_all(nodes.Call) if isinstance(c.node, nodes.Name) and c.node.name == nom)


def _isolate(arbre: nodes.Template, appel: nodes.Call) -> None:
    entouree = next((b for b in arbre.find_all(nodes.CallBlock) if b.call is appel), None)
    seule = entouree or nodes.Output([appel], lineno=1, environment=arbre.environment)
    arbre.body = [*arbre.find_all(nodes.FromImport), seule]


def _constants_of(appel: nodes.Call) -> dict[str, Any]:
    positions = list(read_constants(appel.node.name)) if isinstance(appel.node, nodes.Name) else []
    donnees = dict(zip(positions, appel.args, strict=False)) | {k.key: k.value for k in appel.kwargs}
    return {nom: valeur.value for nom, valeur in donnees.items() if isinstance(valeur, nodes.Const)}


def _place(appel: nodes.Call, nom: str, valeurs: dict[str, Any]) -> None:
    arguments = list(read_constants(nom))
    for rang, argument in enumerate(arguments[: len(appel.args)]):
        if argument in valeurs:
            appel.args[rang] = nodes.Const(valeurs.pop(argument))
    appel.kwargs = [k for k in appel.kwargs if k.key not in valeurs]
    appel.kwargs += [nodes.Keyword(k, nodes.Const(v)) for k, v in valeurs.items()]
