"""The hot path of booking."""

revision = "0014_chemin_chaud"
down_revision = "0013_attente"


def upgrade() -> None:
    """Nothing yet."""
