"""The waiting list and its offers."""

revision = "0013_attente"
down_revision = "0012_vie"


def upgrade() -> None:
    """Nothing yet."""
