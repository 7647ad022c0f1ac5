"""The directory: clients, vehicles, who holds which one since when, consents."""

from alembic import op

from guichet.socle.migrations.aide import create_schema, tenant_table

revision = "0005_annuaire"
down_revision = "0004_reseau"

TABLES = """
create table annuaire.client (
  id uuid constraint pk_client primary key,
  tenant_id uuid not null constraint fk_client_tenant_id references identite.tenant (id),
  type text not null constraint ck_client_type check (type in ('particulier', 'professionnel')),
  nom text not null,
  prenom text not null default '',
  raison_sociale text,
  siret text,
  cle_nom text collate "C" not null,
  email bytea,
  email_index bytea,
  telephone bytea,
  telephone_index bytea,
  langue text not null default 'fr',
  origine text not null constraint ck_client_origine check (origine in ('reservation', 'personnel', 'compte', 'import')),
  user_id uuid,
  version integer not null default 1,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint uq_client_tenant_id unique (tenant_id, id),
  constraint fk_client_user foreign key (tenant_id, user_id) references identite.users (tenant_id, id),
  constraint ck_client_joignable check (email_index is not null or telephone_index is not null)
);
create index ix_client_cle_nom on annuaire.client (tenant_id, cle_nom, id);
create index ix_client_email on annuaire.client (tenant_id, email_index);
create index ix_client_telephone on annuaire.client (tenant_id, telephone_index);
create index ix_client_user on annuaire.client (tenant_id, user_id) where user_id is not null;

create table annuaire.vehicule (
  id uuid constraint pk_vehicule primary key,
  tenant_id uuid not null constraint fk_vehicule_tenant_id references identite.tenant (id),
  immatriculation text collate "C" not null,
  forme text not null,
  type text not null,
  carburant text not null,
  marque text,
  modele text,
  mise_circulation date,
  annee_seule boolean not null default false,
  version integer not null default 1,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint uq_vehicule_tenant_id unique (tenant_id, id),
  constraint uq_vehicule_immatriculation unique (tenant_id, immatriculation)
);

create table annuaire.detention (
  tenant_id uuid not null,
  vehicule_id uuid not null,
  client_id uuid not null,
  depuis timestamptz not null,
  jusqua timestamptz,
  constraint pk_detention primary key (vehicule_id, client_id),
  constraint fk_detention_vehicule foreign key (tenant_id, vehicule_id) references annuaire.vehicule (tenant_id, id),
  constraint fk_detention_client foreign key (tenant_id, client_id) references annuaire.client (tenant_id, id),
  constraint ck_detention_dates check (depuis <= jusqua)
);
create index ix_detention_client on annuaire.detention (tenant_id, client_id);

create table annuaire.consentement (
  id uuid constraint pk_consentement primary key,
  tenant_id uuid not null,
  client_id uuid not null,
  finalite text not null,
  accorde boolean not null,
  version_texte text not null,
  source text not null,
  le timestamptz not null,
  constraint fk_consentement_client foreign key (tenant_id, client_id) references annuaire.client (tenant_id, id)
);
create index ix_consentement_client on annuaire.consentement (tenant_id, client_id, finalite, le);
"""

# A booking by somebody who has not signed in may add to the directory and never changes what is there. The client is the
# stored one with the same name and the same e-mail or telephone, else a new one; the vehicle is the stored one of that
# plate, else a new one; the two are linked. Called by `rdv` inside its booking function: one round trip.
NOTER_PASSAGE = """
create function annuaire.noter_passage(c annuaire.client, v annuaire.vehicule, le timestamptz,
                                       out client_id uuid, out vehicule_id uuid)
  language plpgsql volatile set search_path = pg_catalog, pg_temp as $$
begin
  select k.id into client_id from annuaire.client k
   where k.tenant_id = c.tenant_id and k.email_index = c.email_index and k.cle_nom = c.cle_nom
   order by k.created_at, k.id limit 1;
  if client_id is null and c.telephone_index is not null then
    select k.id into client_id from annuaire.client k
     where k.tenant_id = c.tenant_id and k.telephone_index = c.telephone_index and k.cle_nom = c.cle_nom
     order by k.created_at, k.id limit 1;
  end if;
  if client_id is null then
    insert into annuaire.client select (c).* returning id into client_id;
  end if;
  select k.id into vehicule_id from annuaire.vehicule k
   where k.tenant_id = v.tenant_id and k.immatriculation = v.immatriculation;
  if vehicule_id is null then
    insert into annuaire.vehicule select (v).*
      on conflict on constraint uq_vehicule_immatriculation do nothing returning id into vehicule_id;
    if vehicule_id is null then
      select k.id into vehicule_id from annuaire.vehicule k
       where k.tenant_id = v.tenant_id and k.immatriculation = v.immatriculation;
    end if;
  end if;
  insert into annuaire.detention (tenant_id, vehicule_id, client_id, depuis)
    values (c.tenant_id, vehicule_id, client_id, le) on conflict on constraint pk_detention do nothing;
end $$;
"""


def upgrade() -> None:
    """Make the tables and the one function a booking calls."""
    create_schema("annuaire")
    op.execute(TABLES)
    for name in ("client", "vehicule", "detention"):
        tenant_table(f"annuaire.{name}")
    tenant_table("annuaire.consentement", grants="select, insert")
    op.execute(NOTER_PASSAGE)
