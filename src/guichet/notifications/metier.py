"""Rules of sending: states, retry ladder, identifiers, addresses. No I/O, no clock."""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID


class Statut(StrEnum):
    """Where a notification stands."""

    A_ENVOYER = "a_envoyer"
    EN_COURS = "en_cours"
    ENVOYE = "envoye"
    ECHEC = "echec"
    INCERTAIN = "incertain"


class Issue(StrEnum):
    """How one attempt ended."""

    ACCEPTEE = "acceptee"
    REFUSEE = "refusee"
    A_REPRENDRE = "a_reprendre"
    INCERTAINE = "incertaine"


# Short steps first, for a server that restarts; then long ones, for a provider down for the night. About 47 h in all.
ECHELLE = (
    timedelta(minutes=1),
    timedelta(minutes=5),
    timedelta(minutes=15),
    timedelta(hours=1),
    timedelta(hours=3),
    timedelta(hours=6),
    timedelta(hours=12),
    timedelta(hours=24),
)
# Longer than any dialogue may last (`envoi.DELAI_TOTAL`): found `en_cours` after that, nobody knows how it ended.
DELAI_ORPHELINE = timedelta(minutes=10)


@dataclass(frozen=True, kw_only=True)
class Suite:
    """What becomes of a notification after an attempt."""

    statut: Statut
    prochaine_tentative: datetime | None = None


def next_attempt(tentatives: int, now: datetime) -> datetime | None:
    """When to try again after `tentatives` attempts (>= 1), or None when the ladder is exhausted."""
    if tentatives > len(ECHELLE):
        return None
    return now + ECHELLE[tentatives - 1]


def settle(issue: Issue, *, tentatives: int, now: datetime) -> Suite:
    """The state that follows the `tentatives`-th attempt, ended at `now` with `issue`."""
    match issue:
        case Issue.ACCEPTEE:
            return Suite(statut=Statut.ENVOYE)
        case Issue.REFUSEE:
            return Suite(statut=Statut.ECHEC)
        case Issue.INCERTAINE:
            return Suite(statut=Statut.INCERTAIN)
        case Issue.A_REPRENDRE:
            due = next_attempt(tentatives, now)
            return (
                Suite(statut=Statut.ECHEC) if due is None else Suite(statut=Statut.A_ENVOYER, prochaine_tentative=due)
            )


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
    """What a log or a list may show of an address: `c•••@example.org`."""
    local, _, domaine = adresse.rpartition("@")
    return f"{local[:1]}•••@{domaine}"
