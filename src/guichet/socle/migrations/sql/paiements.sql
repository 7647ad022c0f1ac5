-- A payment: what is owed for one opaque reference, and what became of it. Money is cents.
create table paiements.paiement (
  id uuid constraint pk_paiement primary key,
  tenant_id uuid not null,
  reference text not null,
  canal text not null constraint ck_paiement_canal check (canal in ('en_ligne', 'sur_place')),
  moyen text not null constraint ck_paiement_moyen check (moyen in ('carte_bancaire', 'especes', 'cheque')),
  statut text not null constraint ck_paiement_statut check (statut in ('pending', 'succeeded', 'failed', 'refunded')),
  motif text,
  montant_cents bigint not null constraint ck_paiement_montant check (montant_cents > 0),
  encaisse_cents bigint not null default 0 constraint ck_paiement_encaisse check (encaisse_cents >= 0),
  rembourse_cents bigint not null default 0,
  lignes jsonb not null,
  acheteur bytea not null,
  langue text not null constraint ck_paiement_langue check (langue in ('fr', 'en')),
  retour_url text not null default '',
  lieu text,
  fuseau text not null default 'Europe/Paris',
  cle text,
  encaisse_par uuid,
  fournisseur text,
  session_id text,
  session_url text,
  champs_url text,
  expire_a timestamptz,
  ferme_a timestamptz,
  paye_a timestamptz,
  a_verifier timestamptz,
  verifications integer not null default 0,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint uq_paiement_tenant_id_id unique (tenant_id, id),
  constraint uq_paiement_cle unique (tenant_id, cle),
  constraint uq_paiement_session unique (tenant_id, fournisseur, session_id),
  -- Never more given back than was taken.
  constraint ck_paiement_rembourse check (rembourse_cents between 0 and encaisse_cents),
  constraint ck_paiement_paye check ((encaisse_cents > 0) = (statut in ('succeeded', 'refunded'))),
  constraint ck_paiement_total check ((statut = 'refunded') = (encaisse_cents > 0 and rembourse_cents = encaisse_cents)),
  constraint ck_paiement_en_ligne check ((canal = 'en_ligne') = (expire_a is not null))
);
-- One payment at a time waits for a reference.
create unique index uq_paiement_en_attente on paiements.paiement (tenant_id, reference) where statut = 'pending';
create index ix_paiement_reference on paiements.paiement (tenant_id, reference);
create index ix_paiement_a_verifier on paiements.paiement (a_verifier) where a_verifier is not null;
create index ix_paiement_liste on paiements.paiement (tenant_id, created_at desc, id desc);

-- One card tried. A refused card is not a failed payment.
create table paiements.tentative (
  tenant_id uuid not null,
  paiement_id uuid not null,
  numero integer not null constraint ck_tentative_numero check (numero >= 1),
  fournisseur_ref text not null,
  issue text not null constraint ck_tentative_issue check (issue in ('en_cours', 'acceptee', 'refusee')),
  motif text not null default '',
  vue_a timestamptz not null,
  constraint pk_tentative_paiement primary key (tenant_id, paiement_id, numero),
  constraint uq_tentative_ref unique (tenant_id, paiement_id, fournisseur_ref),
  constraint fk_tentative_paiement foreign key (tenant_id, paiement_id) references paiements.paiement (tenant_id, id)
);

-- What a provider told, as it came, once per event of its own.
create table paiements.evenement (
  id uuid constraint pk_evenement primary key,
  tenant_id uuid not null,
  fournisseur text not null,
  evenement_ref text not null,
  genre text not null,
  session_id text not null,
  source text not null constraint ck_evenement_source check (source in ('notification', 'releve')),
  corps bytea not null,
  recu_a timestamptz not null,
  traite_a timestamptz,
  essais integer not null default 0,
  erreur text,
  constraint uq_evenement_ref unique (tenant_id, fournisseur, evenement_ref)
);
create index ix_evenement_a_traiter on paiements.evenement (recu_a) where traite_a is null;

