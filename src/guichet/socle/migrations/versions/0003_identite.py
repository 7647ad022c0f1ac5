"""Tenants, people, roles, sessions, keys."""

from alembic import op

from guichet.socle.migrations.aide import TENANT, create_schema, public_read_table, tenant_table

revision = "0003_identite"
down_revision = "0002_flux"

ROLES = "'SUPER_ADMIN', 'ADMIN_TENANT', 'ADMIN_AGENCE', 'ADMIN_CT', 'CONTROLEUR', 'CALL_CENTER', 'CLIENT'"
PLATEFORME = "00000000-0000-7000-8000-000000000000"

TABLES = f"""
create table identite.tenant (
  id uuid primary key,
  slug text not null unique check (slug ~ '^[a-z0-9]([a-z0-9-]{{0,46}}[a-z0-9])?$'),
  nom text not null,
  type text not null check (type in ('reseau', 'independant', 'franchise')),
  plan text not null check (plan in ('starter', 'business', 'enterprise')),
  max_users integer check (max_users >= 0),
  max_agences integer check (max_agences >= 0),
  domaine text,
  hosts text[] not null default '{{}}',
  branding jsonb not null default '{{}}',
  contact jsonb not null default '{{}}',
  actif boolean not null default true,
  version integer not null default 1,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);

create table identite.repere (
  genre text not null check (genre in ('email', 'cle_api', 'hote', 'lien', 'boite', 'webhook')),
  empreinte bytea not null,
  tenant_id uuid not null references identite.tenant,
  primary key (genre, empreinte, tenant_id)
);
create unique index uq_repere_genre_empreinte on identite.repere (genre, empreinte) where genre <> 'email';

create table identite.reglage (
  tenant_id uuid not null references identite.tenant,
  section text not null,
  valeurs jsonb not null,
  version integer not null default 1,
  modifie_par uuid,
  modifie_le timestamptz not null,
  primary key (tenant_id, section)
);

create table identite.users (
  tenant_id uuid not null references identite.tenant,
  id uuid not null,
  email text collate "C" not null check (email = lower(email)),
  nom text not null,
  prenom text not null default '',
  tri text collate "C" not null,
  telephone text,
  role text not null check (role in ({ROLES})),
  permissions text[] not null default '{{}}',
  agence_ids uuid[] not null default '{{}}',
  centre_ids uuid[] not null default '{{}}',
  langue text not null default 'fr',
  mot_de_passe text,
  mot_de_passe_le timestamptz,
  email_verifie_le timestamptz,
  invite_le timestamptz,
  derniere_connexion timestamptz,
  actif boolean not null default true,
  epoque integer not null default 0,
  totp_secret bytea,
  totp_actif_le timestamptz,
  totp_pas bigint,
  version integer not null default 1,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  primary key (tenant_id, id),
  constraint uq_users_tenant_id_email unique (tenant_id, email),
  constraint super_admin_a_la_maison check ((role = 'SUPER_ADMIN') = (tenant_id = '{PLATEFORME}'))
);
create index ix_users_tri on identite.users (tenant_id, tri, id);
create index ix_users_role on identite.users (tenant_id, role) where actif;
create index ix_users_sans_adresse_verifiee on identite.users (tenant_id, created_at) where email_verifie_le is null;

create table identite.code_secours (
  tenant_id uuid not null,
  user_id uuid not null,
  empreinte bytea not null,
  utilise_le timestamptz,
  primary key (tenant_id, user_id, empreinte),
  foreign key (tenant_id, user_id) references identite.users (tenant_id, id) on delete cascade
);

create table identite.session (
  tenant_id uuid not null,
  id uuid not null,
  user_id uuid not null,
  canal text not null check (canal in ('page', 'api')),
  empreinte bytea,
  agit_pour uuid references identite.tenant,
  appareil text not null default '',
  ip text not null default '',
  cree_le timestamptz not null,
  vue_le timestamptz not null,
  expire_le timestamptz not null,
  fin_le timestamptz not null,
  revoquee_le timestamptz,
  raison text,
  primary key (tenant_id, id),
  foreign key (tenant_id, user_id) references identite.users (tenant_id, id) on delete cascade
);
create unique index uq_session_empreinte on identite.session (tenant_id, empreinte);
create index ix_session_user on identite.session (tenant_id, user_id) where revoquee_le is null;
create index ix_session_fin on identite.session (tenant_id, fin_le);

create table identite.jeton_refresh (
  tenant_id uuid not null,
  empreinte bytea not null,
  session_id uuid not null,
  cree_le timestamptz not null,
  expire_le timestamptz not null,
  utilise_le timestamptz,
  primary key (tenant_id, empreinte),
  foreign key (tenant_id, session_id) references identite.session (tenant_id, id) on delete cascade
);
create index ix_jeton_refresh_session on identite.jeton_refresh (tenant_id, session_id);

create table identite.jeton_courriel (
  tenant_id uuid not null,
  empreinte bytea not null,
  user_id uuid not null,
  motif text not null check (motif in ('invitation', 'mot_de_passe', 'inscription')),
  cree_le timestamptz not null,
  expire_le timestamptz not null,
  utilise_le timestamptz,
  primary key (tenant_id, empreinte),
  foreign key (tenant_id, user_id) references identite.users (tenant_id, id) on delete cascade
);
create index ix_jeton_courriel_user on identite.jeton_courriel (tenant_id, user_id);
create index ix_jeton_courriel_expire on identite.jeton_courriel (tenant_id, expire_le);

create table identite.cle_api (
  tenant_id uuid not null references identite.tenant,
  id uuid not null,
  nom text not null,
  prefixe text not null,
  empreinte bytea not null,
  permissions text[] not null default '{{}}',
  agence_ids uuid[] not null default '{{}}',
  centre_ids uuid[] not null default '{{}}',
  limite_minute integer check (limite_minute > 0),
  ips text[] not null default '{{}}',
  cree_par uuid,
  cree_le timestamptz not null,
  expire_le timestamptz,
  derniere_utilisation timestamptz,
  revoquee_le timestamptz,
  primary key (tenant_id, id)
);
create unique index uq_cle_api_empreinte on identite.cle_api (tenant_id, empreinte);

create table identite.intervention (
  tenant_id uuid not null references identite.tenant,
  session_id uuid not null,
  user_id uuid not null,
  debut timestamptz not null,
  primary key (tenant_id, session_id)
);

create table identite.revocation (
  tenant_id uuid not null references identite.tenant,
  sujet uuid primary key,
  epoque integer,
  expire_le timestamptz not null
);
create index ix_revocation_expire on identite.revocation (expire_le);

create table identite.cle_signature (
  kid text primary key,
  publique jsonb not null,
  privee bytea not null,
  signe_depuis timestamptz not null,
  signe_jusqua timestamptz not null,
  cree_le timestamptz not null
);

create table identite.frein (
  genre text not null check (genre in ('compte', 'ip', 'tenant')),
  empreinte bytea not null,
  echecs integer not null,
  debut timestamptz not null,
  bloque_jusqua timestamptz,
  primary key (genre, empreinte)
);
create index ix_frein_debut on identite.frein (debut);
"""

