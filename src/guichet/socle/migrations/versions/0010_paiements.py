"""Payments, refunds, their ledger, receipts and invoices."""

from pathlib import Path

from alembic import op

from guichet.socle.migrations.aide import create_schema, tenant_table

revision = "0010_paiements"
down_revision = "0009_planning"

SQL = Path(__file__).parents[1] / "sql"
FIGEES = ("operation", "ecriture", "piece")


def upgrade() -> None:
    """Make the schema `paiements`. What is written once may not even be updated by the application's role."""
    create_schema("paiements")
    cursor = op.get_bind().connection.cursor()  # no parameters: several statements, and % as it is written
    cursor.execute((SQL / "paiements.sql").read_text())
    for name in ("paiement", "tentative", "evenement", "remboursement", "compteur", "acces"):
        tenant_table(f"paiements.{name}", grants="select, insert, update")
    for name in FIGEES:
        tenant_table(f"paiements.{name}", grants="select, insert")
    op.execute("grant select on paiements.balance to guichet_app")
    for function in ("echeances(timestamptz, timestamptz, integer)", "mesures(timestamptz)", "reseau_de(uuid)"):
        op.execute(f"revoke all on function paiements.{function} from public")
        op.execute(f"grant execute on function paiements.{function} to guichet_app, guichet_relais")
