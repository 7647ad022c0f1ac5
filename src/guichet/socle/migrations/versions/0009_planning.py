"""Blocks, openings, leave and absences."""

revision = "0009_planning"
down_revision = "0008_moteur"


def upgrade() -> None:
    """Nothing yet."""
