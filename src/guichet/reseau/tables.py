"""The schema `reseau`: the network of each tenant, and the vitrine everybody may read."""

from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, ForeignKeyConstraint, Numeric, PrimaryKeyConstraint, Text, UniqueConstraint
from sqlalchemy.dialects.postgresql import UUID as PG_UUID
from sqlalchemy.orm import Mapped, mapped_column

from guichet.socle.database import Base, Horodatage, TenantMixin

SCHEMA = "reseau"


def _parent(colonne: str, table: str) -> ForeignKeyConstraint:
    return ForeignKeyConstraint(["tenant_id", colonne], [f"{SCHEMA}.{table}.tenant_id", f"{SCHEMA}.{table}.id"])


class Agence(Base, TenantMixin, Horodatage):
    """A group of centres."""

    __tablename__ = "agence"
    __table_args__ = (
        UniqueConstraint("tenant_id", "id", name="uq_agence_tenant_id"),
        UniqueConstraint("tenant_id", "code", name="uq_agence_code"),
        {"schema": SCHEMA},
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    code: Mapped[str | None]
    nom: Mapped[str]
    cle_tri: Mapped[str]
    adresse: Mapped[str] = mapped_column(default="")
    code_postal: Mapped[str] = mapped_column(default="")
    ville: Mapped[str] = mapped_column(default="")
    lat: Mapped[float | None]
    lon: Mapped[float | None]
    telephone: Mapped[str | None]
    email: Mapped[str | None]
    actif: Mapped[bool] = mapped_column(default=True)
    version: Mapped[int] = mapped_column(default=1)


class Centre(Base, TenantMixin, Horodatage):
    """A place where vehicles are inspected. `code_centre` is unique over all tenants."""

    __tablename__ = "centre"
    __table_args__ = (
        UniqueConstraint("tenant_id", "id", name="uq_centre_tenant_id"),
        _parent("agence_id", "agence"),
        {"schema": SCHEMA},
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    agence_id: Mapped[UUID]
    code_centre: Mapped[str] = mapped_column(unique=True)
    siret: Mapped[str | None]
    nom: Mapped[str]
    cle_tri: Mapped[str]
    adresse: Mapped[str]
    code_postal: Mapped[str]
    ville: Mapped[str]
    lat: Mapped[float]
    lon: Mapped[float]
    position_approchee: Mapped[bool] = mapped_column(default=False)
    telephone: Mapped[str | None]
    email: Mapped[str | None]
    site_web: Mapped[str | None]
    photo: Mapped[str | None]
    territoire: Mapped[str]
    fuseau: Mapped[str]
    capacite_journaliere: Mapped[int] = mapped_column(default=50)
    types_controle: Mapped[list[str]] = mapped_column(ARRAY(Text))
    horaires: Mapped[dict[str, Any]]
    grille_minutes: Mapped[int | None]
    preavis_minutes: Mapped[int | None]
    horizon_jours: Mapped[int | None]
    tolerance_surreservation: Mapped[int | None]
    validation_requise: Mapped[bool] = mapped_column(default=False)
    note: Mapped[Decimal | None] = mapped_column(Numeric(2, 1))
    nb_avis: Mapped[int] = mapped_column(default=0)
    actif: Mapped[bool] = mapped_column(default=True)
    version: Mapped[int] = mapped_column(default=1)


class ExceptionHoraire(Base, TenantMixin):
    """A closing or an opening of some days; `plages` empty means whole days, or the usual hours for an opening."""

    __tablename__ = "exception_horaire"
    __table_args__ = (_parent("centre_id", "centre"), {"schema": SCHEMA})

    id: Mapped[UUID] = mapped_column(primary_key=True)
    centre_id: Mapped[UUID]
    du: Mapped[date]
    au: Mapped[date]
    ouverture: Mapped[bool]
    plages: Mapped[list[Any]]
    motif: Mapped[str] = mapped_column(default="")
    controleurs: Mapped[list[UUID] | None] = mapped_column(ARRAY(PG_UUID(as_uuid=True)))


class Tarif(Base, TenantMixin):
    """Price in cents of an inspection and of its re-inspection; `carburant` null means any fuel."""

    __tablename__ = "tarif"
    __table_args__ = (_parent("centre_id", "centre"), {"schema": SCHEMA})

    id: Mapped[UUID] = mapped_column(primary_key=True)
    centre_id: Mapped[UUID]
    vehicule_type: Mapped[str]
    carburant: Mapped[str | None]
    type_controle: Mapped[str]
    montant: Mapped[int]
    contre_visite: Mapped[int | None]


class Duree(Base, TenantMixin):
    """A centre's own duration in minutes; `carburant` null means any fuel."""

    __tablename__ = "duree"
    __table_args__ = (_parent("centre_id", "centre"), {"schema": SCHEMA})

    id: Mapped[UUID] = mapped_column(primary_key=True)
    centre_id: Mapped[UUID]
    vehicule_type: Mapped[str]
    carburant: Mapped[str | None]
    type_controle: Mapped[str]
    minutes: Mapped[int]


class Equipement(Base, TenantMixin):
    """A lane: which vehicles it takes, whether it is in service."""

    __tablename__ = "equipement"
    __table_args__ = (
        UniqueConstraint("tenant_id", "id", name="uq_equipement_tenant_id"),
        UniqueConstraint("centre_id", "nom", name="uq_equipement_nom", deferrable=True, initially="DEFERRED"),
        _parent("centre_id", "centre"),
        {"schema": SCHEMA},
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    centre_id: Mapped[UUID]
    nom: Mapped[str]
    vehicule_types: Mapped[list[str]] = mapped_column(ARRAY(Text))
    en_service: Mapped[bool] = mapped_column(default=True)
    rang: Mapped[int] = mapped_column(default=0)


class Controleur(Base, TenantMixin, Horodatage):
    """An inspector: one person, one user, a home centre. The name is a copy kept in step with the user's."""

    __tablename__ = "controleur"
    __table_args__ = (
        UniqueConstraint("tenant_id", "id", name="uq_controleur_tenant_id"),
        UniqueConstraint("tenant_id", "user_id", name="uq_controleur_user_id"),
        UniqueConstraint("tenant_id", "matricule", name="uq_controleur_matricule"),
        _parent("centre_id", "centre"),
        {"schema": SCHEMA},
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    user_id: Mapped[UUID]
    centre_id: Mapped[UUID]
    matricule: Mapped[str | None]
    nom: Mapped[str]
    prenom: Mapped[str]
    cle_tri: Mapped[str]
    actif: Mapped[bool] = mapped_column(default=True)
    version: Mapped[int] = mapped_column(default=1)


class ControleurCentre(Base, TenantMixin):
    """An inspector's working hours in a centre; null hours follow the centre's."""

    __tablename__ = "controleur_centre"
    __table_args__ = (
        PrimaryKeyConstraint("controleur_id", "centre_id"),
        _parent("controleur_id", "controleur"),
        _parent("centre_id", "centre"),
        {"schema": SCHEMA},
    )

    controleur_id: Mapped[UUID]
    centre_id: Mapped[UUID]
    horaires: Mapped[dict[str, Any] | None]


class Agrement(Base, TenantMixin):
    """An accreditation (`VL`, `L`, `Gaz`) with its last valid day."""

    __tablename__ = "agrement"
    __table_args__ = (_parent("controleur_id", "controleur"), {"schema": SCHEMA})

    id: Mapped[UUID] = mapped_column(primary_key=True)
    controleur_id: Mapped[UUID]
    code: Mapped[str]
    valide_du: Mapped[date | None]
    valide_au: Mapped[date]


class Habilitation(Base, TenantMixin):
    """A qualification of the tenant's own, with its last valid day."""

    __tablename__ = "habilitation"
    __table_args__ = (_parent("controleur_id", "controleur"), {"schema": SCHEMA})

    id: Mapped[UUID] = mapped_column(primary_key=True)
    controleur_id: Mapped[UUID]
    code: Mapped[str]
    valide_du: Mapped[date | None]
    valide_au: Mapped[date]


class Vitrine(Base, TenantMixin):
    """What anyone may read of a centre, whatever the tenant; written in the same transaction as the centre."""

    __tablename__ = "vitrine"
    __table_args__ = (_parent("centre_id", "centre"), {"schema": SCHEMA})

    centre_id: Mapped[UUID] = mapped_column(primary_key=True)
    agence_id: Mapped[UUID]
    code_centre: Mapped[str]
    nom: Mapped[str]
    cle_tri: Mapped[str]
    adresse: Mapped[str]
    code_postal: Mapped[str]
    ville: Mapped[str]
    lat: Mapped[float]
    lon: Mapped[float]
    telephone: Mapped[str | None]
    site_web: Mapped[str | None]
    photo: Mapped[str | None]
    territoire: Mapped[str]
    fuseau: Mapped[str]
    horaires: Mapped[dict[str, Any]]
    exceptions: Mapped[list[Any]]
    types_controle: Mapped[list[str]] = mapped_column(ARRAY(Text))
    vehicules: Mapped[list[str]] = mapped_column(ARRAY(Text))
    tarifs: Mapped[list[Any]]
    prix_min: Mapped[int | None]
    note: Mapped[Decimal | None] = mapped_column(Numeric(2, 1))
    nb_avis: Mapped[int]
    reservable: Mapped[bool]
    visible: Mapped[bool]
