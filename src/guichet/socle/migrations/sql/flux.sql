-- What flows: messages and their deliveries, jobs already done, routines, the audit journal and its seals.

-- Months -------------------------------------------------------------------------------------------------------------

-- Opens the monthly partitions of socle.messages or socle.audit from one day to another, both included. A month whose
-- first rows already fell into the default partition stays there. Returns how many were opened.
create function socle.ouvrir_partitions(parent text, du date, au date) returns int
  language plpgsql security definer set search_path = pg_catalog, pg_temp set lock_timeout = '2s' as $$
declare
  debut timestamptz;
  fin timestamptz;
  nom text;
  occupe boolean;
  ouvertes int := 0;
begin
  if parent not in ('messages', 'audit') then
    raise exception 'socle.% has no monthly partitions', parent;
  end if;
  debut := date_trunc('month', du::timestamp) at time zone 'UTC';
  while debut <= au::timestamp at time zone 'UTC' loop
    fin := (date_trunc('month', debut at time zone 'UTC') + interval '1 month') at time zone 'UTC';
    nom := format('%s_%s', parent, to_char(debut at time zone 'UTC', 'YYYY_MM'));
    if to_regclass('socle.' || quote_ident(nom)) is null then
      execute format('select exists (select 1 from socle.%I where created_at >= %L and created_at < %L)',
                     parent || '_autres', debut, fin) into occupe;
      if not occupe then
        execute format('create table socle.%I (like socle.%I including defaults including constraints including indexes)', nom, parent);
        perform socle.proteger_partition(nom, parent);
        execute format('alter table socle.%I attach partition socle.%I for values from (%L) to (%L)', parent, nom, debut, fin);
        ouvertes := ouvertes + 1;
      end if;
    end if;
    debut := fin;
  end loop;
  return ouvertes;
end $$;