-- Money to give back: the intent first, the provider afterwards.
create table paiements.remboursement (
  id uuid constraint pk_remboursement primary key,
  tenant_id uuid not null,
  paiement_id uuid not null,
  cle text not null,
  montant_cents bigint not null constraint ck_remboursement_montant check (montant_cents > 0),
  motif text not null,
  statut text not null constraint ck_remboursement_statut
    check (statut in ('a_envoyer', 'en_cours', 'en_attente', 'effectue', 'refuse')),
  fournisseur_ref text,
  tentatives integer not null default 0,
  prochaine_tentative timestamptz,
  erreur text,
  demande_par uuid,
  demande_a timestamptz not null,
  effectue_a timestamptz,
  constraint uq_remboursement_tenant_id_id unique (tenant_id, id),
  constraint uq_remboursement_cle unique (tenant_id, cle),
  constraint uq_remboursement_ref unique (tenant_id, paiement_id, fournisseur_ref),
  constraint fk_remboursement_paiement foreign key (tenant_id, paiement_id) references paiements.paiement (tenant_id, id),
  constraint ck_remboursement_echeance check ((statut in ('a_envoyer', 'en_cours', 'en_attente')) = (prochaine_tentative is not null)),
  constraint ck_remboursement_effectue check ((statut = 'effectue') = (effectue_a is not null))
);
create index ix_remboursement_paiement on paiements.remboursement (tenant_id, paiement_id);
create index ix_remboursement_du on paiements.remboursement (prochaine_tentative) where prochaine_tentative is not null;

-- The ledger: operations whose entries cancel out, never changed, never removed before their ten years.
create table paiements.operation (
  id uuid constraint pk_operation primary key,
  tenant_id uuid not null,
  paiement_id uuid not null,
  remboursement_id uuid,
  genre text not null constraint ck_operation_genre check (genre in ('encaissement', 'remboursement')),
  moyen text not null constraint ck_operation_moyen check (moyen in ('carte_bancaire', 'especes', 'cheque')),
  montant_cents bigint not null constraint ck_operation_montant check (montant_cents > 0),
  cle text not null,
  lieu text,
  jour date not null,
  par uuid,
  le timestamptz not null,
  constraint uq_operation_tenant_id_id unique (tenant_id, id),
  constraint uq_operation_cle unique (tenant_id, paiement_id, genre, cle),
  constraint fk_operation_paiement foreign key (tenant_id, paiement_id) references paiements.paiement (tenant_id, id),
  constraint fk_operation_remboursement foreign key (tenant_id, remboursement_id) references paiements.remboursement (tenant_id, id),
  constraint ck_operation_sens check ((genre = 'remboursement') = (remboursement_id is not null))
);
create index ix_operation_caisse on paiements.operation (tenant_id, lieu, jour) where lieu is not null;
create index ix_operation_paiement on paiements.operation (tenant_id, paiement_id);

create table paiements.ecriture (
  tenant_id uuid not null,
  operation_id uuid not null,
  rang integer not null,
  compte text not null,
  montant_cents bigint not null constraint ck_ecriture_montant check (montant_cents <> 0),
  constraint pk_ecriture primary key (tenant_id, operation_id, rang),
  constraint fk_ecriture_operation foreign key (tenant_id, operation_id) references paiements.operation (tenant_id, id)
);
create index ix_ecriture_compte on paiements.ecriture (tenant_id, compte);

