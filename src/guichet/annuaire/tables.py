"""The schema `annuaire`. Keys that lead to another context stand in the revision only."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import ForeignKeyConstraint, LargeBinary, PrimaryKeyConstraint, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from guichet.socle.crypto import EncryptedText
from guichet.socle.database import Base, Horodatage, TenantMixin

SCHEMA = "annuaire"
CLIENT, VEHICULE = f"{SCHEMA}.client", f"{SCHEMA}.vehicule"
TRI = Text(collation="C")


class Client(Base, TenantMixin, Horodatage):
    """A person or a company. E-mail and telephone are encrypted and found by their blind index; names stay searchable."""

    __tablename__ = "client"
    __table_args__ = (
        UniqueConstraint("tenant_id", "id", name="uq_client_tenant_id"),
        {"schema": SCHEMA},
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    type: Mapped[str]
    nom: Mapped[str]
    prenom: Mapped[str] = mapped_column(default="")
    raison_sociale: Mapped[str | None]
    siret: Mapped[str | None]
    cle_nom: Mapped[str] = mapped_column(TRI)
    email: Mapped[str | None] = mapped_column(EncryptedText(f"{CLIENT}.email"))
    email_index: Mapped[bytes | None] = mapped_column(LargeBinary)
    telephone: Mapped[str | None] = mapped_column(EncryptedText(f"{CLIENT}.telephone"))
    telephone_index: Mapped[bytes | None] = mapped_column(LargeBinary)
    langue: Mapped[str] = mapped_column(default="fr")
    origine: Mapped[str]
    user_id: Mapped[UUID | None]
    version: Mapped[int] = mapped_column(default=1)


class Vehicule(Base, TenantMixin, Horodatage):
    """A vehicle, one per plate and tenant."""

    __tablename__ = "vehicule"
    __table_args__ = (
        UniqueConstraint("tenant_id", "id", name="uq_vehicule_tenant_id"),
        UniqueConstraint("tenant_id", "immatriculation", name="uq_vehicule_immatriculation"),
        {"schema": SCHEMA},
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    immatriculation: Mapped[str] = mapped_column(TRI)
    forme: Mapped[str]
    type: Mapped[str]
    carburant: Mapped[str]
    marque: Mapped[str | None]
    modele: Mapped[str | None]
    mise_circulation: Mapped[date | None]
    annee_seule: Mapped[bool] = mapped_column(default=False)
    version: Mapped[int] = mapped_column(default=1)


class Detention(Base, TenantMixin):
    """A client was seen with a vehicle, from when until when (None: still, as far as is known)."""

    __tablename__ = "detention"
    __table_args__ = (
        PrimaryKeyConstraint("vehicule_id", "client_id"),
        ForeignKeyConstraint(
            ["tenant_id", "vehicule_id"], [f"{VEHICULE}.tenant_id", f"{VEHICULE}.id"], name="fk_detention_vehicule"
        ),
        ForeignKeyConstraint(
            ["tenant_id", "client_id"], [f"{CLIENT}.tenant_id", f"{CLIENT}.id"], name="fk_detention_client"
        ),
        {"schema": SCHEMA},
    )

    vehicule_id: Mapped[UUID]
    client_id: Mapped[UUID]
    depuis: Mapped[datetime]
    jusqua: Mapped[datetime | None]


class Consentement(Base, TenantMixin):
    """One decision of a client on one purpose, never changed: the latest one counts."""

    __tablename__ = "consentement"
    __table_args__ = (
        ForeignKeyConstraint(
            ["tenant_id", "client_id"], [f"{CLIENT}.tenant_id", f"{CLIENT}.id"], name="fk_consentement_client"
        ),
        {"schema": SCHEMA},
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    client_id: Mapped[UUID]
    finalite: Mapped[str]
    accorde: Mapped[bool]
    version_texte: Mapped[str]
    source: Mapped[str]
    le: Mapped[datetime]
