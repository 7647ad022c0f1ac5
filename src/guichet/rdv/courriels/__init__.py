"""The messages of this context: their data, their templates, and what makes them leave."""

from guichet.rdv.courriels.attente import MODELES_ATTENTE, tell_lapse, tell_offer, tell_registered
from guichet.rdv.courriels.envois import (
    confirm_again,
    confirm_by_mail,
    remind,
    tell_cancellation,
    tell_refund,
    tell_update,
)
from guichet.rdv.courriels.modeles import MODELES

__all__ = [
    "MODELES",
    "MODELES_ATTENTE",
    "confirm_again",
    "confirm_by_mail",
    "remind",
    "tell_cancellation",
    "tell_lapse",
    "tell_offer",
    "tell_refund",
    "tell_registered",
    "tell_update",
]
