"""Writing messages to be sent, and moving them through their states. Nothing here touches the network."""

from guichet.notifications.actions.envois import AEnvoyer, Precisions, claim, finish, give_up_orphan, resend
from guichet.notifications.actions.redaction import Redige, queue

__all__ = ["AEnvoyer", "Precisions", "Redige", "claim", "finish", "give_up_orphan", "queue", "resend"]
