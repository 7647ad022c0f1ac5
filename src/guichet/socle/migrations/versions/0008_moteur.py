"""What the booking engine needs beyond a free inspector: lanes, holds, places beyond the capacity, moves."""

from pathlib import Path

from alembic import op

from guichet.socle.migrations.aide import tenant_table

revision = "0008_moteur"
down_revision = "0007_rdv"

SQL = Path(__file__).parents[1] / "sql"


def upgrade() -> None:
    """Add the columns and the table; make the functions of the hot paths anew."""
    cursor = op.get_bind().connection.cursor()  # no parameters: several statements, and % as it is written
    cursor.execute((SQL / "rdv_moteur.sql").read_text())
    tenant_table("rdv.voie_fermee")
