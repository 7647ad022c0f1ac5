"""Reminders of the day before, and messages that are of no use after an hour."""

from alembic import op

revision = "0017_vie_suite"
down_revision = "0016_attente"

PEREMPTION = "alter table notifications.notification add column perime_a timestamptz"
# As rdv.metier.rappels: at ten the day before, unless it was booked less than 24 hours before or that hour has passed.
RAPPELS = """
update rdv.rdv r
   set rappel_le = ((r.jour - 1) + time '10:00') at time zone c.fuseau
  from reseau.centre c
 where c.tenant_id = r.tenant_id and c.id = r.centre_id and r.debut > now()
   and r.statut in ('confirme', 'en_attente_paiement') and r.debut - r.created_at >= interval '24 hours'
   and ((r.jour - 1) + time '10:00') at time zone c.fuseau > now()
"""


def upgrade() -> None:
    """Say until when a message may leave; remind of what is booked already."""
    op.execute(PEREMPTION)
    op.execute(RAPPELS)
