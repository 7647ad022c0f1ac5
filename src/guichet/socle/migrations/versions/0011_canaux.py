"""Channels, preferences and templates of messages."""

from pathlib import Path

from alembic import op

from guichet.socle.migrations.aide import tenant_table

revision = "0011_canaux"
down_revision = "0010_paiements"

SQL = Path(__file__).parents[1] / "sql" / "canaux.sql"


def upgrade() -> None:
    """Let messages take other roads than mail; keep what people want of them and what tenants write in them."""
    op.execute(SQL.read_text())
    tenant_table("notifications.adresse")
    tenant_table("notifications.consentement", grants="select, insert, delete")
    tenant_table("notifications.modele_version", grants="select, insert")
