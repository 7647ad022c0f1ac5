-- The hot paths: one statement each, on a connection that is in no transaction. The statement is the transaction, and it
-- says itself whose it is.

-- The free starts of a centre (as rdv.creneaux), with what tells why a day has none and until when the answer holds:
--   etats, fins  of the days without a start: the day's state, the end of the accredited hours
--   en_ligne     whether the centre has any day that may be booked
--   tenue        when the first hold of the inspectors `p_equipe`, or of the centre beyond them, dies (null: nobody asks)
create function rdv.lire_creneaux(
  p_tenant uuid, p_centre uuid, p_du date, p_au date, p_duree interval, p_grille interval, p_besoins text[],
  p_depuis timestamptz, p_maintenant timestamptz, p_aujourdhui date, p_equipe uuid[], p_vehicule text,
  out jours date[], out debuts timestamptz[], out places integer[], out au_travail integer[], out sans_trou boolean[],
  out vides date[], out etats text[], out fins timestamptz[], out en_ligne boolean, out tenue timestamptz
) language plpgsql volatile set search_path = pg_catalog, pg_temp as $$
begin
  perform set_config('app.tenant_id', p_tenant::text, true);
  select array_agg(k.jour), array_agg(k.debut), array_agg(k.places), array_agg(k.au_travail), array_agg(k.sans_trou)
    into jours, debuts, places, au_travail, sans_trou
    from rdv.creneaux(p_centre, p_du, p_au, p_duree, p_grille, p_besoins, p_depuis, p_maintenant, 1000000,
                      p_vehicule) k;
  if jours is null or p_au > p_du then
    select array_agg(j.jour), array_agg(j.etat), array_agg(j.fin) into vides, etats, fins
      from (select k.jour, k.etat,
                   (select max(upper(o.plages)) from rdv.ouverture o
                     where o.centre_id = p_centre and o.jour = k.jour and o.capacites @> p_besoins) as fin
              from rdv.journee k
             where k.centre_id = p_centre and k.jour between p_du and p_au
               and (jours is null or k.jour <> all (jours))) j;
  end if;
  en_ligne := debuts is not null or exists (
    select from rdv.journee j where j.centre_id = p_centre and j.jour >= p_aujourdhui);
  if p_equipe is not null then
    select least(
      (select min(r.expire_a) from rdv.rdv r
        where r.controleur_id = any (p_equipe) and r.statut = 'en_attente_paiement' and r.expire_a > p_maintenant),
      (select min(r.expire_a) from rdv.rdv r
        where r.controleur_id is null and r.statut = 'en_attente_paiement' and r.expire_a > p_maintenant
          and r.centre_id = p_centre)) into tenue;
  end if;
end $$;

-- What the kept answer of a hot path leaves open, since the database decides it: text of the body -> what takes its place.
alter table socle.idempotence add column trous json;

-- An ordinary booking whole: place, directory, message, audit line and, with a key, the answer that is kept. Nothing is
-- left of it unless `issue` is `ok`: `deja` (the key is taken), what rdv.reserver says, or GU410 for whatever has more to tell
-- than a booking (holds let go on the way, an inspector `equipe` does not know, the key taken meanwhile). The ordinary path then does it all again.
--   message    the message's fields but `client_id` and `controleur_id`
--   equipe     for each inspector, how an answer shows one
--   trous      the texts of `corps` that stand for the inspector, the client and the vehicle
create function rdv.reserver_directement(
  p_tenant uuid, p_rdv jsonb, p_client jsonb, p_vehicule jsonb, p_besoins text[], p_maintenant timestamptz,
  p_cles bytea[], p_plafonds integer[], p_fenetre interval,
  p_type text, p_version smallint, p_message jsonb, p_apres jsonb,
  p_auteur_id uuid, p_auteur text, p_via text, p_ip inet, p_agent text, p_correlation text,
  p_idempotence_tenant uuid, p_portee bytea, p_cle text, p_empreinte bytea, p_entetes jsonb, p_corps bytea,
  p_equipe json, p_trous text[],
  out issue text, out controleur uuid, out client uuid, out vehicule uuid
) language plpgsql volatile set search_path = pg_catalog, pg_temp as $$
declare
  liberes uuid[];
  remplaces uuid[];
begin
  perform set_config('app.tenant_id', p_tenant::text, true);
  if p_cle is not null and exists (select from socle.idempotence i where i.portee = p_portee and i.cle = p_cle) then
    issue := 'deja';
    return;
  end if;
  select r.issue, r.controleur, r.client, r.vehicule, r.liberes, r.remplaces
    into issue, controleur, client, vehicule, liberes, remplaces
    from rdv.reserver(p_rdv, p_client, p_vehicule, p_besoins, null, p_maintenant, p_cles, p_plafonds, p_fenetre, false) r;
  if issue <> 'ok' then
    return;
  elsif liberes <> '{}' or remplaces <> '{}' or p_equipe -> controleur::text is null then
    raise sqlstate 'GU410' using message = 'more to tell than a booking';
  end if;
  insert into socle.messages (tenant_id, type, version, payload, correlation_id, created_at)
    values (p_tenant, p_type, p_version,
            p_message || jsonb_build_object('client_id', client, 'controleur_id', controleur), p_correlation, p_maintenant);
  insert into socle.audit (tenant_id, created_at, action, entite, entite_id, auteur_id, auteur, via, apres, ip_address,
                           user_agent, correlation_id)
    values (p_tenant, p_maintenant, 'rdv.create', 'rdv', p_rdv ->> 'id', p_auteur_id, p_auteur, p_via, p_apres, p_ip,
            p_agent, p_correlation);
  if p_cle is not null then
    insert into socle.idempotence (portee, cle, tenant_id, empreinte, statut, entetes, corps, created_at, trous)
      values (p_portee, p_cle, p_idempotence_tenant, p_empreinte, 201, p_entetes, p_corps, p_maintenant,
              json_build_object(p_trous[1], p_equipe ->> controleur::text, p_trous[2], client, p_trous[3], vehicule))
      on conflict do nothing;
    if not found then
      raise sqlstate 'GU410' using message = 'the key was taken meanwhile';
    end if;
  end if;
end $$;
