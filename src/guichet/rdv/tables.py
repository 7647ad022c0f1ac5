"""The schema `rdv`. Keys that lead to another context and the exclusion constraint stand in the revision only."""

from datetime import date, datetime, time
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    Date,
    ForeignKeyConstraint,
    Integer,
    LargeBinary,
    PrimaryKeyConstraint,
    SmallInteger,
    Text,
    UniqueConstraint,
    Uuid,
)
from sqlalchemy.dialects.postgresql import TSTZMULTIRANGE
from sqlalchemy.orm import Mapped, mapped_column

from guichet.socle.crypto import EncryptedText
from guichet.socle.database import Base, Horodatage, TenantMixin

SCHEMA = "rdv"
RDV = f"{SCHEMA}.rdv"
INSCRIPTION = f"{SCHEMA}.inscription"
TRI = Text(collation="C")


class Journee(Base, TenantMixin):
    """A centre's local day it may be booked on: its bounds, whether it is open, how many appointments it takes.

    `voies`: lanes by set of vehicle types (`metier.capacite.count_voies`), None for a centre without lanes.
    """

    __tablename__ = "journee"
    __table_args__ = (PrimaryKeyConstraint("centre_id", "jour"), {"schema": SCHEMA})

    centre_id: Mapped[UUID]
    jour: Mapped[date]
    minuit: Mapped[datetime]
    lendemain: Mapped[datetime]
    etat: Mapped[str]
    capacite: Mapped[int]
    voies: Mapped[list[int] | None] = mapped_column(ARRAY(Integer))


class VoieFermee(Base, TenantMixin):
    """A lane closed for a while. `masque`: the vehicle types it takes, as bits (`metier.capacite.MASQUES`)."""

    __tablename__ = "voie_fermee"
    __table_args__ = ({"schema": SCHEMA},)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    centre_id: Mapped[UUID]
    masque: Mapped[int] = mapped_column(SmallInteger)
    debut: Mapped[datetime]
    fin: Mapped[datetime]


class Ouverture(Base, TenantMixin):
    """When an inspector works in a centre on a local day, and what they may inspect that day."""

    __tablename__ = "ouverture"
    __table_args__ = (PrimaryKeyConstraint("centre_id", "jour", "controleur_id"), {"schema": SCHEMA})

    centre_id: Mapped[UUID]
    controleur_id: Mapped[UUID]
    jour: Mapped[date]
    plages: Mapped[Any] = mapped_column(TSTZMULTIRANGE())
    capacites: Mapped[list[str]] = mapped_column(ARRAY(Text))


