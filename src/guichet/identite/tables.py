"""The tables of identity, schema `identite`. What each row-level policy allows is said in its revision."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, ForeignKeyConstraint, LargeBinary, Text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.dialects.postgresql import UUID as PG_UUID
from sqlalchemy.orm import Mapped, mapped_column

from guichet.socle.crypto import EncryptedText
from guichet.socle.database import Base, Horodatage, TenantMixin

SCHEMA = "identite"
EAGER = {"eager_defaults": True}  # what the database fills in comes back with the write


def _of_user() -> ForeignKeyConstraint:
    return ForeignKeyConstraint(
        ["tenant_id", "user_id"], ["identite.users.tenant_id", "identite.users.id"], ondelete="CASCADE"
    )


class Tenant(Base, Horodatage):
    """A network that uses the house. Readable before the tenant is known: nothing personal or secret stands here."""

    __tablename__ = "tenant"
    __table_args__ = ({"schema": SCHEMA},)
    __mapper_args__ = EAGER

    id: Mapped[UUID] = mapped_column(primary_key=True)
    slug: Mapped[str]
    nom: Mapped[str]
    type: Mapped[str]
    plan: Mapped[str]
    max_users: Mapped[int | None]
    max_agences: Mapped[int | None]
    domaine: Mapped[str | None]
    hosts: Mapped[list[str]] = mapped_column(ARRAY(Text), default=list)
    branding: Mapped[dict[str, Any]] = mapped_column(default=dict)
    contact: Mapped[dict[str, Any]] = mapped_column(default=dict)
    actif: Mapped[bool] = mapped_column(default=True)
    version: Mapped[int] = mapped_column(default=1)


class Repere(Base):
    """What must be known before the tenant is: kind, keyed hash, tenant. Nothing personal."""

    __tablename__ = "repere"
    __table_args__ = ({"schema": SCHEMA},)

    genre: Mapped[str] = mapped_column(primary_key=True)
    empreinte: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    tenant_id: Mapped[UUID] = mapped_column(primary_key=True)


class Reglage(Base, TenantMixin):
    """A section of a tenant's settings, as its model wrote it."""

    __tablename__ = "reglage"
    __table_args__ = ({"schema": SCHEMA},)

    tenant_id: Mapped[UUID] = mapped_column(primary_key=True)
    section: Mapped[str] = mapped_column(primary_key=True)
    valeurs: Mapped[dict[str, Any]]
    version: Mapped[int] = mapped_column(default=1)
    modifie_par: Mapped[UUID | None]
    modifie_le: Mapped[datetime]


class User(Base, TenantMixin, Horodatage):
    """A person's account. `epoque` rises whenever what the person may do changes: older tokens stop being good."""

    __tablename__ = "users"
    __table_args__ = ({"schema": SCHEMA},)
    __mapper_args__ = EAGER

    tenant_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    email: Mapped[str]
    nom: Mapped[str]
    prenom: Mapped[str] = mapped_column(default="")
    tri: Mapped[str]
    telephone: Mapped[str | None]
    role: Mapped[str]
    permissions: Mapped[list[str]] = mapped_column(ARRAY(Text), default=list)
    agence_ids: Mapped[list[UUID]] = mapped_column(ARRAY(PG_UUID(as_uuid=True)), default=list)
    centre_ids: Mapped[list[UUID]] = mapped_column(ARRAY(PG_UUID(as_uuid=True)), default=list)
    langue: Mapped[str] = mapped_column(default="fr")
    mot_de_passe: Mapped[str | None]
    mot_de_passe_le: Mapped[datetime | None]
    email_verifie_le: Mapped[datetime | None]
    invite_le: Mapped[datetime | None]
    derniere_connexion: Mapped[datetime | None]
    actif: Mapped[bool] = mapped_column(default=True)
    epoque: Mapped[int] = mapped_column(default=0)
    totp_secret: Mapped[str | None] = mapped_column(EncryptedText("identite.users.totp_secret"))
    totp_actif_le: Mapped[datetime | None]
    totp_pas: Mapped[int | None] = mapped_column(BigInteger)
    version: Mapped[int] = mapped_column(default=1)


class CodeSecours(Base, TenantMixin):
    """A recovery code of the second factor, usable once."""

    __tablename__ = "code_secours"
    __table_args__ = (_of_user(), {"schema": SCHEMA})

    tenant_id: Mapped[UUID] = mapped_column(primary_key=True)
    user_id: Mapped[UUID] = mapped_column(primary_key=True)
    empreinte: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    utilise_le: Mapped[datetime | None]


