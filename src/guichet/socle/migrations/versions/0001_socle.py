"""The ground: the schema of the plumbing and who may see it."""

from alembic import op

revision = "0001_socle"
down_revision = None


def upgrade() -> None:
    """Let the application see which revision it stands on; everything else comes with what needs it."""
    op.execute("grant usage on schema socle to guichet_app, guichet_relais")
    op.execute("grant select on socle.alembic_version to guichet_app, guichet_relais")
