"""What people type, checked: a normalised value, or a French sentence on the field that is wrong.

A form is checked as a whole: everything that is wrong is said at once. The code is that of the one error, or
`CHAMPS_INVALIDES` when there are several.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final, TypeVar

from guichet.annuaire.metier import coordonnees, immatriculation, vehicule
from guichet.annuaire.metier.immatriculation import Immatriculation
from guichet.annuaire.metier.saisie import Motif, SaisieInvalide
from guichet.annuaire.metier.vues import ClientSaisi, ClientType, VehiculeSaisi
from guichet.reseau.facade import Carburant, VehiculeType
from guichet.socle.errors import Invalid
from guichet.socle.i18n import _, lazy

T = TypeVar("T")
LONGUEUR_MARQUE: Final = 60

_PLAQUE: Final = {
    Motif.VIDE: lazy("Indiquez l'immatriculation, par exemple AB-123-CD."),
    Motif.TROP_LONG: lazy("C'est trop long pour une immatriculation. Exemples : AB-123-CD ou 1234 AB 75."),
    Motif.FORME: lazy("Cette immatriculation n'est pas reconnue. Exemples : AB-123-CD ou 1234 AB 75."),
    Motif.LETTRE_INTERDITE: lazy(
        "Les plaques n'utilisent ni I ni O, et pas de U depuis 2009 : vérifiez s'il s'agit d'un 1, d'un 0 ou d'un V."
    ),
    Motif.BLOC_RESERVE: lazy("Cette série de lettres n'est jamais attribuée. Vérifiez l'immatriculation."),
    Motif.NUMERO_NUL: lazy("Le numéro d'une plaque ne commence pas à zéro. Vérifiez les chiffres."),
    Motif.DEPARTEMENT: lazy("Le département à la fin de l'immatriculation n'existe pas."),
}
_TELEPHONE: Final = {
    Motif.VIDE: lazy("Indiquez un numéro de téléphone, par exemple 06 12 34 56 78."),
    Motif.TROP_LONG: lazy("Ce numéro de téléphone est trop long."),
    Motif.SURTAXE: lazy("Nous ne pouvons pas rappeler ce numéro. Indiquez un mobile ou une ligne fixe."),
    Motif.FORME: lazy("Ce numéro de téléphone n'est pas valable. Exemple : 06 12 34 56 78."),
}
_EMAIL: Final = {
    Motif.VIDE: lazy("Indiquez une adresse e-mail : la confirmation y sera envoyée."),
    Motif.TROP_LONG: lazy("Cette adresse e-mail est trop longue."),
    Motif.FORME: lazy("Cette adresse e-mail n'est pas complète. Exemple : nom@exemple.fr."),
}
_SIRET: Final = {
    Motif.VIDE: lazy("Indiquez le SIRET de l'entreprise."),
    Motif.CLE: lazy("Ce SIRET comporte une erreur : vérifiez ses 14 chiffres."),
    Motif.FORME: lazy("Un SIRET compte 14 chiffres."),
}
_NOM: Final = {
    Motif.VIDE: lazy("Ce champ est nécessaire."),
    Motif.TROP_LONG: lazy("C'est trop long : 100 caractères au plus."),
    Motif.FORME: lazy("Écrivez un nom avec des lettres."),
}
_TEXTE: Final = _NOM | {
    Motif.TROP_LONG: lazy("C'est trop long : 60 caractères au plus."),
    Motif.FORME: lazy("Ce texte ne peut pas être lu : écrivez-le à nouveau."),
}
_DATE: Final = {
    Motif.FORME: lazy("Écrivez une date (2019-05-04) ou une année (2019)."),
    Motif.INCONNU: lazy("Cette date de mise en circulation n'est pas possible."),
}


@dataclass
class Erreurs:
    """Everything that is wrong with one form. `prefixe` (`client.`) is put before each field's name."""

    prefixe: str = ""
    champs: dict[str, str] = field(default_factory=dict)
    codes: list[str] = field(default_factory=list)

    def add(self, champ: str, code: str, message: Any) -> None:
        """One more field to correct."""
        self.champs.setdefault(f"{self.prefixe}{champ}", str(message))
        self.codes.append(code)

    def keep(self, champ: str, code: str, messages: dict[Motif, Any], lire: Callable[[], T]) -> T | None:
        """The value read, or None with its error noted."""
        try:
            return lire()
        except SaisieInvalide as refus:
            self.add(champ, code, messages[refus.motif])
            return None

    def absorb(self, autre: Invalid) -> None:
        """Take over the fields of another refusal."""
        for champ, message in autre.champs.items():
            self.champs.setdefault(champ, message)
        self.codes.append(autre.code)

    def raise_any(self) -> None:
        """Raises Invalid (422) when anything was noted."""
        if not self.champs:
            return
        unique = len(self.champs) == 1
        message = next(iter(self.champs.values())) if unique else _("Certains champs sont à corriger.")
        raise Invalid(message, code=self.codes[0] if unique else "CHAMPS_INVALIDES", champs=self.champs)


def _alone(champ: str, code: str, messages: dict[Motif, Any], lire: Callable[[], T]) -> T:
    erreurs = Erreurs()
    valeur = erreurs.keep(champ, code, messages, lire)
    erreurs.raise_any()
    assert valeur is not None
    return valeur


