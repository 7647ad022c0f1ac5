"""The waiting list: who waits, what is offered to them, what is served later."""

from pathlib import Path

from alembic import op

from guichet.socle.migrations.aide import tenant_table

revision = "0016_attente"
down_revision = "0015_essai"

SQL = Path(__file__).parents[1] / "sql"


def upgrade() -> None:
    """Make the tables; a hold that has just died is given to those who wait before anybody else."""
    cursor = op.get_bind().connection.cursor()  # no parameters: several statements, and % as it is written
    cursor.execute((SQL / "attente.sql").read_text())
    for name in ("inscription", "inscription_centre", "offre", "a_servir"):
        tenant_table(f"rdv.{name}")
