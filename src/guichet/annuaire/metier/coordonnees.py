"""Contact details as people type them, brought to one writing: phone, e-mail, SIRET, names."""

import re
import unicodedata
from typing import Final

import phonenumbers
from phonenumbers import NumberParseException, PhoneNumberFormat, PhoneNumberType
from stdnum.exceptions import InvalidChecksum, ValidationError
from stdnum.fr import siret as stdnum_siret

from guichet.annuaire.metier.saisie import Motif, SaisieInvalide

REGIONS: Final = ("FR", "RE", "GP", "MQ", "GF", "YT", "PM")
"""A number typed without country code is tried in mainland France, then overseas: 0692 is La Réunion, 0696 Martinique."""

TYPES_JOIGNABLES: Final = frozenset(
    {
        PhoneNumberType.FIXED_LINE,
        PhoneNumberType.MOBILE,
        PhoneNumberType.FIXED_LINE_OR_MOBILE,
        PhoneNumberType.VOIP,
        PhoneNumberType.PERSONAL_NUMBER,
    }
)
MOBILES: Final = frozenset({PhoneNumberType.MOBILE, PhoneNumberType.FIXED_LINE_OR_MOBILE})

FICTION: Final = "+3363998"
"""The mobile range the regulator keeps for fiction: valid in form, it rings nowhere. Demonstrations live on it."""

LONGUEUR_EMAIL: Final = 254
LONGUEUR_LOCALE: Final = 64
LONGUEUR_NOM: Final = 100
_LOCALE = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*")
_ETIQUETTE = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")


def normalise_telephone(texte: str) -> str:
    """E.164 form of a typed phone number (`06 12 34 56 78` -> `+33612345678`).

    French landlines and mobiles, overseas departments without their country code, and any valid foreign number typed
    with it. Raises `SaisieInvalide`: VIDE, TROP_LONG, SURTAXE (nobody can be called back there) or FORME.
    """
    brut = unicodedata.normalize("NFKC", texte).strip()
    if not brut:
        raise SaisieInvalide(Motif.VIDE)
    if len(brut) > 30:
        raise SaisieInvalide(Motif.TROP_LONG)
    for region in REGIONS:
        try:
            numero = phonenumbers.parse(brut, region)
        except NumberParseException as illisible:
            raise SaisieInvalide(Motif.FORME) from illisible
        e164 = phonenumbers.format_number(numero, PhoneNumberFormat.E164)
        if _is_fiction(e164):
            return e164
        if phonenumbers.is_valid_number(numero):
            if phonenumbers.number_type(numero) not in TYPES_JOIGNABLES:
                raise SaisieInvalide(Motif.SURTAXE)
            return e164
    raise SaisieInvalide(Motif.FORME)


def is_mobile(e164: str) -> bool:
    """Whether a normalised number can receive an SMS."""
    return _is_fiction(e164) or phonenumbers.number_type(phonenumbers.parse(e164)) in MOBILES


def _is_fiction(e164: str) -> bool:
    return e164.startswith(FICTION) and len(e164) == len("+33639981234")


def format_telephone(e164: str) -> str:
    """A number as people read it: national for France (`06 12 34 56 78`), international elsewhere."""
    numero = phonenumbers.parse(e164)
    style = PhoneNumberFormat.NATIONAL if numero.country_code == 33 else PhoneNumberFormat.INTERNATIONAL
    return phonenumbers.format_number(numero, style)


def normalise_email(texte: str) -> str:
    """The address with its domain in lower case and in its ASCII form.

    Only the shape is judged, not whether the mailbox exists. Raises `SaisieInvalide`: VIDE, TROP_LONG or FORME.
    """
    brut = unicodedata.normalize("NFKC", texte).strip()
    if not brut:
        raise SaisieInvalide(Motif.VIDE)
    if len(brut) > LONGUEUR_EMAIL:
        raise SaisieInvalide(Motif.TROP_LONG)
    locale, arobase, domaine = brut.rpartition("@")
    if not arobase or len(locale) > LONGUEUR_LOCALE or not _LOCALE.fullmatch(locale):
        raise SaisieInvalide(Motif.FORME)
    try:
        ascii_ = domaine.encode("idna").decode("ascii").lower()
    except UnicodeError as illisible:
        raise SaisieInvalide(Motif.FORME) from illisible
    etiquettes = ascii_.split(".")
    if len(etiquettes) < 2 or not all(map(_ETIQUETTE.fullmatch, etiquettes)) or etiquettes[-1].isdigit():
        raise SaisieInvalide(Motif.FORME)
    return f"{locale}@{ascii_}"


def check_siret(texte: str) -> str:
    """The 14 digits of a SIRET whose check digit is right. Raises `SaisieInvalide`: VIDE, FORME or CLE."""
    brut = stdnum_siret.compact(unicodedata.normalize("NFKC", texte)).replace("\u202f", "")
    if not brut:
        raise SaisieInvalide(Motif.VIDE)
    try:
        return str(stdnum_siret.validate(brut))
    except InvalidChecksum as faux:
        raise SaisieInvalide(Motif.CLE) from faux
    except ValidationError as illisible:
        raise SaisieInvalide(Motif.FORME) from illisible


def normalise_texte(texte: str, longueur: int) -> str:
    """A short line with its blanks folded. Raises `SaisieInvalide`: VIDE, TROP_LONG or FORME (what cannot be printed)."""
    ligne = " ".join(unicodedata.normalize("NFC", texte).split())
    if not ligne:
        raise SaisieInvalide(Motif.VIDE)
    if len(ligne) > longueur:
        raise SaisieInvalide(Motif.TROP_LONG)
    if not ligne.isprintable():
        raise SaisieInvalide(Motif.FORME)
    return ligne


def normalise_nom(texte: str) -> str:
    """A name, its accents kept: a short line with at least one letter. Raises `SaisieInvalide` as `normalise_texte`."""
    nom = normalise_texte(texte, LONGUEUR_NOM)
    if not any(c.isalpha() for c in nom):
        raise SaisieInvalide(Motif.FORME)
    return nom


def cle_nom(texte: str) -> str:
    """What two writings of one name share: no accents, no case, no punctuation. `D'Été-Ève` -> `d ete eve`.

    It sorts and searches names the French way on a database without language rules.
    """
    decompose = unicodedata.normalize("NFKD", texte.replace("œ", "oe").replace("Œ", "oe")).casefold()
    lettres = "".join(c if c.isalnum() else " " for c in decompose if not unicodedata.combining(c))
    return " ".join(lettres.split())
