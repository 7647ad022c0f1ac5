-- Appointments. Times are timestamptz and never ranges: under row-level security a range operator cannot use an index.

-- One row per centre and local day it may be booked on. No row: the centre is not booked online.
create table rdv.journee (
  tenant_id uuid not null,
  centre_id uuid not null,
  jour date not null,
  minuit timestamptz not null,
  lendemain timestamptz not null,
  etat text not null constraint ck_journee_etat check (etat in ('ouvert', 'ferme', 'ferie')),
  capacite integer not null constraint ck_journee_capacite check (capacite >= 0),
  constraint pk_journee primary key (centre_id, jour),
  constraint fk_journee_centre foreign key (tenant_id, centre_id) references reseau.centre (tenant_id, id),
  constraint ck_journee_bornes check (minuit < lendemain)
);

-- One row per inspector, centre and local day: when they work there and what they may inspect that day.
create table rdv.ouverture (
  tenant_id uuid not null,
  centre_id uuid not null,
  controleur_id uuid not null,
  jour date not null,
  plages tstzmultirange not null,
  capacites text[] not null,
  constraint pk_ouverture primary key (centre_id, jour, controleur_id),
  constraint fk_ouverture_centre foreign key (tenant_id, centre_id) references reseau.centre (tenant_id, id),
  constraint fk_ouverture_controleur foreign key (tenant_id, controleur_id) references reseau.controleur (tenant_id, id)
);
create index ix_ouverture_controleur on rdv.ouverture (controleur_id, jour);

create table rdv.rdv (
  id uuid constraint pk_rdv primary key,
  tenant_id uuid not null,
  numero text collate "C" not null constraint uq_rdv_numero unique,
  centre_id uuid not null,
  controleur_id uuid,
  controleur_choisi boolean not null default false,
  client_id uuid,
  vehicule_id uuid,
  initial_id uuid,
  type_controle text not null constraint ck_rdv_type_controle check (type_controle in ('CTP', 'CVP', 'CV', 'CTC', 'CVC')),
  debut timestamptz not null,
  fin timestamptz not null,
  jour date not null,
  statut text not null constraint ck_rdv_statut
    check (statut in ('en_attente_paiement', 'confirme', 'en_cours', 'termine', 'absent', 'annule')),
  resultat text constraint ck_rdv_resultat check (resultat in ('favorable', 'defavorable', 'contre_visite')),
  surnombre boolean not null default false,
  montant_cents integer constraint ck_rdv_montant check (montant_cents >= 0),
  paiement_mode text not null constraint ck_rdv_paiement_mode check (paiement_mode in ('en_ligne', 'sur_place')),
  paiement_statut text constraint ck_rdv_paiement_statut
    check (paiement_statut in ('en_attente', 'paye', 'rembourse', 'rembourse_partiel')),
  expire_a timestamptz,
  source text not null constraint ck_rdv_source
    check (source in ('web', 'mobile', 'call_center', 'backoffice', 'courrier', 'api')),
  client_type text not null,
  client_nom text not null,
  client_prenom text not null default '',
  client_raison_sociale text,
  client_siret text,
  client_cle_nom text collate "C" not null,
  client_email bytea,
  client_email_index bytea,
  client_telephone bytea,
  client_telephone_index bytea,
  immatriculation text collate "C" not null,
  vehicule_type text not null,
  carburant text not null,
  marque text,
  modele text,
  mise_circulation text,
  date_controle_initial date,
  notes text,
  langue text not null default 'fr',
  annule_le timestamptz,
  annule_motif text constraint ck_rdv_annule_motif check (annule_motif in ('client', 'centre', 'expiration')),
  annule_raison text,
  modifications smallint not null default 0,
  sequence smallint not null default 0,
  cree_par uuid,
  version integer not null default 1,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint uq_rdv_tenant_id unique (tenant_id, id),
  constraint fk_rdv_centre foreign key (tenant_id, centre_id) references reseau.centre (tenant_id, id),
  constraint fk_rdv_controleur foreign key (tenant_id, controleur_id) references reseau.controleur (tenant_id, id),
  constraint fk_rdv_client foreign key (tenant_id, client_id) references annuaire.client (tenant_id, id),
  constraint fk_rdv_vehicule foreign key (tenant_id, vehicule_id) references annuaire.vehicule (tenant_id, id),
  constraint fk_rdv_initial foreign key (tenant_id, initial_id) references rdv.rdv (tenant_id, id),
  constraint ck_rdv_duree check (debut < fin and fin <= debut + interval '12 hours'),
  constraint ck_rdv_annule check ((statut = 'annule') = (annule_le is not null)),
  constraint ck_rdv_tenue check (statut <> 'en_attente_paiement' or expire_a is not null),
  constraint ex_rdv_controleur exclude using gist (controleur_id with =, tstzrange(debut, fin) with &&)
    where (statut in ('en_attente_paiement', 'confirme', 'en_cours', 'termine'))
);
create index ix_rdv_centre on rdv.rdv (centre_id, debut);
create index ix_rdv_controleur on rdv.rdv (controleur_id, debut);
create index ix_rdv_client on rdv.rdv (tenant_id, client_id, debut);
create index ix_rdv_immatriculation on rdv.rdv (tenant_id, immatriculation, debut);
create index ix_rdv_email on rdv.rdv (tenant_id, client_email_index, debut);
create index ix_rdv_telephone on rdv.rdv (tenant_id, client_telephone_index, debut);
create index ix_rdv_tenues on rdv.rdv (controleur_id, expire_a) where statut = 'en_attente_paiement';
create index ix_rdv_initial on rdv.rdv (tenant_id, initial_id) where initial_id is not null;

