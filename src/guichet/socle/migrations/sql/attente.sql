-- The waiting list: who waits, for what; the starts that are offered to them; the days that are served later.

create table rdv.inscription (
  id uuid constraint pk_inscription primary key,
  tenant_id uuid not null,
  statut text not null constraint ck_inscription_statut
    check (statut in ('attente', 'offre', 'servie', 'retiree', 'expiree')),
  depuis timestamptz not null,
  priorite boolean not null default false,
  centres uuid[] not null constraint ck_inscription_centres check (cardinality(centres) between 1 and 10),
  du date not null,
  au date not null,
  heure_du time,
  heure_au time,
  rdv_id uuid,
  offre_id uuid,
  servie_par uuid,
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
  personne bytea not null,
  immatriculation text collate "C" not null,
  vehicule_type text not null,
  carburant text not null,
  marque text,
  modele text,
  mise_circulation text,
  type_controle text not null,
  date_controle_initial date,
  paiement_mode text not null constraint ck_inscription_paiement_mode check (paiement_mode in ('en_ligne', 'sur_place')),
  source text not null,
  notes text,
  langue text not null default 'fr',
  cree_par uuid,
  version integer not null default 1,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint uq_inscription_tenant_id unique (tenant_id, id),
  constraint fk_inscription_rdv foreign key (tenant_id, rdv_id) references rdv.rdv (tenant_id, id),
  constraint fk_inscription_servie foreign key (tenant_id, servie_par) references rdv.rdv (tenant_id, id),
  constraint ck_inscription_periode check (du <= au),
  constraint ck_inscription_heures check (heure_du <= heure_au),
  constraint ck_inscription_servie check ((statut = 'servie') = (servie_par is not null))
);
create index ix_inscription_immatriculation on rdv.inscription (tenant_id, immatriculation);
create index ix_inscription_depuis on rdv.inscription (tenant_id, depuis, id);
create index ix_inscription_rdv on rdv.inscription (tenant_id, rdv_id) where rdv_id is not null;

-- Where an entry that is alive waits; nothing is left here of one that has ended. One person and plate once in a centre.
create table rdv.inscription_centre (
  tenant_id uuid not null,
  inscription_id uuid not null,
  centre_id uuid not null,
  immatriculation text collate "C" not null,
  personne bytea not null,
  du date not null,
  au date not null,
  constraint pk_inscription_centre primary key (inscription_id, centre_id),
  constraint uq_inscription_centre_personne unique (centre_id, immatriculation, personne),
  constraint fk_inscription_centre_inscription
    foreign key (tenant_id, inscription_id) references rdv.inscription (tenant_id, id) on delete cascade,
  constraint fk_inscription_centre_centre foreign key (tenant_id, centre_id) references reseau.centre (tenant_id, id)
);
create index ix_inscription_centre_jours on rdv.inscription_centre (centre_id, au, du);

-- Every start that was ever offered, to whom, and what became of it. `rdv_id` is the row that holds it.
create table rdv.offre (
  id uuid constraint pk_offre primary key,
  tenant_id uuid not null,
  inscription_id uuid not null,
  rdv_id uuid not null,
  centre_id uuid not null,
  jour date not null,
  debut timestamptz not null,
  fin timestamptz not null,
  montant_cents integer,
  faite_a timestamptz not null,
  expire_a timestamptz not null,
  issue text constraint ck_offre_issue check (issue in ('acceptee', 'refusee', 'expiree', 'retiree')),
  finie_a timestamptz,
  constraint uq_offre_rdv unique (tenant_id, rdv_id),
  constraint fk_offre_inscription foreign key (tenant_id, inscription_id) references rdv.inscription (tenant_id, id),
  constraint fk_offre_rdv foreign key (tenant_id, rdv_id) references rdv.rdv (tenant_id, id),
  constraint fk_offre_centre foreign key (tenant_id, centre_id) references reseau.centre (tenant_id, id),
  constraint ck_offre_issue_finie check ((issue is null) = (finie_a is null))
);
create unique index ux_offre_en_cours on rdv.offre (inscription_id) where issue is null;
create index ix_offre_expire_a on rdv.offre (tenant_id, expire_a) where issue is null;
create index ix_offre_inscription on rdv.offre (inscription_id, centre_id, debut);

-- Centre-days on which a place was freed at an hour nobody is disturbed: served from `a_partir` on.
create table rdv.a_servir (
  tenant_id uuid not null,
  centre_id uuid not null,
  jour date not null,
  a_partir timestamptz not null,
  constraint pk_a_servir primary key (centre_id, jour),
  constraint fk_a_servir_centre foreign key (tenant_id, centre_id) references reseau.centre (tenant_id, id)
);
create index ix_a_servir on rdv.a_servir (tenant_id, a_partir);

