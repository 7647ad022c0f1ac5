"""What became of messages to people. Identifiers only: the address and the text stay in this context."""

from dataclasses import dataclass
from uuid import UUID

from guichet.socle.messages import Message, message

TOPIC = "notification.events"


@message("notification.sent", topic=TOPIC, version=1)
@dataclass(frozen=True, kw_only=True)
class NotificationSent(Message):
    """A provider accepted the message."""

    notification_id: UUID
    modele: str
    canal: str
    tentatives: int


@message("notification.delivered", topic=TOPIC, version=1)
@dataclass(frozen=True, kw_only=True)
class NotificationDelivered(Message):
    """The message reached the person's phone, says the provider."""

    notification_id: UUID
    modele: str
    canal: str


@message("notification.failed", topic=TOPIC, version=1)
@dataclass(frozen=True, kw_only=True)
class NotificationFailed(Message):
    """The message was not sent and will not be by itself: `statut` is `echec` or `incertain`."""

    notification_id: UUID
    modele: str
    canal: str
    tentatives: int
    statut: str


@message("notification.received", topic=TOPIC, version=1)
@dataclass(frozen=True, kw_only=True)
class NotificationReceived(Message):
    """A person has a new in-app message."""

    notification_id: UUID
    user_id: UUID

    def etiquettes(self) -> tuple[str, ...]:
        """The badge of that person."""
        return (f"notifications.user:{self.user_id}",)


@message("notification.read", topic=TOPIC, version=1)
@dataclass(frozen=True, kw_only=True)
class NotificationRead(Message):
    """A person has read an in-app message, or all of them (no identifier)."""

    notification_id: UUID | None
    user_id: UUID

    def etiquettes(self) -> tuple[str, ...]:
        """The badge of that person."""
        return (f"notifications.user:{self.user_id}",)
