-- The booking engine: lanes, holds of one person and plate, places beyond the capacity, moves of an appointment already there.

-- A row held for an offer of the waiting list: in nobody's lists, never paid.
alter table rdv.rdv add column offre_id uuid;

-- voies[s], for each of the 15 sets s of vehicle types (bits of rdv.masque): how many lanes in service take one of them.
-- By Hall's theorem vehicles can each have a lane of their own as soon as no set of types is too many for its lanes.
alter table rdv.journee add column voies integer[]
  constraint ck_journee_voies check (voies is null or array_length(voies, 1) = 15);

-- A lane that is closed for a while: it counts as one vehicle of any type it takes.
create table rdv.voie_fermee (
  id uuid constraint pk_voie_fermee primary key,
  tenant_id uuid not null,
  centre_id uuid not null,
  masque smallint not null constraint ck_voie_fermee_masque check (masque between 1 and 15),
  debut timestamptz not null,
  fin timestamptz not null,
  constraint fk_voie_fermee_centre foreign key (tenant_id, centre_id) references reseau.centre (tenant_id, id),
  constraint ck_voie_fermee_bornes check (debut < fin)
);
create index ix_voie_fermee on rdv.voie_fermee (centre_id, fin);

create function rdv.masque(vehicule text) returns integer
  language sql immutable parallel safe return
    case vehicule when 'VP' then 1 when 'VU' then 2 when 'Moto' then 4 when 'Cyclo' then 8 else 0 end;

-- Takes the advisory locks of centre-days and of the other centre-days of their inspectors, then those of `autres`, each
-- kind sorted: whoever waits for a day holds none of the others.
create function rdv.verrouiller(centres uuid[], jours date[], autres bigint[]) returns void
  language plpgsql volatile set search_path = pg_catalog, pg_temp as $$
declare
  verrous bigint[];
  verrou bigint;
begin
  select array_agg(distinct k order by k) into verrous from (
    select rdv.cle_jour(d.centre, d.jour) as k from unnest(centres, jours) as d(centre, jour)
    union all
    select rdv.cle_jour(b.centre_id, b.jour)
      from unnest(centres, jours) as d(centre, jour)
      join rdv.ouverture a on a.centre_id = d.centre and a.jour = d.jour
      join rdv.ouverture b on b.controleur_id = a.controleur_id and b.jour = a.jour
  ) t;
  select verrous || array_agg(distinct k order by k) into verrous from unnest(autres) k;
  if verrous is not null then
    foreach verrou in array verrous loop
      perform pg_advisory_xact_lock(verrou);
    end loop;
  end if;
end $$;

-- When one more vehicle of that type finds no lane, whatever the inspectors do. `sauf` are left out of the count.
create function rdv.voies_prises(j rdv.journee, vehicule text, sauf uuid[], maintenant timestamptz) returns tstzmultirange
  language plpgsql stable set search_path = pg_catalog, pg_temp as $$
declare
  m integer := rdv.masque(vehicule);
  avant timestamptz := j.minuit - interval '12 hours';
begin
  if j.voies is null or m = 0 then
    return '{}';
  elsif j.voies[m] = 0 then
    return '{(,)}';
  -- As many lanes as inspectors: whoever is free finds one.
  elsif j.voies[m] >= (
      select count(*) from (
        select o.controleur_id from rdv.ouverture o where o.centre_id = j.centre_id and o.jour = j.jour
        union
        select k.controleur_id from rdv.rdv k
         where k.centre_id = j.centre_id and k.debut > avant and k.debut < j.lendemain and not k.surnombre
           and rdv.occupe(k.statut, k.expire_a, maintenant)) t)
    and not exists (select from rdv.voie_fermee f where f.centre_id = j.centre_id and f.fin > j.minuit and f.debut < j.lendemain)
  then
    return '{}';
  end if;
  return coalesce((
    with a as materialized (
      select k.debut, k.fin, rdv.masque(k.vehicule_type) as masque from rdv.rdv k
       where k.centre_id = j.centre_id and k.debut > avant and k.debut < j.lendemain and not k.surnombre
         and k.id <> all(sauf) and rdv.occupe(k.statut, k.expire_a, maintenant)
      union all
      select f.debut, f.fin, f.masque from rdv.voie_fermee f
       where f.centre_id = j.centre_id and f.fin > avant and f.debut < j.lendemain
    ), b as (
      select d, lead(d) over (order by d) as f from (select debut as d from a union select fin from a) x
    )
    select range_agg(tstzrange(b.d, b.f)) from b
     where b.f is not null and exists (
       select from generate_series(1, 15) s
        where s & m > 0
          and (select count(*) from a where a.debut <= b.d and a.fin > b.d and s & a.masque > 0) >= j.voies[s])
  ), '{}');
end $$;

