-- Blocks, openings, leave and absences. `debut` and `fin` are the first occurrence's, `jusqu_a` the end of the last one.
create table rdv.evenement_planning (
  id uuid constraint pk_evenement_planning primary key,
  tenant_id uuid not null,
  type text not null constraint ck_evenement_planning_type
    check (type in ('blocage', 'ouverture', 'conge', 'absence')),
  centre_id uuid,
  controleur_id uuid,
  equipement_id uuid,
  fuseau text not null,
  debut timestamptz not null,
  fin timestamptz not null,
  recurrence text,
  jusqu_a timestamptz not null,
  motif text not null default '',
  statut text not null constraint ck_evenement_planning_statut
    check (statut in ('demande', 'en_attente', 'validee', 'refusee', 'actif', 'annule')),
  refus text,
  applique bytea,
  demande_par uuid,
  decide_par uuid,
  decide_le timestamptz,
  version integer not null default 1,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint uq_evenement_planning_tenant_id unique (tenant_id, id),
  constraint fk_evenement_planning_centre foreign key (tenant_id, centre_id) references reseau.centre (tenant_id, id),
  constraint fk_evenement_planning_controleur
    foreign key (tenant_id, controleur_id) references reseau.controleur (tenant_id, id),
  constraint fk_evenement_planning_equipement
    foreign key (tenant_id, equipement_id) references reseau.equipement (tenant_id, id),
  constraint ck_evenement_planning_duree
    check (debut < fin and fin <= jusqu_a and jusqu_a <= debut + interval '732 days'),
  constraint ck_evenement_planning_cible check (
    case type
      when 'blocage' then case when equipement_id is null then centre_id is not null or controleur_id is not null
                               else centre_id is not null and controleur_id is null end
      when 'ouverture' then centre_id is not null and equipement_id is null
      else controleur_id is not null and centre_id is null and equipement_id is null
    end),
  constraint ck_evenement_planning_conge check (
    case when type = 'conge' then statut in ('demande', 'validee', 'refusee', 'annule')
         else statut in ('en_attente', 'actif', 'annule') end)
);
create index ix_evenement_planning_centre on rdv.evenement_planning (centre_id, jusqu_a);
create index ix_evenement_planning_controleur on rdv.evenement_planning (controleur_id, jusqu_a);
create index ix_evenement_planning_equipement on rdv.evenement_planning (equipement_id) where equipement_id is not null;
create index ix_evenement_planning_debut on rdv.evenement_planning (tenant_id, debut, id);
