"""States of a message, the ladder of attempts of each channel, what follows an attempt."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final


class Canal(StrEnum):
    """How a person is reached."""

    EMAIL = "email"
    SMS = "sms"
    INTERNE = "interne"


class Statut(StrEnum):
    """Where a notification stands.

    `envoye`: a provider accepted it; `distribue`: it reached the person's device or account; `ecarte`: never tried, the
    person does not want it or the address refuses everything.
    """

    A_ENVOYER = "a_envoyer"
    EN_COURS = "en_cours"
    ENVOYE = "envoye"
    DISTRIBUE = "distribue"
    ECHEC = "echec"
    INCERTAIN = "incertain"
    ECARTE = "ecarte"


EN_ROUTE = frozenset({Statut.A_ENVOYER, Statut.EN_COURS})
PARTIS = frozenset({Statut.ENVOYE, Statut.DISTRIBUE})


class Issue(StrEnum):
    """How one attempt ended."""

    ACCEPTEE = "acceptee"
    REFUSEE = "refusee"
    A_REPRENDRE = "a_reprendre"
    INCERTAINE = "incertaine"


_M, _H = timedelta(minutes=1), timedelta(hours=1)
# Short steps first, for a server that restarts; then long ones, for a provider down for the night. About 47 h by mail;
# a text message a day late helps nobody: about 10 h.
ECHELLES: Final[Mapping[Canal, tuple[timedelta, ...]]] = {
    Canal.EMAIL: (_M, 5 * _M, 15 * _M, _H, 3 * _H, 6 * _H, 12 * _H, 24 * _H),
    Canal.SMS: (_M, 5 * _M, 15 * _M, _H, 3 * _H, 6 * _H),
    Canal.INTERNE: (),
}
ECHELLE: Final = ECHELLES[Canal.EMAIL]
# Past that age a message that never left is out of date: it fails instead of surprising its reader.
PEREMPTIONS: Final[Mapping[Canal, timedelta]] = {
    Canal.EMAIL: timedelta(days=7),
    Canal.SMS: timedelta(days=2),
    Canal.INTERNE: timedelta(days=7),
}
# While nobody is configured to send it: no attempt is counted, the message stays to be sent.
ATTENTE_FOURNISSEUR: Final = 10 * _M
# Longer than any dialogue may last (`envoi.DELAI_TOTAL`): found `en_cours` after that, nobody knows how it ended.
DELAI_ORPHELINE = timedelta(minutes=10)


@dataclass(frozen=True, kw_only=True)
class Suite:
    """What becomes of a notification after an attempt."""

    statut: Statut
    prochaine_tentative: datetime | None = None


def next_attempt(tentatives: int, now: datetime, canal: Canal = Canal.EMAIL) -> datetime | None:
    """When to try again after `tentatives` attempts (>= 1), or None when the ladder is exhausted."""
    echelle = ECHELLES[canal]
    if tentatives > len(echelle):
        return None
    return now + echelle[tentatives - 1]


def settle(issue: Issue, *, tentatives: int, now: datetime, canal: Canal = Canal.EMAIL) -> Suite:
    """The state that follows the `tentatives`-th attempt, ended at `now` with `issue`."""
    match issue:
        case Issue.ACCEPTEE:
            return Suite(statut=Statut.ENVOYE)
        case Issue.REFUSEE:
            return Suite(statut=Statut.ECHEC)
        case Issue.INCERTAINE:
            return Suite(statut=Statut.INCERTAIN)
        case Issue.A_REPRENDRE:
            due = next_attempt(tentatives, now, canal)
            return (
                Suite(statut=Statut.ECHEC) if due is None else Suite(statut=Statut.A_ENVOYER, prochaine_tentative=due)
            )


def is_stale(canal: Canal, *, created_at: datetime, voulu_a: datetime, now: datetime) -> bool:
    """True when a message that never left is too old to be sent: `voulu_a` is the hour it was meant for."""
    return now > max(created_at, voulu_a) + PEREMPTIONS[canal]