-- The free starts of a centre, day after day, at most `limite` of them, for one type of vehicle (null: whatever the lanes).
-- `places`: how many accredited inspectors could take the start; `au_travail`: how many work then; `sans_trou`: one of
-- them would keep no stretch too short for another appointment of that length. The grid counts from local midnight, whose
-- wall clock shows a whole hour.
drop function rdv.creneaux(uuid, date, date, interval, interval, text[], timestamptz, timestamptz, integer);
create function rdv.creneaux(
  p_centre uuid, p_du date, p_au date, p_duree interval, p_grille interval, p_besoins text[],
  p_depuis timestamptz, p_maintenant timestamptz, p_limite integer, p_vehicule text default null
) returns table (jour date, debut timestamptz, places integer, au_travail integer, sans_trou boolean)
  language plpgsql stable set search_path = pg_catalog, pg_temp as $$
declare
  j rdv.journee;
  avant timestamptz;
  prises tstzmultirange;
  trouves integer := 0;
  n integer;
begin
  for j in
    select k.* from rdv.journee k
     where k.centre_id = p_centre and k.jour between p_du and p_au and k.etat = 'ouvert' and k.lendemain > p_depuis
     order by k.jour
  loop
    if (select count(*) from rdv.rdv r
         where r.centre_id = p_centre and r.debut >= j.minuit and r.debut < j.lendemain
           and not r.surnombre and rdv.occupe(r.statut, r.expire_a, p_maintenant)) >= j.capacite then
      continue;
    end if;
    avant := j.minuit - interval '12 hours';
    prises := rdv.voies_prises(j, p_vehicule, '{}', p_maintenant);
    return query
      with o as materialized (
        select ouv.plages,
               ouv.plages - prises - coalesce((
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

-- Finds an inspector for `r` (whose own row, if there is one, counts for nothing), or says why not; the locks of the day
-- are held. `issue`: `ok`, `pris`, `tenu`, `lignes`, `complet`, `hors_horaires`, `liberer` (first serve those who wait). A row `surnombre` needs no inspector: it is
-- counted against `tolerance` per cent of the capacity (null: no limit). `liberes`: dead holds let go on the way.
create function rdv.placer(
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
  -- A hold has just died where somebody waits in surnombre: they are served first, unless `r` is one of them.
  elsif surnombres > 0 and liberes <> '{}' and not exists (select from rdv.rdv k where k.id = r.id and k.surnombre) then
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

-- Gives a place to an appointment, or says why not. Volatile: each statement after the locks reads what is committed by
-- then. Written back: `issue` of rdv.placer, or `numero` (drawn twice: draw again), `plafond`.
-- A refusal gives the locks back at once, so that those who lose do not make others wait; with `garder` they stay until
-- the end of the transaction, and the caller may look further under them.
--   p_rdv      the appointment, without inspector, client and vehicle; `surnombre`: beyond the capacity, without inspector
--   p_client, p_vehicule  what was typed, for the directory
--   besoins    what the inspector must be accredited for
--   choisi     the one inspector wanted, or null
--   cles       blind indexes of an anonymous caller (telephone, address) with their caps over `fenetre`; empty for others
--   remplaces  the living holds of the same person for the same plate, which this one takes the place of
drop function rdv.reserver(jsonb, jsonb, jsonb, text[], uuid, timestamptz, bytea[], integer[], interval, boolean);
create function rdv.reserver(
  p_rdv jsonb, p_client jsonb, p_vehicule jsonb, besoins text[], choisi uuid, maintenant timestamptz,
  cles bytea[], plafonds integer[], fenetre interval, garder boolean, tolerance integer default null,
  out issue text, out controleur uuid, out client uuid, out vehicule uuid, out liberes uuid[], out remplaces uuid[]
) language plpgsql volatile set search_path = pg_catalog, pg_temp as $$
declare
  r rdv.rdv := jsonb_populate_record(null::rdv.rdv, p_rdv);
  centres uuid[];
  jours date[];
  autres bigint[];
  essai integer := 0;
begin
  select array_agg(hashtextextended(encode(cle, 'hex'), 1)) into autres from unnest(cles) cle;
  autres := autres || hashtextextended(r.tenant_id::text || r.immatriculation, 3);
  loop
    essai := essai + 1;
    begin
      issue := null; controleur := null; client := null; vehicule := null; liberes := '{}'; remplaces := '{}';
      select array_agg(k.centre_id), array_agg(k.jour) into centres, jours from rdv.tenues(r, maintenant) k;
      perform rdv.verrouiller(centres || r.centre_id, jours || r.jour, autres);

      if exists (
        select from unnest(cles, plafonds) as k(cle, plafond)
         where (select count(*) from rdv.cadence n
                 where n.tenant_id = r.tenant_id and n.cle = k.cle and n.le > maintenant - fenetre) >= k.plafond
      ) then
        issue := 'plafond';
        raise sqlstate 'GU409';
      end if;

      with rendus as (
        update rdv.rdv k set statut = 'annule', annule_motif = 'client', annule_le = maintenant, annule_raison = 'remplace',
                             updated_at = maintenant, version = k.version + 1
         where k.id in (select t.id from rdv.tenues(r, maintenant) t)
        returning k.id
      ) select coalesce(array_agg(id), '{}') into remplaces from rendus;

      select p.issue, p.controleur, p.liberes into issue, controleur, liberes
        from rdv.placer(r, besoins, choisi, maintenant, tolerance) p;
      if issue <> 'ok' then
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
        issue := case when exists (select from rdv.rdv k where k.controleur_id = controleur
                                      and k.debut > r.debut - interval '12 hours' and k.debut < r.fin and k.fin > r.debut)
                      then 'pris' else 'numero' end;
        controleur := null;
        if garder then return; end if;
        raise sqlstate 'GU409';
      end if;
      insert into rdv.cadence (tenant_id, cle, le, rdv_id) select r.tenant_id, cle, maintenant, r.id from unnest(cles) cle;
      return;
    exception
    when sqlstate 'GU409' then
      controleur := null; client := null; vehicule := null; liberes := '{}'; remplaces := '{}';
      return;
    when exclusion_violation or deadlock_detected then
      if essai >= 3 then
        issue := 'pris'; controleur := null; liberes := '{}'; remplaces := '{}';
        return;
      end if;
    end;
  end loop;
end $$;

-- The living holds of the same person (address or telephone) for the plate of `r`; offers of the waiting list are no holds.
create function rdv.tenues(r rdv.rdv, maintenant timestamptz) returns setof rdv.rdv language sql stable as $$
  select k.* from rdv.rdv k
   where k.tenant_id = r.tenant_id and k.immatriculation = r.immatriculation and k.statut = 'en_attente_paiement'
     and k.expire_a > maintenant and k.offre_id is null and k.id <> r.id
     and (k.client_email_index = r.client_email_index or k.client_telephone_index = r.client_telephone_index)
$$;

-- Moves an appointment that is there: its old place is given back and the new one taken in one UPDATE, under the locks of
-- both days. As rdv.reserver; also `inconnu` (no such row) and `etat` (it cannot be moved any more). `statut` not null
-- brings the row to that state: a hold that is paid for, dead or not.
create function rdv.deplacer(
  p_rdv uuid, p_centre uuid, p_jour date, p_debut timestamptz, p_fin timestamptz, besoins text[], choisi uuid,
  p_surnombre boolean, p_statut text, maintenant timestamptz, garder boolean, tolerance integer default null,
  out issue text, out controleur uuid, out liberes uuid[]
) language plpgsql volatile set search_path = pg_catalog, pg_temp as $$
declare
  r rdv.rdv;
  ancien rdv.rdv;
  essai integer := 0;
begin
  loop
    essai := essai + 1;
    begin
      issue := null; controleur := null; liberes := '{}';
      select * into ancien from rdv.rdv k where k.id = p_rdv;
      perform rdv.verrouiller(array[ancien.centre_id, p_centre], array[ancien.jour, p_jour], '{}');
      select * into r from rdv.rdv k where k.id = p_rdv for update;
      if not found then
        issue := 'inconnu';
        return;
      elsif r.centre_id <> ancien.centre_id or r.jour <> ancien.jour then
        raise deadlock_detected;  -- moved meanwhile: its locks are other ones
      elsif p_statut is null and (r.statut not in ('confirme', 'en_attente_paiement')
                                  or r.statut = 'en_attente_paiement' and r.expire_a <= maintenant) then
        issue := 'etat';
        raise sqlstate 'GU409';
      end if;
      r.centre_id := p_centre; r.jour := p_jour; r.debut := p_debut; r.fin := p_fin; r.surnombre := p_surnombre;
      select p.issue, p.controleur, p.liberes into issue, controleur, liberes
        from rdv.placer(r, besoins, choisi, maintenant, tolerance) p;
      if issue <> 'ok' then
        if garder then return; end if;
        raise sqlstate 'GU409';
      end if;
      update rdv.rdv k
         set centre_id = p_centre, jour = p_jour, debut = p_debut, fin = p_fin, controleur_id = controleur,
             controleur_choisi = choisi is not null, surnombre = p_surnombre, statut = coalesce(p_statut, k.statut),
             expire_a = case when p_statut is null then k.expire_a end,
             annule_le = case when p_statut is null then k.annule_le end,
             annule_motif = case when p_statut is null then k.annule_motif end,
             annule_raison = case when p_statut is null then k.annule_raison end,
             sequence = k.sequence + (k.debut <> p_debut or k.fin <> p_fin or k.centre_id <> p_centre)::integer,
             version = k.version + 1, updated_at = maintenant
       where k.id = p_rdv;
      return;
    exception
    when sqlstate 'GU409' then
      controleur := null; liberes := '{}';
      return;
    when exclusion_violation or deadlock_detected then
      if essai >= 3 then
        issue := 'pris'; controleur := null; liberes := '{}';
        return;
      end if;
    end;
  end loop;
end $$;
