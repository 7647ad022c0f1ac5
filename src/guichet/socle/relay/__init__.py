"""The relay: takes what was committed to the outbox and sees to it that every deferred reaction happens, once.

Two steps. *Dispatch* takes a batch of messages in the order they were written, notes which reactions each one calls for,
announces the batch with one NOTIFY and commits: nobody waits for a reaction. *Delivery* runs each reaction in a
transaction of its own, in the message's tenant, that also removes the note: done and noted are one commit. A reaction
that fails is tried again later, then kept as failed, to be seen and replayed; none holds up the others.

Several relays may run at once. Order is not promised across messages: a reaction reads the present state. A bridge to a
broker is a reaction to every message: `deferred(Message, handler)`.
"""

from guichet.socle.relay.etat import (
    Arriere,
    LivraisonEnEchec,
    forget_deliveries,
    list_failed_deliveries,
    read_backlog,
    replay_deliveries,
)
from guichet.socle.relay.lot import LEASE
from guichet.socle.relay.relais import Relay, drain

__all__ = [
    "LEASE",
    "Arriere",
    "LivraisonEnEchec",
    "Relay",
    "drain",
    "forget_deliveries",
    "list_failed_deliveries",
    "read_backlog",
    "replay_deliveries",
]
