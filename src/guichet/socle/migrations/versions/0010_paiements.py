"""Payments, refunds, receipts and invoices."""

revision = "0010_paiements"
down_revision = "0009_planning"


def upgrade() -> None:
    """Nothing yet."""
