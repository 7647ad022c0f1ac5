"""Blocks, openings, leave and absences."""

from pathlib import Path

from alembic import op

from guichet.socle.migrations.aide import tenant_table

revision = "0009_planning"
down_revision = "0008_moteur"

SQL = Path(__file__).parents[1] / "sql"


def upgrade() -> None:
    """Make the table of what changes a planning."""
    cursor = op.get_bind().connection.cursor()
    cursor.execute((SQL / "planning.sql").read_text())
    tenant_table("rdv.evenement_planning")