class Rdv(Base, TenantMixin, Horodatage):
    """An appointment, with what was typed on it."""

    __tablename__ = "rdv"
    __table_args__ = (
        UniqueConstraint("numero"),
        UniqueConstraint("tenant_id", "id", name="uq_rdv_tenant_id"),
        ForeignKeyConstraint(["tenant_id", "initial_id"], [f"{RDV}.tenant_id", f"{RDV}.id"], name="fk_rdv_initial"),
        {"schema": SCHEMA},
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    numero: Mapped[str] = mapped_column(TRI)
    centre_id: Mapped[UUID]
    controleur_id: Mapped[UUID | None]
    controleur_choisi: Mapped[bool] = mapped_column(default=False)
    client_id: Mapped[UUID | None]
    vehicule_id: Mapped[UUID | None]
    initial_id: Mapped[UUID | None]
    type_controle: Mapped[str]
    debut: Mapped[datetime]
    fin: Mapped[datetime]
    jour: Mapped[date] = mapped_column(Date)
    statut: Mapped[str]
    resultat: Mapped[str | None]
    surnombre: Mapped[bool] = mapped_column(default=False)
    montant_cents: Mapped[int | None]
    paiement_mode: Mapped[str]
    paiement_statut: Mapped[str | None]
    expire_a: Mapped[datetime | None]
    source: Mapped[str]
    client_type: Mapped[str]
    client_nom: Mapped[str]
    client_prenom: Mapped[str] = mapped_column(default="")
    client_raison_sociale: Mapped[str | None]
    client_siret: Mapped[str | None]
    client_cle_nom: Mapped[str] = mapped_column(TRI)
    client_email: Mapped[str | None] = mapped_column(EncryptedText(f"{RDV}.client_email"))
    client_email_index: Mapped[bytes | None] = mapped_column(LargeBinary)
    client_telephone: Mapped[str | None] = mapped_column(EncryptedText(f"{RDV}.client_telephone"))
    client_telephone_index: Mapped[bytes | None] = mapped_column(LargeBinary)
    immatriculation: Mapped[str] = mapped_column(TRI)
    vehicule_type: Mapped[str]
    carburant: Mapped[str]
    marque: Mapped[str | None]
    modele: Mapped[str | None]
    mise_circulation: Mapped[str | None]
    date_controle_initial: Mapped[date | None]
    notes: Mapped[str | None]
    langue: Mapped[str] = mapped_column(default="fr")
    annule_le: Mapped[datetime | None]
    annule_motif: Mapped[str | None]
    annule_raison: Mapped[str | None]
    modifications: Mapped[int] = mapped_column(SmallInteger, default=0)
    sequence: Mapped[int] = mapped_column(SmallInteger, default=0)
    cree_par: Mapped[UUID | None]
    version: Mapped[int] = mapped_column(default=1)
    offre_id: Mapped[UUID | None]
    valide_le: Mapped[datetime | None]
    arrive_le: Mapped[datetime | None]
    commence_le: Mapped[datetime | None]
    termine_le: Mapped[datetime | None]
    rappel_le: Mapped[datetime | None]
    renvois: Mapped[int | None] = mapped_column(SmallInteger)


class Remarque(Base, TenantMixin):
    """A note of the staff about an appointment, with its author's name at the time."""

    __tablename__ = "remarque"
    __table_args__ = (
        ForeignKeyConstraint(["tenant_id", "rdv_id"], [f"{RDV}.tenant_id", f"{RDV}.id"], name="fk_remarque_rdv"),
        {"schema": SCHEMA},
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    rdv_id: Mapped[UUID]
    auteur_id: Mapped[UUID | None]
    auteur: Mapped[str]
    texte: Mapped[str] = mapped_column(EncryptedText(f"{SCHEMA}.remarque.texte"))
    created_at: Mapped[datetime]


class Cadence(Base, TenantMixin):
    """What anonymous callers booked lately, by blind index of telephone and address: only to count."""

    __tablename__ = "cadence"
    __table_args__ = (PrimaryKeyConstraint("tenant_id", "cle", "rdv_id"), {"schema": SCHEMA})

    tenant_id: Mapped[UUID]
    cle: Mapped[bytes] = mapped_column(LargeBinary)
    le: Mapped[datetime]
    rdv_id: Mapped[UUID]


class Inscription(Base, TenantMixin, Horodatage):
    """An entry of the waiting list, with what was typed. `personne`: blind index of the contact; `rdv_id`: the appointment
    given back for an earlier one; `offre_id`: the latest offer; `servie_par`: the appointment it ended with."""

    __tablename__ = "inscription"
    __table_args__ = (UniqueConstraint("tenant_id", "id", name="uq_inscription_tenant_id"), {"schema": SCHEMA})

    id: Mapped[UUID] = mapped_column(primary_key=True)
    statut: Mapped[str]
    depuis: Mapped[datetime]
    priorite: Mapped[bool] = mapped_column(default=False)
    centres: Mapped[list[UUID]] = mapped_column(ARRAY(Uuid))
    du: Mapped[date]
    au: Mapped[date]
    heure_du: Mapped[time | None]
    heure_au: Mapped[time | None]
    rdv_id: Mapped[UUID | None]
    offre_id: Mapped[UUID | None]
    servie_par: Mapped[UUID | None]
    client_type: Mapped[str]
    client_nom: Mapped[str]
    client_prenom: Mapped[str] = mapped_column(default="")
    client_raison_sociale: Mapped[str | None]
    client_siret: Mapped[str | None]
    client_cle_nom: Mapped[str] = mapped_column(TRI)
    client_email: Mapped[str | None] = mapped_column(EncryptedText(f"{INSCRIPTION}.client_email"))
    client_email_index: Mapped[bytes | None] = mapped_column(LargeBinary)
    client_telephone: Mapped[str | None] = mapped_column(EncryptedText(f"{INSCRIPTION}.client_telephone"))
    client_telephone_index: Mapped[bytes | None] = mapped_column(LargeBinary)
    personne: Mapped[bytes] = mapped_column(LargeBinary)
    immatriculation: Mapped[str] = mapped_column(TRI)
    vehicule_type: Mapped[str]
    carburant: Mapped[str]
    marque: Mapped[str | None]
    modele: Mapped[str | None]
    mise_circulation: Mapped[str | None]
    type_controle: Mapped[str]
    date_controle_initial: Mapped[date | None]
    paiement_mode: Mapped[str]
    source: Mapped[str]
    notes: Mapped[str | None]
    langue: Mapped[str] = mapped_column(default="fr")
    cree_par: Mapped[UUID | None]
    version: Mapped[int] = mapped_column(default=1)


class InscriptionCentre(Base, TenantMixin):
    """Where an entry that is alive waits."""

    __tablename__ = "inscription_centre"
    __table_args__ = (PrimaryKeyConstraint("inscription_id", "centre_id"), {"schema": SCHEMA})

    inscription_id: Mapped[UUID]
    centre_id: Mapped[UUID]
    immatriculation: Mapped[str] = mapped_column(TRI)
    personne: Mapped[bytes] = mapped_column(LargeBinary)
    du: Mapped[date]
    au: Mapped[date]


class Offre(Base, TenantMixin):
    """A start offered to an entry, held by the row `rdv_id` until `expire_a`. `issue`: what became of it, None: pending."""

    __tablename__ = "offre"
    __table_args__ = ({"schema": SCHEMA},)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    inscription_id: Mapped[UUID]
    rdv_id: Mapped[UUID]
    centre_id: Mapped[UUID]
    jour: Mapped[date]
    debut: Mapped[datetime]
    fin: Mapped[datetime]
    montant_cents: Mapped[int | None]
    faite_a: Mapped[datetime]
    expire_a: Mapped[datetime]
    issue: Mapped[str | None]
    finie_a: Mapped[datetime | None]


class EvenementPlanning(Base, TenantMixin, Horodatage):
    """A block, an opening, a leave or an absence. `jusqu_a` is the end of its last occurrence; `applique` the digest of the
    resolutions it was applied with."""

    __tablename__ = "evenement_planning"
    __table_args__ = (UniqueConstraint("tenant_id", "id", name="uq_evenement_planning_tenant_id"), {"schema": SCHEMA})

    id: Mapped[UUID] = mapped_column(primary_key=True)
    type: Mapped[str]
    centre_id: Mapped[UUID | None]
    controleur_id: Mapped[UUID | None]
    equipement_id: Mapped[UUID | None]
    fuseau: Mapped[str]
    debut: Mapped[datetime]
    fin: Mapped[datetime]
    recurrence: Mapped[str | None]
    jusqu_a: Mapped[datetime]
    motif: Mapped[str] = mapped_column(default="")
    statut: Mapped[str]
    refus: Mapped[str | None]
    applique: Mapped[bytes | None] = mapped_column(LargeBinary)
    demande_par: Mapped[UUID | None]
    decide_par: Mapped[UUID | None]
    decide_le: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(default=1)
