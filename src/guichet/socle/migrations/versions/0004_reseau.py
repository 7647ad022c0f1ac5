"""The network: agences, centres, contrôleurs, hours, tariffs, and the vitrine read by all."""

from alembic import op

from guichet.socle.migrations.aide import create_schema, public_read_table, tenant_table

revision = "0004_reseau"
down_revision = "0003_identite"

TABLES = (
    """
    create table reseau.agence (
      id uuid constraint pk_agence primary key,
      tenant_id uuid not null constraint fk_agence_tenant_id references identite.tenant (id),
      code text,
      nom text not null,
      cle_tri text not null,
      adresse text not null default '',
      code_postal text not null default '',
      ville text not null default '',
      lat double precision constraint ck_agence_lat check (lat between -90 and 90),
      lon double precision constraint ck_agence_lon check (lon between -180 and 180),
      telephone text,
      email text,
      actif boolean not null default true,
      version integer not null default 1,
      created_at timestamptz not null default now(),
      updated_at timestamptz not null default now(),
      constraint uq_agence_tenant_id unique (tenant_id, id),
      constraint uq_agence_code unique (tenant_id, code)
    )
    """,
    """
    create table reseau.centre (
      id uuid constraint pk_centre primary key,
      tenant_id uuid not null,
      agence_id uuid not null,
      code_centre text not null constraint uq_centre_code_centre unique,
      siret text,
      nom text not null,
      cle_tri text not null,
      adresse text not null,
      code_postal text not null,
      ville text not null,
      lat double precision not null constraint ck_centre_lat check (lat between -90 and 90),
      lon double precision not null constraint ck_centre_lon check (lon between -180 and 180),
      position_approchee boolean not null default false,
      telephone text,
      email text,
      site_web text,
      photo text,
      territoire text not null,
      fuseau text not null,
      capacite_journaliere integer not null default 50
        constraint ck_centre_capacite check (capacite_journaliere between 0 and 1000),
      types_controle text[] not null,
      horaires jsonb not null default '{}',
      grille_minutes integer constraint ck_centre_grille check (grille_minutes between 5 and 120),
      preavis_minutes integer constraint ck_centre_preavis check (preavis_minutes >= 0),
      horizon_jours integer constraint ck_centre_horizon check (horizon_jours between 1 and 365),
      tolerance_surreservation integer
        constraint ck_centre_tolerance check (tolerance_surreservation between 0 and 100),
      validation_requise boolean not null default false,
      note numeric(2, 1) constraint ck_centre_note check (note between 0 and 5),
      nb_avis integer not null default 0 constraint ck_centre_nb_avis check (nb_avis >= 0),
      actif boolean not null default true,
      version integer not null default 1,
      created_at timestamptz not null default now(),
      updated_at timestamptz not null default now(),
      constraint uq_centre_tenant_id unique (tenant_id, id),
      constraint fk_centre_agence foreign key (tenant_id, agence_id) references reseau.agence (tenant_id, id)
    )
    """,
    """
    create table reseau.exception_horaire (
      id uuid constraint pk_exception_horaire primary key,
      tenant_id uuid not null,
      centre_id uuid not null,
      du date not null,
      au date not null,
      ouverture boolean not null,
      plages jsonb not null default '[]',
      motif text not null default '',
      controleurs uuid[],
      constraint ck_exception_horaire_dates check (du <= au),
      constraint fk_exception_horaire_centre foreign key (tenant_id, centre_id) references reseau.centre (tenant_id, id)
    )
    """,
    """
    create table reseau.tarif (
      id uuid constraint pk_tarif primary key,
      tenant_id uuid not null,
      centre_id uuid not null,
      vehicule_type text not null,
      carburant text,
      type_controle text not null,
      montant integer not null constraint ck_tarif_montant check (montant >= 0),
      contre_visite integer constraint ck_tarif_contre_visite check (contre_visite >= 0),
      constraint uq_tarif_ligne unique nulls not distinct (centre_id, vehicule_type, carburant, type_controle),
      constraint fk_tarif_centre foreign key (tenant_id, centre_id) references reseau.centre (tenant_id, id)
    )
    """,
    """
    create table reseau.duree (
      id uuid constraint pk_duree primary key,
      tenant_id uuid not null,
      centre_id uuid not null,
      vehicule_type text not null,
      carburant text,
      type_controle text not null,
      minutes integer not null constraint ck_duree_minutes check (minutes between 5 and 480),
      constraint uq_duree_cellule unique nulls not distinct (centre_id, vehicule_type, carburant, type_controle),
      constraint fk_duree_centre foreign key (tenant_id, centre_id) references reseau.centre (tenant_id, id)
    )
    """,
    """
    create table reseau.equipement (
      id uuid constraint pk_equipement primary key,
      tenant_id uuid not null,
      centre_id uuid not null,
      nom text not null,
      vehicule_types text[] not null,
      en_service boolean not null default true,
      rang integer not null default 0,
      constraint uq_equipement_tenant_id unique (tenant_id, id),
      constraint uq_equipement_nom unique (centre_id, nom) deferrable initially deferred,
      constraint fk_equipement_centre foreign key (tenant_id, centre_id) references reseau.centre (tenant_id, id)
    )
    """,
    """
    create table reseau.controleur (
      id uuid constraint pk_controleur primary key,
      tenant_id uuid not null,
      user_id uuid not null,
      centre_id uuid not null,
      matricule text,
      nom text not null,
      prenom text not null,
      cle_tri text not null,
      actif boolean not null default true,
      version integer not null default 1,
      created_at timestamptz not null default now(),
      updated_at timestamptz not null default now(),
      constraint uq_controleur_tenant_id unique (tenant_id, id),
      constraint uq_controleur_user_id unique (tenant_id, user_id),
      constraint uq_controleur_matricule unique (tenant_id, matricule),
      constraint fk_controleur_user foreign key (tenant_id, user_id) references identite.users (tenant_id, id),
      constraint fk_controleur_centre foreign key (tenant_id, centre_id) references reseau.centre (tenant_id, id)
    )
    """,
    """
    create table reseau.controleur_centre (
      tenant_id uuid not null,
      controleur_id uuid not null,
      centre_id uuid not null,
      horaires jsonb,
      constraint pk_controleur_centre primary key (controleur_id, centre_id),
      constraint fk_controleur_centre_controleur
        foreign key (tenant_id, controleur_id) references reseau.controleur (tenant_id, id),
      constraint fk_controleur_centre_centre foreign key (tenant_id, centre_id) references reseau.centre (tenant_id, id)
    )
    """,
    """
    create table reseau.agrement (
      id uuid constraint pk_agrement primary key,
      tenant_id uuid not null,
      controleur_id uuid not null,
      code text not null,
      valide_du date,
      valide_au date not null,
      constraint ck_agrement_dates check (valide_du <= valide_au),
      constraint fk_agrement_controleur
        foreign key (tenant_id, controleur_id) references reseau.controleur (tenant_id, id)
    )
    """,
    """
    create table reseau.habilitation (
      id uuid constraint pk_habilitation primary key,
      tenant_id uuid not null,
      controleur_id uuid not null,
      code text not null,
      valide_du date,
      valide_au date not null,
      constraint ck_habilitation_dates check (valide_du <= valide_au),
      constraint fk_habilitation_controleur
        foreign key (tenant_id, controleur_id) references reseau.controleur (tenant_id, id)
    )
    """,
    """
    create table reseau.vitrine (
      centre_id uuid constraint pk_vitrine primary key,
      tenant_id uuid not null,
      agence_id uuid not null,
      code_centre text not null,
      nom text not null,
      cle_tri text not null,
      adresse text not null,
      code_postal text not null,
      ville text not null,
      lat double precision not null,
      lon double precision not null,
      telephone text,
      site_web text,
      photo text,
      territoire text not null,
      fuseau text not null,
      horaires jsonb not null,
      exceptions jsonb not null,
      types_controle text[] not null,
      vehicules text[] not null,
      tarifs jsonb not null,
      prix_min integer,
      note numeric(2, 1),
      nb_avis integer not null,
      reservable boolean not null,
      visible boolean not null,
      constraint fk_vitrine_centre foreign key (tenant_id, centre_id) references reseau.centre (tenant_id, id)
    )
    """,
)
INDEXES = (
    "create index ix_agence_ordre on reseau.agence (tenant_id, cle_tri, id)",
    "create index ix_centre_ordre on reseau.centre (tenant_id, cle_tri, id)",
    "create index ix_centre_agence on reseau.centre (tenant_id, agence_id)",
    "create index ix_exception_horaire_centre on reseau.exception_horaire (tenant_id, centre_id, au)",
    "create index ix_equipement_centre on reseau.equipement (tenant_id, centre_id)",
    "create index ix_controleur_ordre on reseau.controleur (tenant_id, cle_tri, id)",
    "create index ix_controleur_centre_centre on reseau.controleur_centre (tenant_id, centre_id)",
    "create index ix_agrement_controleur on reseau.agrement (tenant_id, controleur_id)",
    "create index ix_agrement_fin on reseau.agrement (tenant_id, valide_au)",
    "create index ix_habilitation_controleur on reseau.habilitation (tenant_id, controleur_id)",
    # A point, not an earth cube: the box of a radius is exact enough for the index, the distance is computed after it.
    "create index ix_vitrine_position on reseau.vitrine using gist (point(lon, lat)) where visible",
    "create index ix_vitrine_tenant on reseau.vitrine (tenant_id, cle_tri)",
    "create unique index uq_vitrine_code_centre on reseau.vitrine (code_centre)",
)


def upgrade() -> None:
    """Create the schema; every table belongs to a tenant, the vitrine is read by all."""
    create_schema("reseau")
    for statement in TABLES:
        op.execute(statement)
    for statement in INDEXES:
        op.execute(statement)
    for name in (
        "agence", "centre", "exception_horaire", "tarif", "duree", "equipement", "controleur", "controleur_centre",
        "agrement", "habilitation",
    ):  # fmt: skip
        tenant_table(f"reseau.{name}")
    public_read_table("reseau.vitrine")
