"""Addresses and identifiers of messages."""

import re
from uuid import UUID


def message_id(notification_id: UUID, domaine: str) -> str:
    """The Message-ID a notification keeps for life, whatever the number of attempts (RFC 5322, 3.6.4)."""
    return f"<{notification_id.hex}@{domaine}>"


_ADRESSE = re.compile(r"[^@\s<>()\[\],;:\\\"]{1,64}@[^@\s<>()\[\],;:\\\"]{1,255}")


def clean_address(texte: str) -> str | None:
    """An e-mail address a server can be given: trimmed, its domain in lower-case ASCII (IDNA). None when it is not one."""
    texte = texte.strip()
    if not _ADRESSE.fullmatch(texte):
        return None
    local, _, domaine = texte.rpartition("@")
    try:
        ascii_domaine = domaine.encode("idna").decode("ascii").lower()
    except UnicodeError:
        return None
    if not local.isascii() or "." not in ascii_domaine.strip("."):
        return None
    if local.startswith(".") or local.endswith(".") or ".." in local or ".." in ascii_domaine:
        return None
    return f"{local}@{ascii_domaine}"


def domain_of(adresse: str) -> str:
    """The domain of an address, `guichet.example` of `Guichet <bonjour@guichet.example>`."""
    _, arobase, domaine = adresse.rpartition("@")
    return (domaine.rstrip("> ").strip() if arobase else "") or "localhost"


def mask_address(adresse: str) -> str:
    """What a log or a list may show of an address: `c•••@example.org`, `+33•••••34`; an account's identifier as it is."""
    if adresse.startswith("+"):
        return f"{adresse[:3]}•••••{adresse[-2:]}"
    local, arobase, domaine = adresse.rpartition("@")
    return f"{local[:1]}•••@{domaine}" if arobase else adresse