-- What anonymous callers booked lately, by telephone and by address, as blind indexes: only to count.
create table rdv.cadence (
  tenant_id uuid not null,
  cle bytea not null,
  le timestamptz not null,
  rdv_id uuid not null,
  constraint pk_cadence primary key (tenant_id, cle, rdv_id)
);
create index ix_cadence_le on rdv.cadence (tenant_id, le);

-- A state that gives an inspector's time away, at an instant of the house's clock: a dead hold does not.
create function rdv.occupe(statut text, expire_a timestamptz, maintenant timestamptz) returns boolean
  language sql immutable parallel safe return
    statut in ('confirme', 'en_cours', 'termine') or (statut = 'en_attente_paiement' and expire_a > maintenant);

-- The free starts of a centre, day after day, at most `limite` of them. `places`: how many accredited inspectors could
-- take the start; `au_travail`: how many work then; `sans_trou`: one of them would keep no stretch too short for another
-- appointment of that length. The grid counts from local midnight, whose wall clock shows a whole hour.
create function rdv.creneaux(
  p_centre uuid, p_du date, p_au date, p_duree interval, p_grille interval, p_besoins text[],
  p_depuis timestamptz, p_maintenant timestamptz, p_limite integer
) returns table (jour date, debut timestamptz, places integer, au_travail integer, sans_trou boolean)
  language plpgsql stable set search_path = pg_catalog, pg_temp as $$
declare
  j record;
  avant timestamptz;
  trouves integer := 0;
  n integer;
begin
  for j in
    select k.jour, k.minuit, k.lendemain, k.capacite from rdv.journee k
     where k.centre_id = p_centre and k.jour between p_du and p_au and k.etat = 'ouvert' and k.lendemain > p_depuis
     order by k.jour
  loop
    if (select count(*) from rdv.rdv r
         where r.centre_id = p_centre and r.debut >= j.minuit and r.debut < j.lendemain
           and not r.surnombre and rdv.occupe(r.statut, r.expire_a, p_maintenant)) >= j.capacite then
      continue;
    end if;
    avant := j.minuit - interval '12 hours';
    return query
      with o as materialized (
        select ouv.plages,
               ouv.plages - coalesce((
                 select range_agg(tstzrange(r.debut, r.fin)) from rdv.rdv r
                  where r.controleur_id = ouv.controleur_id and r.debut > avant and r.debut < j.lendemain
                    and rdv.occupe(r.statut, r.expire_a, p_maintenant)), '{}'::tstzmultirange) as libre
          from rdv.ouverture ouv
         where ouv.centre_id = p_centre and ouv.jour = j.jour and ouv.capacites @> p_besoins
      ), s as (
        select g as d, count(*) as n,
               bool_or((g = lower(p) or g - lower(p) >= p_duree)
                       and (upper(p) = g + p_duree or upper(p) - g - p_duree >= p_duree)) as net
          from o, unnest(o.libre) p,
               generate_series(date_bin(p_grille, lower(p) + p_grille - interval '1 microsecond', j.minuit),
                               upper(p) - p_duree, p_grille) g
         where g >= p_depuis
         group by g order by g limit p_limite - trouves
      )
      select j.jour, s.d, s.n::integer,
             (select count(*)::integer from o where o.plages @> tstzrange(s.d, s.d + p_duree)), s.net
        from s order by s.d;
    get diagnostics n = row_count;
    trouves := trouves + n;
    exit when trouves >= p_limite;
  end loop;
