"""What the booking engine needs beyond a free inspector."""

revision = "0008_moteur"
down_revision = "0007_rdv"


def upgrade() -> None:
    """Nothing yet."""