-- Accounting documents: numbered without gaps by series and year, sealed.
create table paiements.compteur (
  tenant_id uuid not null,
  serie text not null constraint ck_compteur_serie check (serie in ('recu', 'facture', 'avoir')),
  exercice integer not null,
  dernier integer not null constraint ck_compteur_dernier check (dernier >= 1),
  constraint pk_compteur primary key (tenant_id, serie, exercice)
);
create table paiements.piece (
  id uuid constraint pk_piece_comptable primary key,
  tenant_id uuid not null,
  serie text not null constraint ck_piece_serie check (serie in ('recu', 'facture', 'avoir')),
  exercice integer not null,
  numero integer not null,
  code text not null,
  paiement_id uuid not null,
  operation_id uuid not null,
  annule_id uuid,
  montant_cents bigint not null constraint ck_piece_montant check (montant_cents > 0),
  contenu bytea not null,
  empreinte bytea not null,
  emise_a timestamptz not null,
  constraint uq_piece_tenant_id_id unique (tenant_id, id),
  constraint uq_piece_numero unique (tenant_id, serie, exercice, numero),
  constraint uq_piece_operation unique (tenant_id, operation_id, serie),
  constraint fk_piece_paiement foreign key (tenant_id, paiement_id) references paiements.paiement (tenant_id, id),
  constraint fk_piece_operation foreign key (tenant_id, operation_id) references paiements.operation (tenant_id, id),
  constraint fk_piece_annule foreign key (tenant_id, annule_id) references paiements.piece (tenant_id, id),
  constraint ck_piece_avoir check (serie = 'avoir' or annule_id is null)
);
create index ix_piece_paiement on paiements.piece (tenant_id, paiement_id);

-- What a tenant's provider needs to be spoken to: keys (encrypted), and how far its events have been read.
create table paiements.acces (
  id uuid constraint pk_acces primary key,
  tenant_id uuid not null,
  fournisseur text not null,
  secrets bytea,
  curseur text not null default '',
  updated_at timestamptz not null default now(),
  constraint uq_acces_fournisseur unique (tenant_id, fournisseur)
);

-- Every operation balances, and a payment says exactly what its operations add up to. Checked at the commit.
create function paiements.check_operation() returns trigger
language plpgsql set search_path = pg_catalog, pg_temp as $$
declare
  total bigint;
  lignes bigint;
begin
  select coalesce(sum(e.montant_cents), 0), count(*) into total, lignes
    from paiements.ecriture e where e.tenant_id = new.tenant_id and e.operation_id = new.id;
  if total <> 0 or lignes < 2 then
    raise exception 'operation % does not balance', new.id using errcode = 'check_violation', constraint = 'ck_operation_equilibre';
  end if;
  return null;
end $$;
create constraint trigger equilibre after insert on paiements.operation
  deferrable initially deferred for each row execute function paiements.check_operation();

create function paiements.check_paiement() returns trigger
language plpgsql set search_path = pg_catalog, pg_temp as $$
declare
  cible uuid := case when tg_table_name = 'paiement' then new.id else (to_jsonb(new) ->> 'paiement_id')::uuid end;
  p record;
  pris bigint;
  rendu bigint;
  demande bigint;
begin
  select encaisse_cents, rembourse_cents into p from paiements.paiement where tenant_id = new.tenant_id and id = cible;
  if not found then
    return null;
  end if;
  select coalesce(sum(montant_cents) filter (where genre = 'encaissement'), 0),
         coalesce(sum(montant_cents) filter (where genre = 'remboursement'), 0) into pris, rendu
    from paiements.operation where tenant_id = new.tenant_id and paiement_id = cible;
  select coalesce(sum(montant_cents), 0) into demande
    from paiements.remboursement where tenant_id = new.tenant_id and paiement_id = cible and statut <> 'refuse';
  if p.encaisse_cents <> pris or p.rembourse_cents <> rendu then
    raise exception 'payment % and its ledger disagree', cible using errcode = 'check_violation', constraint = 'ck_paiement_livre';
  end if;
  if demande > pris then
    raise exception 'payment %: more to give back than was taken', cible using errcode = 'check_violation', constraint = 'ck_remboursement_total';
  end if;
  return null;
end $$;
create constraint trigger livre after insert or update of encaisse_cents, rembourse_cents on paiements.paiement
  deferrable initially deferred for each row execute function paiements.check_paiement();
create constraint trigger livre after insert on paiements.operation
  deferrable initially deferred for each row execute function paiements.check_paiement();
create constraint trigger livre after insert or update of statut, montant_cents on paiements.remboursement
  deferrable initially deferred for each row execute function paiements.check_paiement();

