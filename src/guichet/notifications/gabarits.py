"""A tenant's words: what they may contain, how they are filled.

They are templates of a tiny language: the data of the template (`{{ d.heure }}`), the tenant (`{{ marque.nom }}`),
conditions, loops over lists of the data, a few filters. Everything else is refused when it is written; what is left is
rendered in the sandbox.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from types import NoneType, UnionType
from typing import Any, Final, Union, get_args, get_origin, get_type_hints

from jinja2 import StrictUndefined, TemplateError, TemplateSyntaxError, nodes
from jinja2.sandbox import ImmutableSandboxedEnvironment

from guichet.notifications.metier import Canal, weigh
from guichet.notifications.modeles import Donnees, Marque, Modele, render
from guichet.notifications.mots import Mots
from guichet.socle.errors import Invalid
from guichet.socle.i18n import _

MAISON: Final = Marque(nom="Guichet", url="https://guichet.example", telephone="04 65 71 00 42")
OBJET_MAX: Final = 200
TEXTE_MAX: Final = 10_000
SEGMENTS_MAX: Final = 4
MARQUE: Final = frozenset({"nom", "telephone", "url", "reponse_a"})
FILTRES: Final = frozenset(
    {"date", "heure", "montant", "upper", "lower", "capitalize", "trim", "default", "join", "length"}
)
ESSAIS: Final = frozenset({"defined", "none"})
SIMPLES: Final = (str, int, float, bool, datetime, date, NoneType)
_PERMIS: Final = (
    nodes.Template,
    nodes.Output,
    nodes.TemplateData,
    nodes.Const,
    nodes.Name,
    nodes.Getattr,
    nodes.If,
    nodes.For,
    nodes.Tuple,
    nodes.CondExpr,
    nodes.Compare,
    nodes.Operand,
    nodes.And,
    nodes.Or,
    nodes.Not,
    nodes.Concat,
    nodes.Filter,
    nodes.Test,
)


@dataclass(frozen=True, kw_only=True)
class Variable:
    """Something a tenant's words may say: `d.heure`, and what it gives in the example."""

    nom: str
    exemple: str
    est_liste: bool


def list_variables(modele: Modele) -> list[Variable]:
    """What the words of a template may say, in the reader's language."""
    exemple = modele.exemple
    variables = []
    for nom, annotation in _fields_of(modele.donnees).items():
        valeur = getattr(exemple, nom) if exemple is not None else ""
        est_liste = not _is_simple(annotation)
        dit = "" if est_liste or valeur is None else str(valeur)
        variables.append(Variable(nom=f"d.{nom}", exemple=dit, est_liste=est_liste))
    return variables


def check_words(modele: Modele, canal: Canal, *, objet: str | None, texte: str) -> None:
    """Raises Invalid `MODELE_INVALIDE` with the field, the line and what to do about it."""
    champs: dict[str, str] = {}
    if canal is Canal.SMS and objet is not None:
        champs["objet"] = _("Un SMS n'a pas d'objet : laissez ce champ vide.")
    elif canal is not Canal.SMS and not (objet or "").strip():
        champs["objet"] = _("Écrivez l'objet du message.")
    for champ, contenu, limite in (("objet", objet, OBJET_MAX), ("texte", texte, TEXTE_MAX)):
        if contenu is None or champ in champs:
            continue
        plainte = _complaint(modele, contenu, limite)
        if plainte:
            champs[champ] = plainte
    if not champs and modele.exemple is not None:
        champs = _try(modele, canal, objet, texte)
    if champs:
        raise Invalid(_("Ce modèle est à corriger."), code="MODELE_INVALIDE", champs=champs)


def _try(modele: Modele, canal: Canal, objet: str | None, texte: str) -> dict[str, str]:
    """Fill the words with the example: what fails here would fail in front of a customer."""
    assert modele.exemple is not None
    mots = Mots(objet=objet, texte=texte)
    try:
        seul = render(modele, modele.exemple, MAISON, locale="fr", canal=Canal.SMS, mots=mots).texte
        rendu = render(
            modele,
            modele.exemple,
            MAISON,
            locale="fr",
            canal=canal,
            mots=mots,
        )
    except (TemplateError, TypeError, ValueError, ArithmeticError, AttributeError):
        return {"texte": _("Ce texte ne peut pas être rempli avec les données du modèle : vérifiez les variables.")}
    if not seul:
        return {"texte": _("Le message serait vide.")}
    if canal is Canal.SMS and (segments := weigh(rendu.texte).segments) > SEGMENTS_MAX:
        return {"texte": _("Ce SMS compte {n} parties : restez sous {max}.", n=segments, max=SEGMENTS_MAX + 1)}
    return {}


