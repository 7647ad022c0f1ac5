"""A batch of messages, and what it calls for: notes to write, deliveries to make, an announcement."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from guichet.socle.messages import Message, UnreadableMessage, decode
from guichet.socle.registre import Reaction
from guichet.socle.relay.livraison import Livraison
from guichet.socle.signaux import Signal

LEASE = timedelta(seconds=15)  # after which what a relay took and did not deliver is anybody's
UNREADABLE = "*"  # the note of a message this code cannot read: replayed once it can


@dataclass(frozen=True, kw_only=True)
class Ligne:
    """A message as it is stored."""

    id: int
    created_at: datetime
    tenant_id: UUID | None
    type: str
    version: int
    payload: dict[str, Any]
    correlation_id: str | None

    def read(self) -> tuple[Message | None, str | None]:
        """The message, or why it cannot be read."""
        try:
            return decode(self.type, self.version, self.payload), None
        except UnreadableMessage as error:
            return None, str(error)

    def to(self, reaction: str, event: Message, essais: int = 0) -> Livraison:
        """Its delivery to a reaction."""
        return Livraison(
            message_id=self.id,
            reaction=reaction,
            tenant_id=self.tenant_id,
            event=event,
            correlation_id=self.correlation_id,
            essais=essais,
        )


@dataclass(frozen=True, kw_only=True)
class Due(Ligne):
    """A message with one of its deliveries that is due."""

    reaction: str
    essais: int


@dataclass(frozen=True, kw_only=True)
class Note:
    """That a reaction is to be run: a row of `socle.livraisons`."""

    message_id: int
    reaction: str
    message_le: datetime
    tenant_id: UUID | None
    etat: str
    due_le: datetime
    erreur: str | None = None


@dataclass
class Lot:
    """What a batch calls for."""

    notes: list[Note] = field(default_factory=list)
    livraisons: list[Livraison] = field(default_factory=list)
    signaux: list[Signal] = field(default_factory=list)


def plan(
    messages: Sequence[Ligne],
    reactions: Mapping[str, Sequence[Reaction]],
    *,
    instant: datetime,
    has_room: Callable[[str], bool],
) -> Lot:
    """What these messages call for.

    A reaction that has room here is delivered from here and nobody else takes it before its lease ends; the note of one
    that has none is due at once, for whoever has room. A message that cannot be read is noted as failed.
    """
    lot = Lot()
    for message in messages:
        event, error = message.read()
        if event is None:
            lot.notes.append(note(message, UNREADABLE, instant, etat="echec", erreur=error))
            continue
        if tags := event.etiquettes():
            lot.signaux.append(Signal(tenant_id=message.tenant_id, type=message.type, etiquettes=frozenset(tags)))
        for reaction in reactions[message.type]:
            if has_room(reaction.nom):
                lot.livraisons.append(message.to(reaction.nom, event))
                lot.notes.append(note(message, reaction.nom, instant + LEASE))
            else:
                lot.notes.append(note(message, reaction.nom, instant))
    return lot


def note(message: Ligne, reaction: str, due_le: datetime, *, etat: str = "due", erreur: str | None = None) -> Note:
    """The note of one reaction to one message."""
    return Note(
        message_id=message.id,
        reaction=reaction,
        message_le=message.created_at,
        tenant_id=message.tenant_id,
        etat=etat,
        due_le=due_le,
        erreur=erreur,
    )
