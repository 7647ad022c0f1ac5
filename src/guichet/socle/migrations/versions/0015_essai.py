"""The clock of the test mode: one row, without an instant outside it."""

from alembic import op

revision = "0015_essai"
down_revision = "0014_chemin_chaud"

HORLOGE = """
create table socle.horloge (
  seule boolean primary key default true check (seule),
  version bigint not null default 0,
  instant timestamptz,
  avance boolean not null default false,
  posee_le timestamptz not null default now()
);
insert into socle.horloge default values;
grant select, update on socle.horloge to guichet_app;
grant select on socle.horloge to guichet_relais;
"""


def upgrade() -> None:
    """The house has one clock, so one row."""
    op.execute(HORLOGE)