-- A partition carries the locks of its parent, for whoever would address it directly (nobody is granted to).
create function socle.proteger_partition(nom text, parent text) returns void
  language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
  execute format('alter table socle.%I enable row level security', nom);
  execute format('alter table socle.%I force row level security', nom);
  execute format('create policy tenant on socle.%I using (tenant_id is not distinct from nullif((select current_setting(''app.tenant_id'', true)), '''')::uuid)', nom);
  if parent = 'messages' then
    -- Each row is updated once: without early vacuums the index of what waits would be full of what no longer does.
    execute format('alter table socle.%I set (autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 1000)', nom);
  elsif parent = 'audit' then
    execute format('create trigger vide before truncate on socle.%I execute function socle.refuser_changement()', nom);
  end if;
end $$;

-- Removes a month that is over and done with: every message delivered; every audit row sealed, and old enough. Returns
-- how many rows went with it; null when the month is not there or not finished.
create function socle.retirer_mois(parent text, mois date) returns bigint
  language plpgsql security definer set search_path = pg_catalog, pg_temp set lock_timeout = '2s' as $$
declare
  debut timestamptz := date_trunc('month', mois::timestamp) at time zone 'UTC';
  fin timestamptz := (date_trunc('month', mois::timestamp) + interval '1 month') at time zone 'UTC';
  nom text := format('%s_%s', parent, to_char(mois, 'YYYY_MM'));
  nombre bigint;
begin
  if parent not in ('messages', 'audit') then
    raise exception 'socle.% has no monthly partitions', parent;
  end if;
  if to_regclass('socle.' || quote_ident(nom)) is null then
    return null;
  end if;
  if parent = 'audit' then
    if fin > now() - interval '1 year' then
      raise exception 'the audit journal of % is too young to be removed', nom using errcode = 'restrict_violation';
    end if;
    if exists (select 1 from socle.audit_a_sceller where created_at >= debut and created_at < fin) then
      return null;
    end if;
  elsif exists (select 1 from socle.messages where publie_le is null and created_at >= debut and created_at < fin)
     or exists (select 1 from socle.livraisons where message_le >= debut and message_le < fin) then
    return null;
  end if;
  execute format('select count(*) from socle.%I', nom) into nombre;
  execute format('drop table socle.%I', nom);
  return nombre;
end $$;

revoke execute on function socle.ouvrir_partitions(text, date, date), socle.proteger_partition(text, text),
  socle.retirer_mois(text, date) from public;
grant execute on function socle.ouvrir_partitions(text, date, date), socle.retirer_mois(text, date) to guichet_relais;

-- Messages -----------------------------------------------------------------------------------------------------------

create sequence socle.messages_id_seq;
create table socle.messages (
  id bigint not null default nextval('socle.messages_id_seq'),
  created_at timestamptz not null,
  tenant_id uuid,
  type text not null,
  version smallint not null,
  payload jsonb not null,
  correlation_id text,
  publie_le timestamptz,
  primary key (id, created_at)
) partition by range (created_at);
create index messages_a_publier on socle.messages (id) where publie_le is null;

alter table socle.messages enable row level security;
alter table socle.messages force row level security;
create policy tenant on socle.messages to guichet_app
  using (tenant_id is not distinct from nullif((select current_setting('app.tenant_id', true)), '')::uuid)
  with check (tenant_id is not distinct from nullif((select current_setting('app.tenant_id', true)), '')::uuid);
create policy relais on socle.messages to guichet_relais using (true) with check (true);
grant select, insert on socle.messages to guichet_app;
grant select, update, delete on socle.messages to guichet_relais;
grant usage on sequence socle.messages_id_seq to guichet_app;

create table socle.messages_autres partition of socle.messages default;
select socle.proteger_partition('messages_autres', 'messages');

-- One row per message and deferred reaction still to be run, or given up. Deleted by the transaction that runs it.
create table socle.livraisons (
  message_id bigint not null,
  reaction text not null,
  message_le timestamptz not null,
  tenant_id uuid,
  etat text not null default 'due' check (etat in ('due', 'echec')),
  essais smallint not null default 0,
  due_le timestamptz not null,
  erreur text,
  primary key (message_id, reaction)
) with (autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 500);
create index livraisons_dues on socle.livraisons (due_le) where etat = 'due';
create index livraisons_en_echec on socle.livraisons (message_id) where etat = 'echec';

alter table socle.livraisons enable row level security;
alter table socle.livraisons force row level security;
create policy tenant on socle.livraisons to guichet_app
  using (tenant_id is not distinct from nullif((select current_setting('app.tenant_id', true)), '')::uuid);
create policy relais on socle.livraisons to guichet_relais using (true) with check (true);
grant select, update, delete on socle.livraisons to guichet_app;
grant select, insert, update, delete on socle.livraisons to guichet_relais;

-- Jobs and routines --------------------------------------------------------------------------------------------------

-- A job whose transaction has committed; kept until the queue has forgotten the job, so that it never runs twice.
create table socle.travaux_faits (
  job_id bigint primary key,
  fait_le timestamptz not null
);
grant insert on socle.travaux_faits to guichet_app;
grant select, delete on socle.travaux_faits to guichet_relais;

-- Why a job failed last.
create table socle.travaux_erreurs (
  job_id bigint primary key,
  erreur text not null,
  survenue_le timestamptz not null
);
grant select, insert, update, delete on socle.travaux_erreurs to guichet_relais;

create table socle.routines (
  nom text primary key,
  derniere_le timestamptz not null,
  prochaine_le timestamptz not null,
  duree_ms int not null,
  echecs int not null default 0,
  erreur text
);
grant select, insert, update on socle.routines to guichet_relais;

-- Audit --------------------------------------------------------------------------------------------------------------

create function socle.refuser_changement() returns trigger
  language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
  raise exception 'the audit journal is append-only' using errcode = 'restrict_violation';
end $$;

create sequence socle.audit_id_seq;
create table socle.audit (
  id bigint not null default nextval('socle.audit_id_seq'),
  created_at timestamptz not null,
  tenant_id uuid,
  niveau text not null default 'AUDIT' check (niveau in ('DEBUG', 'INFO', 'WARN', 'ERROR', 'AUDIT')),
  action text not null,
  entite text not null,
  entite_id text,
  auteur_id uuid,
  auteur text not null default '',
  via text not null default '',
  avant jsonb,
  apres jsonb,
  ip_address inet,
  user_agent text,
  correlation_id text,
  primary key (id, created_at)
) partition by range (created_at);
create index audit_par_date on socle.audit (tenant_id, created_at);
create index audit_par_entite on socle.audit (tenant_id, entite, entite_id);

alter table socle.audit enable row level security;
alter table socle.audit force row level security;
create policy tenant on socle.audit to guichet_app
  using (tenant_id is not distinct from nullif((select current_setting('app.tenant_id', true)), '')::uuid)
  with check (tenant_id is not distinct from nullif((select current_setting('app.tenant_id', true)), '')::uuid);
create policy relais on socle.audit for select to guichet_relais using (true);
grant select, insert on socle.audit to guichet_app;
grant select on socle.audit to guichet_relais;
grant usage on sequence socle.audit_id_seq to guichet_app;
create trigger fige before update or delete on socle.audit for each row execute function socle.refuser_changement();
create trigger vide before truncate on socle.audit execute function socle.refuser_changement();

create table socle.audit_autres partition of socle.audit default;
select socle.proteger_partition('audit_autres', 'audit');

-- The rows no seal covers yet, written by the same statement as the row: the sealer finds them whatever the order of
-- commits, and writers never wait.
create table socle.audit_a_sceller (
  id bigint not null,
  created_at timestamptz not null
) with (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000);
grant select, delete on socle.audit_a_sceller to guichet_relais;

create function socle.noter_a_sceller() returns trigger
  language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  insert into socle.audit_a_sceller (id, created_at) select id, created_at from nouvelles;
  return null;
end $$;
create trigger a_sceller after insert on socle.audit referencing new table as nouvelles
  for each statement execute function socle.noter_a_sceller();

-- The chain. A `lot` covers the rows of its ranges, with one SHA-256 each; a `retrait` says that a month was removed.
create table socle.audit_sceaux (
  numero bigint primary key,
  nature text not null check (nature in ('lot', 'retrait')),
  mois date not null,
  lignes int8multirange not null,
  nombre int not null,
  empreintes bytea not null,
  scelle_le timestamptz not null,
  cle_id text not null,
  precedent bytea not null,
  sceau bytea not null
);
create index audit_sceaux_par_mois on socle.audit_sceaux (mois);
create trigger fige before update or delete on socle.audit_sceaux for each row execute function socle.refuser_changement();
create trigger vide before truncate on socle.audit_sceaux execute function socle.refuser_changement();
grant select, insert on socle.audit_sceaux to guichet_relais;

-- What was asked twice ------------------------------------------------------------------------------------------------

-- The answer given to a request that carried an Idempotency-Key. `portee` is the digest of the caller, the method and
-- the path, `empreinte` that of the body. A row without a tenant is found by its digest alone.
create table socle.idempotence (
  portee bytea not null,
  cle text not null,
  tenant_id uuid,
  empreinte bytea not null,
  statut smallint,
  entetes jsonb not null default '{}',
  corps bytea,
  created_at timestamptz not null,
  primary key (portee, cle)
);
create index idempotence_par_date on socle.idempotence (created_at);
alter table socle.idempotence enable row level security;
alter table socle.idempotence force row level security;
create policy tenant on socle.idempotence to guichet_app
  using (tenant_id is null or tenant_id = nullif((select current_setting('app.tenant_id', true)), '')::uuid)
  with check (tenant_id is null or tenant_id = nullif((select current_setting('app.tenant_id', true)), '')::uuid);
create policy relais on socle.idempotence to guichet_relais using (true);
grant select, insert, update, delete on socle.idempotence to guichet_app;
grant select, delete on socle.idempotence to guichet_relais;

select socle.ouvrir_partitions(parent, current_date, (current_date + interval '3 months')::date)
  from unnest(array['messages', 'audit']) as parent;
