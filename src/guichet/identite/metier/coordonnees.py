"""E-mail addresses and phone numbers as accounts keep them, and the key names are sorted by."""

import re
import unicodedata

import phonenumbers

ADRESSE = re.compile(
    r"[^\s@\"(),:;<>\[\]\\\x00-\x1f\x7f]{1,64}@(?:[^\W_](?:[\w-]{0,61}[^\W_])?\.)+[^\W\d_][\w-]{0,61}[^\W_]"
)
LONGUEUR_MAX = 254  # RFC 5321


def normalise_email(text: str) -> str | None:
    """The address as it is compared and kept: trimmed, NFC, lower case. None when it cannot be one."""
    email = unicodedata.normalize("NFC", text.strip()).lower()
    if len(email) > LONGUEUR_MAX or not ADRESSE.fullmatch(email):
        return None
    local = email.rpartition("@")[0]
    return None if local.startswith(".") or local.endswith(".") or ".." in local else email


def normalise_telephone(text: str, region: str = "FR") -> str | None:
    """The number in E.164 (`+33612345678`); None when no number has that shape. `region` reads national forms."""
    try:
        number = phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_possible_number(number):
        return None
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def cle_de_tri(*parts: str) -> str:
    """What French names are sorted and looked up by: no accents, lower case, one space between words."""
    text = " ".join(parts).replace("œ", "oe").replace("Œ", "oe").replace("æ", "ae").replace("Æ", "ae")
    bare = "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))
    return " ".join(re.sub(r"[^\w]+", " ", bare.lower()).split())


def masque_email(email: str) -> str:
    """An address one recognises without being able to copy it: `c…@example.org`."""
    local, _, domain = email.rpartition("@")
    return f"{local[:1]}…@{domain}"
