alter table notifications.notification
  drop constraint ck_notification_canal,
  drop constraint ck_notification_statut,
  add column user_id uuid,
  add column transactionnel boolean not null default true,
  add column voulu_a timestamptz,
  add column fuseau text,
  add column adresse_cle bytea,
  add column fournisseur text,
  add column reference_fournisseur text,
  add column segments integer,
  add column distribue_a timestamptz,
  add column lu_a timestamptz,
  add constraint ck_notification_canal check (canal in ('email', 'sms', 'interne')),
  add constraint ck_notification_statut check
    (statut in ('a_envoyer', 'en_cours', 'envoye', 'distribue', 'echec', 'incertain', 'ecarte')),
  add constraint ck_notification_interne check ((canal = 'interne') = (user_id is not null)),
  add constraint ck_notification_fuseau check (transactionnel or fuseau is not null),
  add constraint fk_notification_users foreign key (tenant_id, user_id)
    references identite.users (tenant_id, id) on delete cascade;
create index ix_notification_interne on notifications.notification (tenant_id, user_id, created_at desc, id desc)
  where canal = 'interne';
create index ix_notification_non_lue on notifications.notification (tenant_id, user_id)
  where canal = 'interne' and lu_a is null;
create index ix_notification_statut on notifications.notification (tenant_id, statut, created_at desc, id desc);

alter table notifications.tentative
  add column fournisseur text;

-- An address that refused everything. Only its keyed hash is kept.
create table notifications.adresse (
  tenant_id uuid not null,
  canal text not null constraint ck_adresse_canal check (canal in ('email', 'sms')),
  adresse_cle bytea not null,
  rejetee_le timestamptz not null,
  raison text not null,
  constraint pk_adresse primary key (tenant_id, canal, adresse_cle)
);

-- What a person accepts, each change a row of its own: the last one counts, the others are the proof.
create table notifications.consentement (
  id uuid constraint pk_consentement primary key,
  tenant_id uuid not null,
  canal text not null constraint ck_consentement_canal check (canal in ('email', 'sms')),
  adresse_cle bytea not null,
  messages boolean not null,
  rappels boolean not null,
  source text not null constraint ck_consentement_source check (source in ('compte', 'lien', 'desinscription', 'equipe')),
  auteur_id uuid,
  created_at timestamptz not null
);
create index ix_consentement_dernier on notifications.consentement (tenant_id, canal, adresse_cle, id desc);

-- What a tenant writes instead of the house's words. A version without text gives the house's words back.
create table notifications.modele_version (
  tenant_id uuid not null,
  modele text not null,
  canal text not null constraint ck_modele_version_canal check (canal in ('email', 'sms', 'interne')),
  locale text not null constraint ck_modele_version_locale check (locale in ('fr', 'en')),
  version integer not null constraint ck_modele_version_version check (version > 0),
  objet text,
  texte text,
  auteur_id uuid,
  created_at timestamptz not null,
  constraint pk_modele_version primary key (tenant_id, modele, canal, locale, version),
  constraint ck_modele_version_entier check (texte is not null or objet is null)
);
