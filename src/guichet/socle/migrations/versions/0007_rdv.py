"""Appointments, the projection of opening ranges, and the functions that decide who has a place."""

from pathlib import Path

from alembic import op

from guichet.socle.migrations.aide import create_schema, tenant_table

revision = "0007_rdv"
down_revision = "0006_notifications"

SQL = Path(__file__).parents[1] / "sql"


def upgrade() -> None:
    """Make the tables and the hand-written functions of the hot paths."""
    create_schema("rdv")
    cursor = op.get_bind().connection.cursor()  # no parameters: several statements, and % as it is written
    cursor.execute((SQL / "rdv.sql").read_text())
    for name in ("journee", "ouverture", "rdv", "cadence"):
        tenant_table(f"rdv.{name}")
