"""What became of payments. Identifiers and cents only: who pays stays in this context."""

from dataclasses import dataclass
from uuid import UUID

from guichet.socle.messages import Message, message

TOPIC = "payment.events"


@message("payment.completed", topic=TOPIC, version=1)
@dataclass(frozen=True, kw_only=True)
class PaymentCompleted(Message):
    """The provider took `montant_cents`. `tardif`: after the deadline, or after nobody was expected to pay any more."""

    paiement_id: UUID
    reference: str
    montant_cents: int
    tardif: bool

    def etiquettes(self) -> tuple[str, ...]:
        """The payment's page shows it."""
        return (f"paiements.paiement:{self.paiement_id}",)


@message("payment.failed", topic=TOPIC, version=1)
@dataclass(frozen=True, kw_only=True)
class PaymentFailed(Message):
    """Nothing will be paid by itself any more: `motif` is `abandon`, `annule`, `expiration` or `tentatives`."""

    paiement_id: UUID
    reference: str
    motif: str

    def etiquettes(self) -> tuple[str, ...]:
        """The payment's page shows it."""
        return (f"paiements.paiement:{self.paiement_id}",)


@message("payment.refunded", topic=TOPIC, version=1)
@dataclass(frozen=True, kw_only=True)
class PaymentRefunded(Message):
    """`montant_cents` went back to the customer, `total_rembourse_cents` in all."""

    paiement_id: UUID
    reference: str
    montant_cents: int
    total_rembourse_cents: int

    def etiquettes(self) -> tuple[str, ...]:
        """The payment's page shows it."""
        return (f"paiements.paiement:{self.paiement_id}",)
