"""Rules of sending: states, ladders, addresses, text messages, quiet hours, choices. No I/O, no clock."""

from guichet.notifications.metier.adresses import clean_address, domain_of, mask_address, message_id
from guichet.notifications.metier.etats import (
    ATTENTE_FOURNISSEUR,
    DELAI_ORPHELINE,
    ECHELLE,
    ECHELLES,
    EN_ROUTE,
    PARTIS,
    Canal,
    Issue,
    Statut,
    Suite,
    is_stale,
    next_attempt,
    settle,
)
from guichet.notifications.metier.silence import Silence, is_quiet, leave_quiet
from guichet.notifications.metier.sms import Encodage, Poids, simplify, weigh

__all__ = [
    "ATTENTE_FOURNISSEUR",
    "DELAI_ORPHELINE",
    "ECHELLE",
    "ECHELLES",
    "EN_ROUTE",
    "PARTIS",
    "Canal",
    "Encodage",
    "Issue",
    "Poids",
    "Silence",
    "Statut",
    "Suite",
    "clean_address",
    "domain_of",
    "is_quiet",
    "is_stale",
    "leave_quiet",
    "mask_address",
    "message_id",
    "next_attempt",
    "settle",
    "simplify",
    "weigh",
]
