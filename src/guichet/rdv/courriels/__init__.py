"""The messages of this context: their data, their templates, and what makes them leave."""

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
    "confirm_again",
    "confirm_by_mail",
    "remind",
    "tell_cancellation",
    "tell_refund",
    "tell_update",
]
