"""The day of an appointment."""

from alembic import op

from guichet.socle.migrations.aide import tenant_table

revision = "0012_vie"
down_revision = "0011_canaux"

COLONNES = """
alter table rdv.rdv
  add column valide_le timestamptz,
  add column arrive_le timestamptz,
  add column commence_le timestamptz,
  add column termine_le timestamptz,
  add column rappel_le timestamptz,
  add column renvois smallint,
  add constraint ck_rdv_commence check (statut <> 'en_cours' or controleur_id is not null);
create index ix_rdv_rappel on rdv.rdv (tenant_id, rappel_le) where rappel_le is not null;

-- What the staff writes to itself about an appointment.
create table rdv.remarque (
  id uuid constraint pk_remarque primary key,
  tenant_id uuid not null,
  rdv_id uuid not null,
  auteur_id uuid,
  auteur text not null,
  texte bytea not null,
  created_at timestamptz not null,
  constraint fk_remarque_rdv foreign key (tenant_id, rdv_id) references rdv.rdv (tenant_id, id)
);
create index ix_remarque_rdv on rdv.remarque (tenant_id, rdv_id, created_at);
"""


def upgrade() -> None:
    """When each step of the day happened, when to remind, and the staff's notes."""
    op.execute(COLONNES)
    tenant_table("rdv.remarque")