end $$;

-- The key of a centre's day for advisory locks.
create function rdv.cle_jour(centre uuid, jour date) returns bigint
  language sql immutable parallel safe return hashtextextended(centre::text, (jour - date '2000-01-01')::bigint);

-- Gives a place to an appointment, or says why not. Volatile: each statement after the locks reads what is committed by
-- then. Written back: `issue` is `ok`, `pris`, `tenu`, `complet`, `hors_horaires`, `numero` (drawn twice: draw again), `plafond`.
-- A refusal gives the locks back at once, so that those who lose do not make others wait; with `garder` they stay until
-- the end of the transaction, and the caller may look further under them.
--   r         the appointment, without inspector, client and vehicle
--   c, v      what was typed, for the directory
--   besoins   what the inspector must be accredited for
--   choisi    the one inspector wanted, or null
--   cles      blind indexes of an anonymous caller (telephone, address) with their caps over `fenetre`; empty for others
create function rdv.reserver(
  p_rdv jsonb, p_client jsonb, p_vehicule jsonb, besoins text[], choisi uuid, maintenant timestamptz,
  cles bytea[], plafonds integer[], fenetre interval, garder boolean,
  out issue text, out controleur uuid, out client uuid, out vehicule uuid, out liberes uuid[]
) language plpgsql volatile set search_path = pg_catalog, pg_temp as $$
declare
  r rdv.rdv := jsonb_populate_record(null::rdv.rdv, p_rdv);
  j rdv.journee;
  verrous bigint[];
  verrou bigint;
  avant timestamptz;
  voulu tstzrange := tstzrange(r.debut, r.fin);
  essai integer := 0;