OF_A_TENANT = (
    "reglage", "users", "code_secours", "session", "jeton_refresh", "jeton_courriel", "cle_api", "intervention",
)  # fmt: skip


def upgrade() -> None:
    """Make the tables, their policies, and the house itself, where super administrators live."""
    create_schema("identite")
    op.execute(TABLES)
    for name in OF_A_TENANT:
        tenant_table(f"identite.{name}")
    for name in ("repere", "revocation"):
        public_read_table(f"identite.{name}")
    # The tenant's own row: everyone reads it (it names the house a visitor stands in), only the tenant changes it.
    op.execute("alter table identite.tenant enable row level security")
    op.execute("alter table identite.tenant force row level security")
    op.execute("create policy lecture on identite.tenant for select using (true)")
    op.execute(f"create policy insertion on identite.tenant for insert with check (id = {TENANT})")
    op.execute(f"create policy modification on identite.tenant for update using (id = {TENANT})")
    op.execute("grant select, insert, update on identite.tenant to guichet_app")
    op.execute("grant select on identite.tenant to guichet_relais")
    # Without a tenant by nature: keys of the whole house, failures counted before anyone is known.
    for name in ("cle_signature", "frein"):
        op.execute(f"grant select, insert, update, delete on identite.{name} to guichet_app")
    op.execute(
        "insert into identite.tenant (id, slug, nom, type, plan) "
        f"values ('{PLATEFORME}', 'plateforme', 'Guichet', 'reseau', 'enterprise')"
    )
