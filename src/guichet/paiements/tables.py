"""The schema `paiements`."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, LargeBinary
from sqlalchemy.orm import Mapped, mapped_column

from guichet.socle.crypto import EncryptedText
from guichet.socle.database import Base, Horodatage, TenantMixin

SCHEMA = "paiements"


class Paiement(Base, TenantMixin, Horodatage):
    """What is owed for one reference, and what became of it. The buyer is encrypted."""

    __tablename__ = "paiement"
    __table_args__ = ({"schema": SCHEMA},)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    reference: Mapped[str]
    canal: Mapped[str]
    moyen: Mapped[str]
    statut: Mapped[str]
    motif: Mapped[str | None]
    montant_cents: Mapped[int] = mapped_column(BigInteger)
    encaisse_cents: Mapped[int] = mapped_column(BigInteger, default=0)
    rembourse_cents: Mapped[int] = mapped_column(BigInteger, default=0)
    lignes: Mapped[list[Any]]
    acheteur: Mapped[str] = mapped_column(EncryptedText(f"{SCHEMA}.paiement.acheteur"))
    langue: Mapped[str]
    retour_url: Mapped[str] = mapped_column(default="")
    lieu: Mapped[str | None]
    fuseau: Mapped[str] = mapped_column(default="Europe/Paris")
    cle: Mapped[str | None]
    encaisse_par: Mapped[UUID | None]
    fournisseur: Mapped[str | None]
    session_id: Mapped[str | None]
    session_url: Mapped[str | None]
    champs_url: Mapped[str | None]
    expire_a: Mapped[datetime | None]
    ferme_a: Mapped[datetime | None]
    paye_a: Mapped[datetime | None]
    a_verifier: Mapped[datetime | None]
    verifications: Mapped[int] = mapped_column(default=0)


class Tentative(Base, TenantMixin):
    """One card tried."""

    __tablename__ = "tentative"
    __table_args__ = ({"schema": SCHEMA},)

    tenant_id: Mapped[UUID] = mapped_column(primary_key=True)
    paiement_id: Mapped[UUID] = mapped_column(primary_key=True)
    numero: Mapped[int] = mapped_column(primary_key=True)
    fournisseur_ref: Mapped[str]
    issue: Mapped[str]
    motif: Mapped[str] = mapped_column(default="")
    vue_a: Mapped[datetime]


class Evenement(Base, TenantMixin):
    """What a provider told, as it came."""

    __tablename__ = "evenement"
    __table_args__ = ({"schema": SCHEMA},)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    fournisseur: Mapped[str]
    evenement_ref: Mapped[str]
    genre: Mapped[str]
    session_id: Mapped[str]
    source: Mapped[str]
    corps: Mapped[str] = mapped_column(EncryptedText(f"{SCHEMA}.evenement.corps"))
    recu_a: Mapped[datetime]
    traite_a: Mapped[datetime | None]
    essais: Mapped[int] = mapped_column(default=0)
    erreur: Mapped[str | None]


class Remboursement(Base, TenantMixin):
    """Money to give back, and how far it went."""

    __tablename__ = "remboursement"
    __table_args__ = ({"schema": SCHEMA},)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    paiement_id: Mapped[UUID]
    cle: Mapped[str]
    montant_cents: Mapped[int] = mapped_column(BigInteger)
    motif: Mapped[str]
    statut: Mapped[str]
    fournisseur_ref: Mapped[str | None]
    tentatives: Mapped[int] = mapped_column(default=0)
    prochaine_tentative: Mapped[datetime | None]
    erreur: Mapped[str | None]
    demande_par: Mapped[UUID | None]
    demande_a: Mapped[datetime]
    effectue_a: Mapped[datetime | None]


class Operation(Base, TenantMixin):
    """A line of the ledger; written once."""

    __tablename__ = "operation"
    __table_args__ = ({"schema": SCHEMA},)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    paiement_id: Mapped[UUID]
    remboursement_id: Mapped[UUID | None]
    genre: Mapped[str]
    moyen: Mapped[str]
    montant_cents: Mapped[int] = mapped_column(BigInteger)
    cle: Mapped[str]
    lieu: Mapped[str | None]
    jour: Mapped[date]
    par: Mapped[UUID | None]
    le: Mapped[datetime]


class Ecriture(Base, TenantMixin):
    """One side of an operation, signed: what enters an account is positive."""

    __tablename__ = "ecriture"
    __table_args__ = ({"schema": SCHEMA},)

    tenant_id: Mapped[UUID] = mapped_column(primary_key=True)
    operation_id: Mapped[UUID] = mapped_column(primary_key=True)
    rang: Mapped[int] = mapped_column(primary_key=True)
    compte: Mapped[str]
    montant_cents: Mapped[int] = mapped_column(BigInteger)


class Compteur(Base, TenantMixin):
    """The last number of a series of documents in a year."""

    __tablename__ = "compteur"
    __table_args__ = ({"schema": SCHEMA},)

    tenant_id: Mapped[UUID] = mapped_column(primary_key=True)
    serie: Mapped[str] = mapped_column(primary_key=True)
    exercice: Mapped[int] = mapped_column(primary_key=True)
    dernier: Mapped[int]


class Piece(Base, TenantMixin):
    """An accounting document as it was issued: `contenu` is all it says (encrypted JSON), `empreinte` its seal."""

    __tablename__ = "piece"
    __table_args__ = ({"schema": SCHEMA},)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    serie: Mapped[str]
    exercice: Mapped[int]
    numero: Mapped[int]
    code: Mapped[str]
    paiement_id: Mapped[UUID]
    operation_id: Mapped[UUID]
    annule_id: Mapped[UUID | None]
    montant_cents: Mapped[int] = mapped_column(BigInteger)
    contenu: Mapped[str] = mapped_column(EncryptedText(f"{SCHEMA}.piece.contenu"))
    empreinte: Mapped[bytes] = mapped_column(LargeBinary)
    emise_a: Mapped[datetime]


class Acces(Base, TenantMixin):
    """How a tenant speaks to a provider: its keys (encrypted JSON), how far its events have been read."""

    __tablename__ = "acces"
    __table_args__ = ({"schema": SCHEMA},)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    fournisseur: Mapped[str]
    secrets: Mapped[str | None] = mapped_column(EncryptedText(f"{SCHEMA}.acces.secrets"))
    curseur: Mapped[str] = mapped_column(default="")
    updated_at: Mapped[datetime]
