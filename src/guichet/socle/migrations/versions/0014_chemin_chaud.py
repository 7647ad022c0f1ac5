"""The hot path of booking and of free starts: the statements that are a transaction by themselves."""

from pathlib import Path

from alembic import op

revision = "0014_chemin_chaud"
down_revision = "0012_vie"

SQL = Path(__file__).parents[1] / "sql"


def upgrade() -> None:
    """Make the hand-written functions."""
    cursor = op.get_bind().connection.cursor()  # no parameters: several statements, and % as it is written
    cursor.execute((SQL / "chemin_chaud.sql").read_text())