-- Does anybody of the list wait for that day there?
create function rdv.est_attendu(p_centre uuid, p_jour date) returns boolean
  language sql stable set search_path = pg_catalog, pg_temp as $$
  select exists (
    select from rdv.inscription_centre w join rdv.inscription i on i.id = w.inscription_id
     where w.centre_id = p_centre and w.du <= p_jour and w.au >= p_jour and i.statut = 'attente')
$$;

-- The living holds of the same person (address or telephone) for the plate of `r`; offers of the waiting list are no
-- holds, and replace none.
create or replace function rdv.tenues(r rdv.rdv, maintenant timestamptz) returns setof rdv.rdv language sql stable as $$
  select k.* from rdv.rdv k
   where r.offre_id is null and k.tenant_id = r.tenant_id and k.immatriculation = r.immatriculation
     and k.statut = 'en_attente_paiement' and k.expire_a > maintenant and k.offre_id is null and k.id <> r.id
     and (k.client_email_index = r.client_email_index or k.client_telephone_index = r.client_telephone_index)
$$;

-- Finds an inspector for `r` (whose own row, if there is one, counts for nothing), or says why not; the locks of the day
-- are held. `issue`: `ok`, `pris`, `tenu`, `lignes`, `complet`, `hors_horaires`, `liberer` (first serve those who wait). A row `surnombre` needs no inspector: it is
-- counted against `tolerance` per cent of the capacity (null: no limit). `liberes`: dead holds let go on the way.
create or replace function rdv.placer(
  r rdv.rdv, besoins text[], choisi uuid, maintenant timestamptz, tolerance integer,
  out issue text, out controleur uuid, out liberes uuid[]
) language plpgsql volatile set search_path = pg_catalog, pg_temp as $$
declare
  j rdv.journee;
  avant timestamptz;
  voulu tstzrange := tstzrange(r.debut, r.fin);
  nominaux integer;
  surnombres integer;
begin
  liberes := '{}';
  select * into j from rdv.journee k where k.centre_id = r.centre_id and k.jour = r.jour;
  if not found or j.etat <> 'ouvert' then
    issue := 'hors_horaires';
    return;
  end if;
  avant := j.minuit - interval '12 hours';

  -- A dead hold still occupies the constraint: let it go first.
  with morts as (
    update rdv.rdv m
       set statut = 'annule', annule_motif = 'expiration', annule_le = m.expire_a, updated_at = maintenant,
           version = m.version + 1
     where m.controleur_id in (select o.controleur_id from rdv.ouverture o where o.centre_id = r.centre_id and o.jour = r.jour)
       and m.statut = 'en_attente_paiement' and m.expire_a <= maintenant
       and m.debut > avant and m.debut < j.lendemain and m.id <> r.id
    returning m.id
  ) select coalesce(array_agg(id), '{}') into liberes from morts;

  select count(*) filter (where not k.surnombre), count(*) filter (where k.surnombre) into nominaux, surnombres
    from rdv.rdv k
   where k.centre_id = r.centre_id and k.debut >= j.minuit and k.debut < j.lendemain and k.id <> r.id
     and rdv.occupe(k.statut, k.expire_a, maintenant);

  if r.surnombre then
    issue := case
      when not exists (select from rdv.ouverture o
                        where o.centre_id = r.centre_id and o.jour = r.jour and o.capacites @> besoins and o.plages @> voulu)
        then 'hors_horaires'
      when surnombres >= j.capacite * tolerance / 100 then 'complet'
      else 'ok' end;
    return;
  -- A hold has just died where somebody waits, in surnombre or on the list: they are served first, unless `r` is theirs.
  elsif liberes <> '{}' and r.offre_id is null and (surnombres > 0 or rdv.est_attendu(r.centre_id, r.jour))
    and not exists (select from rdv.rdv k where k.id = r.id and k.surnombre) then
    issue := 'liberer';
    return;
  elsif nominaux >= j.capacite then
    issue := 'complet';
    return;
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
           where k.controleur_id = ouv.controleur_id and k.debut > avant and k.debut < j.lendemain and k.id <> r.id
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
               and k.statut = 'en_attente_paiement' and k.id <> r.id) as tenu
          from rdv.ouverture ouv
         where ouv.centre_id = r.centre_id and ouv.jour = r.jour and ouv.capacites @> besoins
           and (choisi is null or ouv.controleur_id = choisi) and ouv.plages @> voulu
      ) t;
  elsif rdv.voies_prises(j, r.vehicule_type, array[r.id], maintenant) && voulu then
    issue := 'lignes';
    controleur := null;
  else
    issue := 'ok';
  end if;
end $$;