class SessionOuverte(Base, TenantMixin):
    """One sign-in: of a browser (`page`, its cookie's hash here) or a program (`api`, its refresh tokens beside)."""

    __tablename__ = "session"
    __table_args__ = (_of_user(), {"schema": SCHEMA})

    tenant_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    user_id: Mapped[UUID]
    canal: Mapped[str]
    empreinte: Mapped[bytes | None] = mapped_column(LargeBinary)
    agit_pour: Mapped[UUID | None]
    appareil: Mapped[str] = mapped_column(default="")
    ip: Mapped[str] = mapped_column(default="")
    cree_le: Mapped[datetime]
    vue_le: Mapped[datetime]
    expire_le: Mapped[datetime]
    fin_le: Mapped[datetime]
    revoquee_le: Mapped[datetime | None]
    raison: Mapped[str | None]


class JetonRefresh(Base, TenantMixin):
    """A refresh token of a session: used once, then followed by the next."""

    __tablename__ = "jeton_refresh"
    __table_args__ = (
        ForeignKeyConstraint(
            ["tenant_id", "session_id"], ["identite.session.tenant_id", "identite.session.id"], ondelete="CASCADE"
        ),
        {"schema": SCHEMA},
    )

    tenant_id: Mapped[UUID] = mapped_column(primary_key=True)
    empreinte: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    session_id: Mapped[UUID]
    cree_le: Mapped[datetime]
    expire_le: Mapped[datetime]
    utilise_le: Mapped[datetime | None]


class JetonCourriel(Base, TenantMixin):
    """A token mailed to a person to choose a password: invitation, reset, sign-up."""

    __tablename__ = "jeton_courriel"
    __table_args__ = (_of_user(), {"schema": SCHEMA})

    tenant_id: Mapped[UUID] = mapped_column(primary_key=True)
    empreinte: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    user_id: Mapped[UUID]
    motif: Mapped[str]
    cree_le: Mapped[datetime]
    expire_le: Mapped[datetime]
    utilise_le: Mapped[datetime | None]


class CleApi(Base, TenantMixin):
    """A program's key. Shown once; its hash only is kept."""

    __tablename__ = "cle_api"
    __table_args__ = ({"schema": SCHEMA},)

    tenant_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    nom: Mapped[str]
    prefixe: Mapped[str]
    empreinte: Mapped[bytes] = mapped_column(LargeBinary)
    permissions: Mapped[list[str]] = mapped_column(ARRAY(Text), default=list)
    agence_ids: Mapped[list[UUID]] = mapped_column(ARRAY(PG_UUID(as_uuid=True)), default=list)
    centre_ids: Mapped[list[UUID]] = mapped_column(ARRAY(PG_UUID(as_uuid=True)), default=list)
    limite_minute: Mapped[int | None]
    ips: Mapped[list[str]] = mapped_column(ARRAY(Text), default=list)
    cree_par: Mapped[UUID | None]
    cree_le: Mapped[datetime]
    expire_le: Mapped[datetime | None]
    derniere_utilisation: Mapped[datetime | None]
    revoquee_le: Mapped[datetime | None]


class Intervention(Base, TenantMixin):
    """A super administrator stepped into this tenant with that session."""

    __tablename__ = "intervention"
    __table_args__ = ({"schema": SCHEMA},)

    tenant_id: Mapped[UUID] = mapped_column(primary_key=True)
    session_id: Mapped[UUID] = mapped_column(primary_key=True)
    user_id: Mapped[UUID]
    debut: Mapped[datetime]


class Revocation(Base, TenantMixin):
    """A session, key or account whose tokens must be refused before their time. Readable by all: identifiers only."""

    __tablename__ = "revocation"
    __table_args__ = ({"schema": SCHEMA},)

    tenant_id: Mapped[UUID]
    sujet: Mapped[UUID] = mapped_column(primary_key=True)
    epoque: Mapped[int | None]
    expire_le: Mapped[datetime]


class CleSignature(Base):
    """A key that signs access tokens; the private half encrypted with the key ring."""

    __tablename__ = "cle_signature"
    __table_args__ = ({"schema": SCHEMA},)

    kid: Mapped[str] = mapped_column(primary_key=True)
    publique: Mapped[dict[str, Any]]
    privee: Mapped[bytes] = mapped_column(LargeBinary)
    signe_depuis: Mapped[datetime]
    signe_jusqua: Mapped[datetime]
    cree_le: Mapped[datetime]


class Frein(Base):
    """The failures of one account, address or tenant, by keyed hash: known before the tenant is, nothing personal."""

    __tablename__ = "frein"
    __table_args__ = ({"schema": SCHEMA},)

    genre: Mapped[str] = mapped_column(primary_key=True)
    empreinte: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    echecs: Mapped[int]
    debut: Mapped[datetime]
    bloque_jusqua: Mapped[datetime | None]
