"""What a person typed in a form and what is wrong with it: the form is drawn again as it was, nothing is lost."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from guichet.socle.errors import GuichetError

SECRETS = frozenset({"mot_de_passe", "password", "code", "jeton"})


@dataclass(frozen=True, kw_only=True)
class Saisie:
    """Typed values by field name, errors by field name, ids of controls that do not bear their field's name."""

    valeurs: Mapping[str, Any] = field(default_factory=dict)
    erreurs: Mapping[str, str] = field(default_factory=dict)
    identifies: Mapping[str, str] = field(default_factory=dict)
    soumise: bool = True

    @classmethod
    def from_form(cls, form: Any, erreur: GuichetError | None = None, **identifies: str) -> "Saisie":
        """From a submitted form (`await request.form()`, or any mapping) and the error it met.

        An error without fields is kept under the empty name: it is shown at the top, without a link. Secrets and
        files are not kept.
        """
        valeurs: dict[str, Any] = {}
        for nom in form:
            if nom in SECRETS:
                continue
            toutes = form.getlist(nom) if hasattr(form, "getlist") else [form[nom]]
            textes = [v for v in toutes if isinstance(v, (str, int, float, bool)) or v is None]
            if textes:
                valeurs[nom] = textes if len(textes) > 1 else textes[0]
        erreurs: dict[str, str] = {}
        if erreur is not None:
            erreurs = dict(erreur.champs) or {"": erreur.message}
        return cls(valeurs=valeurs, erreurs=erreurs, identifies=identifies)

    def valeur(self, nom: str, defaut: Any = "") -> Any:
        """What was typed in a field; `defaut` when it was not sent."""
        typed = self.valeurs.get(nom, defaut)
        return "" if typed is None else typed

    def erreur(self, nom: str) -> str:
        """What is wrong with a field; empty when nothing is."""
        return self.erreurs.get(nom, "")

    def cochee(self, nom: str, defaut: bool = False) -> bool:
        """Was a box ticked? An unticked box is not sent: absent from a submitted form means no."""
        if nom in self.valeurs:
            return self.valeurs[nom] not in ("", "non", "false", "0", None, False)
        return False if self.soumise else defaut

    def contient(self, nom: str, valeur: Any, defaut: Any = "") -> bool:
        """Is `valeur` among what was chosen in a list, radios or boxes?"""
        return is_chosen(valeur, self.valeurs.get(nom, "" if self.soumise and nom in self.valeurs else defaut))


def is_chosen(valeur: Any, choisie: Any) -> bool:
    """Is `valeur` the chosen one, or one of them? Values are compared as they are written in the page."""
    if isinstance(choisie, Iterable) and not isinstance(choisie, str):
        return str(valeur) in {str(c) for c in choisie}
    return choisie is not None and str(valeur) == str(choisie)


@dataclass(frozen=True, kw_only=True)
class Choix:
    """One option of a list, of radios or of boxes."""

    valeur: Any
    texte: str
    aide: str = ""
    icone: str = ""
    testid: str = ""
    desactive: bool = False


def to_choix(options: Any) -> list[Choix]:
    """Options as templates give them: a mapping value -> text, or a list of texts, pairs, mappings or `Choix`."""
    if isinstance(options, Mapping):
        return [Choix(valeur=v, texte=t) for v, t in options.items()]
    return [_to_choix(option) for option in options]


def _to_choix(option: Any) -> Choix:
    if isinstance(option, Choix):
        return option
    if isinstance(option, Mapping):
        return Choix(**option)
    if isinstance(option, str):
        return Choix(valeur=option, texte=option)
    valeur, texte, *reste = option
    return Choix(valeur=valeur, texte=texte, icone=reste[0] if reste else "")
