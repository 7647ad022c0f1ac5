"""Channels, preferences and templates of messages."""

revision = "0011_canaux"
down_revision = "0010_paiements"


def upgrade() -> None:
    """Nothing yet."""