-- A number is given by the counter, in order: none is skipped, none is given twice.
create function paiements.check_piece() returns trigger
language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
  if new.numero is distinct from (select c.dernier from paiements.compteur c
       where c.tenant_id = new.tenant_id and c.serie = new.serie and c.exercice = new.exercice) then
    raise exception 'document number % was not given by the counter', new.numero using errcode = 'check_violation', constraint = 'ck_piece_suite';
  end if;
  return new;
end $$;
create trigger suite before insert on paiements.piece for each row execute function paiements.check_piece();

create function paiements.check_compteur() returns trigger
language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
  if (tg_op = 'INSERT' and new.dernier <> 1) or (tg_op = 'UPDATE' and new.dernier <> old.dernier + 1) then
    raise exception 'the counter goes one by one' using errcode = 'check_violation', constraint = 'ck_compteur_pas';
  end if;
  return new;
end $$;
create trigger pas before insert or update on paiements.compteur for each row execute function paiements.check_compteur();
-- A number taken is a document written, or the commit fails.
create function paiements.check_numero() returns trigger
language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
  if not exists (select 1 from paiements.piece p where p.tenant_id = new.tenant_id and p.serie = new.serie
                   and p.exercice = new.exercice and p.numero = new.dernier) then
    raise exception 'number % was taken for nothing', new.dernier using errcode = 'check_violation', constraint = 'ck_compteur_piece';
  end if;
  return null;
end $$;
create constraint trigger numero after insert or update on paiements.compteur
  deferrable initially deferred for each row execute function paiements.check_numero();

-- Written once. Only a retention that says so (`paiements.purge`) may remove what is ten years old.
create function paiements.refuse_change() returns trigger
language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
  if tg_op = 'DELETE' and current_setting('paiements.purge', true) = 'on' then
    return old;
  end if;
  -- Turning the encryption key writes the same words again: the seal says they are the same.
  if tg_op = 'UPDATE' and to_jsonb(new) - 'contenu' = to_jsonb(old) - 'contenu' and to_jsonb(new) ? 'contenu' then
    return new;
  end if;
  raise exception '% is written once', tg_table_name using errcode = 'integrity_constraint_violation';
end $$;
create trigger fige before update or delete on paiements.operation for each row execute function paiements.refuse_change();
create trigger fige before update or delete on paiements.ecriture for each row execute function paiements.refuse_change();
create trigger fige before update or delete on paiements.piece for each row execute function paiements.refuse_change();

-- What the ledger says of each account, and of each payment: the figures reports are checked against.
create view paiements.balance with (security_invoker = true) as
  select tenant_id, compte, sum(montant_cents)::bigint as solde_cents from paiements.ecriture group by tenant_id, compte;

-- What is due, over all tenants, for the sweep that enters each tenant afterwards: identifiers only.
create function paiements.echeances(instant timestamptz, evenements_avant timestamptz, limite integer)
returns table (tenant_id uuid, genre text, id uuid)
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
  (select p.tenant_id, 'paiement', p.id from paiements.paiement p
    where p.a_verifier <= instant order by p.a_verifier limit limite)
  union all
  (select r.tenant_id, 'remboursement', r.id from paiements.remboursement r
    where r.prochaine_tentative <= instant order by r.prochaine_tentative limit limite)
  union all
  (select e.tenant_id, 'evenement', e.id from paiements.evenement e
    where e.traite_a is null and e.recu_a <= evenements_avant order by e.recu_a limit limite)
$$;
-- Figures of the moment over all tenants: no name, no amount of anybody.
create function paiements.mesures(instant timestamptz)
returns table (genre text, nombre bigint)
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
  select 'paiements_a_verifier', count(*) from paiements.paiement where a_verifier <= instant
  union all select 'remboursements_en_route', count(*) from paiements.remboursement where prochaine_tentative is not null
  union all select 'evenements_non_traites', count(*) from paiements.evenement where traite_a is null
$$;
-- Whose payment an identifier is, before the tenant is known (test mode).
create function paiements.reseau_de(cible uuid) returns uuid
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
  select p.tenant_id from paiements.paiement p where p.id = cible
$$;
