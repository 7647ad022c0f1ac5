"""The day of an appointment."""

revision = "0012_vie"
down_revision = "0011_canaux"


def upgrade() -> None:
    """Nothing yet."""