def normalise_immatriculation(texte: str, *, champ: str = "immatriculation") -> Immatriculation:
    """The plate in its canonical writing. Raises `IMMATRICULATION_INVALIDE` (422) on `champ`."""
    return _alone(champ, "IMMATRICULATION_INVALIDE", _PLAQUE, lambda: immatriculation.normalise_immatriculation(texte))


def normalise_telephone(texte: str, *, champ: str = "telephone") -> str:
    """The number in E.164. Raises `TELEPHONE_INVALIDE` (422) on `champ`."""
    return _alone(champ, "TELEPHONE_INVALIDE", _TELEPHONE, lambda: coordonnees.normalise_telephone(texte))


def normalise_email(texte: str, *, champ: str = "email") -> str:
    """The address in its one writing. Raises `EMAIL_INVALIDE` (422) on `champ`."""
    return _alone(champ, "EMAIL_INVALIDE", _EMAIL, lambda: coordonnees.normalise_email(texte))


def check_siret(texte: str, *, champ: str = "siret") -> str:
    """The 14 digits. Raises `SIRET_INVALIDE` (422) on `champ`."""
    return _alone(champ, "SIRET_INVALIDE", _SIRET, lambda: coordonnees.check_siret(texte))


def check_client(
    *,
    type: ClientType,  # noqa: A002  the word of the trade
    nom: str,
    prenom: str = "",
    email: str | None = None,
    telephone: str | None = None,
    raison_sociale: str | None = None,
    siret: str | None = None,
    email_requis: bool = True,
    prefixe: str = "client.",
) -> ClientSaisi:
    """A client as typed, normalised. A company needs its name; the SIRET, when given, is checked.

    `email_requis` False lets staff book with a mobile telephone alone. Raises Invalid (422) naming every wrong field.
    """
    e = Erreurs(prefixe)
    propre_nom = e.keep("nom", "NOM_INVALIDE", _NOM, lambda: coordonnees.normalise_nom(nom))
    propre_prenom = (
        e.keep("prenom", "PRENOM_INVALIDE", _NOM, lambda: coordonnees.normalise_nom(prenom)) if prenom.strip() else ""
    )
    propre_tel = e.keep(
        "telephone", "TELEPHONE_INVALIDE", _TELEPHONE, lambda: coordonnees.normalise_telephone(telephone or "")
    )
    propre_email = None
    if email_requis or (email or "").strip():
        propre_email = e.keep("email", "EMAIL_INVALIDE", _EMAIL, lambda: coordonnees.normalise_email(email or ""))
    elif propre_tel is not None and not coordonnees.is_mobile(propre_tel):
        e.add("email", "EMAIL_INVALIDE", _("Sans adresse e-mail, il faut un numéro de mobile."))
    propre_raison = propre_siret = None
    if type is ClientType.PROFESSIONNEL:
        propre_raison = e.keep(
            "raison_sociale",
            "RAISON_SOCIALE_INVALIDE",
            _NOM | {Motif.VIDE: _("Indiquez la raison sociale de l'entreprise.")},
            lambda: coordonnees.normalise_nom(raison_sociale or ""),
        )
    if (siret or "").strip():
        propre_siret = e.keep("siret", "SIRET_INVALIDE", _SIRET, lambda: coordonnees.check_siret(siret or ""))
    e.raise_any()
    return ClientSaisi(
        type=type,
        nom=propre_nom or "",
        prenom=propre_prenom or "",
        email=propre_email,
        telephone=propre_tel,
        raison_sociale=propre_raison,
        siret=propre_siret,
    )


def check_vehicule(
    *,
    immatriculation: str,
    type: VehiculeType,  # noqa: A002  the word of the trade
    carburant: Carburant,
    marque: str | None = None,
    modele: str | None = None,
    date_mise_circulation: str | None = None,
    aujourdhui: date,
    prefixe: str = "vehicule.",
) -> VehiculeSaisi:
    """A vehicle as typed, normalised. Raises Invalid (422) naming every wrong field."""
    e = Erreurs(prefixe)
    plaque = e.keep(
        "immatriculation",
        "IMMATRICULATION_INVALIDE",
        _PLAQUE,
        lambda: _normalise_plaque(immatriculation),
    )
    propre_marque = _optional(e, "marque", marque)
    propre_modele = _optional(e, "modele", modele)
    mise = None
    if (date_mise_circulation or "").strip():
        mise = e.keep(
            "date_mise_circulation",
            "DATE_MISE_CIRCULATION_INVALIDE",
            _DATE,
            lambda: vehicule.parse_mise_circulation(date_mise_circulation or "", aujourdhui),
        )
    e.raise_any()
    assert plaque is not None
    return VehiculeSaisi(
        immatriculation=plaque,
        type=type,
        carburant=carburant,
        marque=propre_marque,
        modele=propre_modele,
        mise_circulation=mise,
    )


_normalise_plaque = immatriculation.normalise_immatriculation


def _optional(e: Erreurs, champ: str, texte: str | None) -> str | None:
    if not (texte or "").strip():
        return None
    return e.keep(champ, "TEXTE_INVALIDE", _TEXTE, lambda: coordonnees.normalise_texte(texte or "", LONGUEUR_MARQUE))
