"""What is typed, checked before it is written; each refusal says what to do about it."""

from collections.abc import Iterable

from guichet.identite.metier.coordonnees import normalise_email, normalise_telephone
from guichet.identite.metier.mots_de_passe import LONGUEUR_MAX, LONGUEUR_MIN, Defaut, defaut
from guichet.identite.questions.droits import unknown_permissions
from guichet.socle.errors import Invalid
from guichet.socle.i18n import _


def check_email(text: str) -> str:
    """The address in its one form. Raises Invalid `EMAIL_INVALIDE`."""
    email = normalise_email(text)
    if email is None:
        message = _("Cette adresse e-mail n'est pas complète, par exemple camille@exemple.fr.")
        raise Invalid(message, code="EMAIL_INVALIDE", champs={"email": message})
    return email


def check_telephone(text: str | None) -> str | None:
    """The number in international form, None for none. Raises Invalid `TELEPHONE_INVALIDE`."""
    if text is None or not text.strip():
        return None
    number = normalise_telephone(text)
    if number is None:
        message = _("Ce numéro de téléphone n'est pas valable, par exemple 06 39 98 12 34.")
        raise Invalid(message, code="TELEPHONE_INVALIDE", champs={"telephone": message})
    return number


def check_permissions(codes: Iterable[str]) -> list[str]:
    """The codes, sorted. Raises Invalid `PERMISSION_INCONNUE`."""
    wanted = sorted(set(codes))
    unknown = unknown_permissions(wanted)
    if unknown:
        raise Invalid(
            _("Permission inconnue : {liste}.", liste=", ".join(unknown)),
            code="PERMISSION_INCONNUE",
            champs={"permissions": _("Retirez : {liste}.", liste=", ".join(unknown))},
        )
    return wanted


def why_weak(mot_de_passe: str, *, indices: tuple[str, ...] = ()) -> str | None:
    """What to tell about a new password, None when it is good."""
    found = defaut(mot_de_passe, indices=indices)
    if found is None:
        return None
    return {
        Defaut.TROP_COURT: _("Il faut au moins {n} caractères : une phrase courte convient très bien.", n=LONGUEUR_MIN),
        Defaut.TROP_LONG: _("Il peut compter jusqu'à {n} caractères.", n=LONGUEUR_MAX),
        Defaut.TROP_COURANT: _("Ce mot de passe est l'un des plus courants : il serait trouvé tout de suite."),
        Defaut.TROP_SIMPLE: _("Une suite ou une répétition se devine : mélangez des mots sans lien entre eux."),
        Defaut.PERSONNEL: _("Il ressemble trop à votre nom ou à votre adresse : choisissez autre chose."),
    }[found]


def check_mot_de_passe(mot_de_passe: str, *, indices: tuple[str, ...] = (), champ: str = "mot_de_passe") -> None:
    """Raise Invalid `MOT_DE_PASSE_FAIBLE` for a password that would be guessed."""
    why = why_weak(mot_de_passe, indices=indices)
    if why is not None:
        raise Invalid(why, code="MOT_DE_PASSE_FAIBLE", champs={champ: why})
