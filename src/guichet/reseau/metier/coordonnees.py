"""Business contact details of a place: phone, mail, web address, as people type them."""

import re
from typing import Final

import phonenumbers

from guichet.reseau.metier.territoires import Territoire

_REGIONS: Final = {
    Territoire.GUADELOUPE: "GP",
    Territoire.MARTINIQUE: "MQ",
    Territoire.GUYANE: "GF",
    Territoire.REUNION: "RE",
    Territoire.SAINT_PIERRE_ET_MIQUELON: "PM",
    Territoire.MAYOTTE: "YT",
    Territoire.SAINT_BARTHELEMY: "BL",
    Territoire.SAINT_MARTIN: "MF",
    Territoire.WALLIS_ET_FUTUNA: "WF",
    Territoire.POLYNESIE: "PF",
    Territoire.NOUVELLE_CALEDONIE: "NC",
}
_EMAIL: Final = re.compile(
    r"[^@\s,;<>\"()]{1,64}@[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)+"
)
_SITE: Final = re.compile(r"https?://[a-z0-9.-]+\.[a-z]{2,}(?::\d+)?(?:[/?#][^\s\"'<>]*)?", re.IGNORECASE)
EMAIL_MAX: Final = 254


class CoordonneeInvalide(ValueError):
    """Not a phone number, e-mail or web address."""


def normalise_telephone(texte: str, territoire: Territoire = Territoire.METROPOLE) -> str:
    """E.164 of a number typed in the national form of its territory, or in any international form.

    Raises `CoordonneeInvalide` when no number has that shape.
    """
    regions = (_REGIONS.get(territoire, "FR"), "FR")
    for region in regions:
        try:
            numero = phonenumbers.parse(texte, region)
        except phonenumbers.NumberParseException:
            continue
        if phonenumbers.is_possible_number(numero):
            return phonenumbers.format_number(numero, phonenumbers.PhoneNumberFormat.E164)
    raise CoordonneeInvalide(texte)


def normalise_email(texte: str) -> str:
    """The address in lower case. Raises `CoordonneeInvalide`."""
    email = texte.strip().lower()
    if len(email) > EMAIL_MAX or not _EMAIL.fullmatch(email):
        raise CoordonneeInvalide(texte)
    return email


def normalise_site(texte: str) -> str:
    """A web address with its scheme, `https://` when none was typed. Raises `CoordonneeInvalide`."""
    site = texte.strip()
    if "://" not in site:
        site = f"https://{site}"
    if not _SITE.fullmatch(site):
        raise CoordonneeInvalide(texte)
    return site
