"""Messages to people: what is to be sent, what was tried, the files that travel with it."""

from alembic import op

from guichet.socle.migrations.aide import create_schema, tenant_table

revision = "0006_notifications"
down_revision = "0005_annuaire"

TABLES = """
create table notifications.notification (
  id uuid constraint pk_notification primary key,
  tenant_id uuid not null,
  cle text not null,
  modele text not null,
  canal text not null constraint ck_notification_canal check (canal in ('email')),
  locale text not null constraint ck_notification_locale check (locale in ('fr', 'en')),
  destinataire bytea not null,
  donnees bytea not null,
  message_id text not null,
  statut text not null
    constraint ck_notification_statut check (statut in ('a_envoyer', 'en_cours', 'envoye', 'echec', 'incertain')),
  tentatives integer not null default 0,
  prochaine_tentative timestamptz,
  commence_a timestamptz,
  envoye_a timestamptz,
  erreur text,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint uq_notification_tenant_id_id unique (tenant_id, id),
  constraint uq_notification_tenant_id_cle unique (tenant_id, cle),
  constraint ck_notification_echeance check ((statut = 'a_envoyer') = (prochaine_tentative is not null))
);
create index ix_notification_a_envoyer on notifications.notification (prochaine_tentative) where statut = 'a_envoyer';
create index ix_notification_en_cours on notifications.notification (commence_a) where statut = 'en_cours';
create index ix_notification_liste on notifications.notification (tenant_id, created_at desc, id desc);

create table notifications.tentative (
  tenant_id uuid not null,
  notification_id uuid not null,
  numero integer not null,
  debut timestamptz not null,
  fin timestamptz,
  issue text constraint ck_tentative_issue check (issue in ('acceptee', 'refusee', 'a_reprendre', 'incertaine')),
  reponse text not null default '',
  constraint pk_tentative primary key (tenant_id, notification_id, numero),
  constraint fk_tentative_notification foreign key (tenant_id, notification_id)
    references notifications.notification (tenant_id, id) on delete cascade
);

create table notifications.piece (
  id uuid constraint pk_piece primary key,
  tenant_id uuid not null,
  notification_id uuid not null,
  rang integer not null,
  nom text not null,
  type_mime text not null,
  contenu bytea not null,
  constraint uq_piece_rang unique (tenant_id, notification_id, rang),
  constraint fk_piece_notification foreign key (tenant_id, notification_id)
    references notifications.notification (tenant_id, id) on delete cascade
);
"""

# What is due, over all tenants, for the sweep that enters each tenant afterwards: identifiers only, nothing of a person.
ECHEANCES = """
create function notifications.echeances(instant timestamptz, orphelines timestamptz, limite integer)
returns table (tenant_id uuid, id uuid, statut text)
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
  (select n.tenant_id, n.id, n.statut from notifications.notification n
    where n.statut = 'a_envoyer' and n.prochaine_tentative <= instant order by n.prochaine_tentative limit limite)
  union all
  (select n.tenant_id, n.id, n.statut from notifications.notification n
    where n.statut = 'en_cours' and n.commence_a <= orphelines order by n.commence_a limit limite)
$$
"""


def upgrade() -> None:
    """Create the schema `notifications`."""
    create_schema("notifications")
    op.execute(TABLES)
    for table in ("notification", "tentative", "piece"):
        tenant_table(f"notifications.{table}")
    op.execute(ECHEANCES)
    op.execute("revoke all on function notifications.echeances from public")
    op.execute("grant execute on function notifications.echeances to guichet_app, guichet_relais")