def _complaint(modele: Modele, contenu: str, limite: int) -> str | None:
    if not contenu.strip():
        return _("Écrivez quelque chose.")
    if len(contenu) > limite:
        return _("C'est trop long : {n} caractères au plus.", n=limite)
    if any(not c.isprintable() and c not in "\n\t\r" for c in contenu):
        return _("Ce texte contient un caractère interdit.")
    try:
        arbre = _reader().parse(contenu)
    except TemplateSyntaxError as error:
        return _("Ligne {n} : une accolade ou une condition n'est pas refermée comme il faut.", n=error.lineno)
    return next(_complaints(modele, arbre), None)


def _complaints(modele: Modele, arbre: nodes.Template) -> Iterator[str]:
    locaux = {nom.name for nom in arbre.find_all(nodes.Name) if nom.ctx == "store"}
    connus = _fields_of(modele.donnees)
    for noeud in _walk(arbre):
        ligne = noeud.lineno
        if not isinstance(noeud, _PERMIS):
            yield _("Ligne {n} : cette construction n'est pas permise dans un modèle.", n=ligne)
        elif isinstance(noeud, nodes.Getattr):
            yield from _complaints_of_field(noeud, connus, ligne)
        elif isinstance(noeud, nodes.Name) and noeud.name not in locaux | {"d", "marque", "langue"}:
            yield _(
                "Ligne {n} : « {nom} » n'existe pas. Les variables commencent par « d. » ou « marque. ».",
                n=ligne,
                nom=noeud.name,
            )
        elif isinstance(noeud, nodes.Name) and noeud.ctx == "store" and noeud.name in {"d", "marque", "langue"}:
            yield _("Ligne {n} : donnez un autre nom que « {nom} ».", n=ligne, nom=noeud.name)
        elif isinstance(noeud, nodes.Filter) and noeud.name not in FILTRES:
            yield _(
                "Ligne {n} : le filtre « {nom} » n'existe pas ici. Choisissez parmi : {liste}.",
                n=ligne,
                nom=noeud.name,
                liste=", ".join(sorted(FILTRES)),
            )
        elif isinstance(noeud, nodes.Test) and noeud.name not in ESSAIS:
            yield _("Ligne {n} : cette construction n'est pas permise dans un modèle.", n=ligne)
        elif isinstance(noeud, nodes.For) and not isinstance(noeud.iter, nodes.Getattr):
            yield _("Ligne {n} : une boucle parcourt une liste du modèle, par exemple « d.faits ».", n=ligne)


def _complaints_of_field(noeud: nodes.Getattr, connus: dict[str, Any], ligne: int) -> Iterator[str]:
    porteur = noeud.node.name if isinstance(noeud.node, nodes.Name) else ""
    permis = {"d": frozenset(connus), "marque": MARQUE}.get(porteur)
    if permis is None:
        yield _("Ligne {n} : cette construction n'est pas permise dans un modèle.", n=ligne)
    elif noeud.attr not in permis:
        yield _(
            "Ligne {n} : « {nom} » n'existe pas. Choisissez parmi : {liste}.",
            n=ligne,
            nom=f"{porteur}.{noeud.attr}",
            liste=", ".join(f"{porteur}.{p}" for p in sorted(permis)),
        )


def _walk(noeud: nodes.Node) -> Iterator[nodes.Node]:
    yield noeud
    for enfant in noeud.iter_child_nodes():
        yield from _walk(enfant)


@lru_cache(maxsize=1)
def _reader() -> ImmutableSandboxedEnvironment:
    return ImmutableSandboxedEnvironment(undefined=StrictUndefined)


@lru_cache(maxsize=64)
def _fields_of(donnees: type[Donnees]) -> dict[str, Any]:
    """The fields and properties of a data model that words may say, with their types: values, and lists of them."""
    trouves: dict[str, Any] = {nom: champ.annotation for nom, champ in donnees.model_fields.items()}
    for classe in reversed(donnees.__mro__[: donnees.__mro__.index(Donnees)]):
        for nom, membre in vars(classe).items():
            if isinstance(membre, property) and membre.fget is not None:
                trouves[nom] = get_type_hints(membre.fget).get("return")
    return {
        nom: hint
        for nom, hint in sorted(trouves.items())
        if not nom.startswith("_") and (_is_simple(hint) or _is_list(hint))
    }


def _is_simple(hint: Any) -> bool:
    if get_origin(hint) in (Union, UnionType):
        return all(_is_simple(part) for part in get_args(hint))
    if get_origin(hint) is not None:  # Literal words
        return all(isinstance(part, str) for part in get_args(hint))
    return hint in SIMPLES


def _is_list(hint: Any) -> bool:
    return get_origin(hint) in (list, tuple) and all(
        _is_simple(part) or _is_list(part) for part in get_args(hint) if part is not Ellipsis
    )