begin
  loop
    essai := essai + 1;
    begin
      issue := null; controleur := null; client := null; vehicule := null; liberes := '{}';
      select array_agg(distinct k order by k) into verrous from (
        select rdv.cle_jour(r.centre_id, r.jour) as k
        union all
        select rdv.cle_jour(b.centre_id, b.jour)
          from rdv.ouverture a join rdv.ouverture b on b.controleur_id = a.controleur_id and b.jour = a.jour
         where a.centre_id = r.centre_id and a.jour = r.jour
        union all
        select hashtextextended(encode(cle, 'hex'), 1) from unnest(cles) cle
      ) t;
      foreach verrou in array verrous loop
        perform pg_advisory_xact_lock(verrou);
      end loop;

      if exists (
        select from unnest(cles, plafonds) as k(cle, plafond)
         where (select count(*) from rdv.cadence n
                 where n.tenant_id = r.tenant_id and n.cle = k.cle and n.le > maintenant - fenetre) >= k.plafond
      ) then
        issue := 'plafond';
        raise sqlstate 'GU409';
      end if;

      select * into j from rdv.journee k where k.centre_id = r.centre_id and k.jour = r.jour;
      if not found or j.etat <> 'ouvert' then
        issue := 'hors_horaires';
        raise sqlstate 'GU409';
      end if;
      avant := j.minuit - interval '12 hours';

      -- A dead hold still occupies the constraint: let it go first.
      with morts as (
        update rdv.rdv m
           set statut = 'annule', annule_motif = 'expiration', annule_le = m.expire_a, updated_at = maintenant,
               version = m.version + 1
         where m.controleur_id in (select o.controleur_id from rdv.ouverture o where o.centre_id = r.centre_id and o.jour = r.jour)
           and m.statut = 'en_attente_paiement' and m.expire_a <= maintenant
        returning m.id
      ) select coalesce(array_agg(id), '{}') into liberes from morts;

      if (select count(*) from rdv.rdv k
           where k.centre_id = r.centre_id and k.debut >= j.minuit and k.debut < j.lendemain
             and not k.surnombre and rdv.occupe(k.statut, k.expire_a, maintenant)) >= j.capacite then
        issue := 'complet';
        if garder then return; end if;
        raise sqlstate 'GU409';
      end if;

      -- Fewest accreditations, lightest day, smallest unusable gap (rdv.metier.affectation says the same in Python).
      select o.controleur_id into controleur
        from (
          select ouv.controleur_id, ouv.plages, cardinality(ouv.capacites) as rares, pris.occupe, pris.charge
            from rdv.ouverture ouv
            cross join lateral (
              select coalesce(range_agg(tstzrange(k.debut, k.fin)), '{}'::tstzmultirange) as occupe,
                     coalesce(sum(k.fin - k.debut) filter (where k.debut >= j.minuit), interval '0') as charge
                from rdv.rdv k
               where k.controleur_id = ouv.controleur_id and k.debut > avant and k.debut < j.lendemain
                 and rdv.occupe(k.statut, k.expire_a, maintenant)
            ) pris
           where ouv.centre_id = r.centre_id and ouv.jour = r.jour and ouv.capacites @> besoins
             and (choisi is null or ouv.controleur_id = choisi)
        ) o
        cross join lateral unnest(o.plages - o.occupe) as p(libre)
       where p.libre @> voulu
       order by o.rares, o.charge,
                case when r.debut - lower(p.libre) < r.fin - r.debut then r.debut - lower(p.libre) else interval '0' end
                + case when upper(p.libre) - r.fin < r.fin - r.debut then upper(p.libre) - r.fin else interval '0' end,
                o.controleur_id
       limit 1;

      if controleur is null then
        select case when count(*) = 0 then 'hors_horaires'
                    when bool_or(tenu) then 'tenu' else 'pris' end into issue
          from (
            select exists (
                select from rdv.rdv k
                 where k.controleur_id = ouv.controleur_id and k.debut > avant and k.debut < r.fin and k.fin > r.debut
                   and k.statut = 'en_attente_paiement') as tenu
              from rdv.ouverture ouv
             where ouv.centre_id = r.centre_id and ouv.jour = r.jour and ouv.capacites @> besoins
               and (choisi is null or ouv.controleur_id = choisi) and ouv.plages @> voulu
          ) t;
        if garder then return; end if;
        raise sqlstate 'GU409';
      end if;

      select n.client_id, n.vehicule_id into client, vehicule
        from annuaire.noter_passage(jsonb_populate_record(null::annuaire.client, p_client),
                                    jsonb_populate_record(null::annuaire.vehicule, p_vehicule), maintenant) n;
      r.controleur_id := controleur;
      r.client_id := client;
      r.vehicule_id := vehicule;
      insert into rdv.rdv select (r).* on conflict do nothing;
      if not found then
        issue := case when exists (select from rdv.rdv k where k.controleur_id = controleur and k.debut > avant
                                      and k.debut < r.fin and k.fin > r.debut) then 'pris' else 'numero' end;
        controleur := null;
        if garder then return; end if;
        raise sqlstate 'GU409';
      end if;
      insert into rdv.cadence (tenant_id, cle, le, rdv_id) select r.tenant_id, cle, maintenant, r.id from unnest(cles) cle;
      issue := 'ok';
      return;
    exception
    when sqlstate 'GU409' then
      controleur := null; client := null; vehicule := null; liberes := '{}';
      return;
    when exclusion_violation or deadlock_detected then
      if essai >= 3 then
        issue := 'pris'; controleur := null;
        return;
      end if;
    end;
  end loop;
end $$;
