"""Rules of sending: states, ladders, addresses, text messages, quiet hours, choices. No I/O, no clock."""

from guichet.notifications.metier.accuses import Accuse, asks_to_stop, follow_accuse, read_accuse
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
from guichet.notifications.metier.expediteur import sms_sender
from guichet.notifications.metier.silence import Silence, is_quiet, leave_quiet
from guichet.notifications.metier.sms import Encodage, Poids, simplify, weigh

__all__ = [
    "ATTENTE_FOURNISSEUR",
    "DELAI_ORPHELINE",
    "ECHELLE",
    "ECHELLES",
    "EN_ROUTE",
    "PARTIS",
    "Accuse",
    "Canal",
    "Encodage",
    "Issue",
    "Poids",
    "Silence",
    "Statut",
    "Suite",
    "asks_to_stop",
    "clean_address",
    "domain_of",
    "follow_accuse",
    "is_quiet",
    "is_stale",
    "leave_quiet",
    "mask_address",
    "message_id",
    "next_attempt",
    "read_accuse",
    "settle",
    "simplify",
    "sms_sender",
    "weigh",
]
