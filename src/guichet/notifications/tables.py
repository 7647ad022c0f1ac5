"""The schema `notifications`."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKeyConstraint, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from guichet.notifications.metier import Statut
from guichet.socle.crypto import EncryptedText
from guichet.socle.database import Base, Horodatage, TenantMixin

SCHEMA = "notifications"


def _of_notification() -> ForeignKeyConstraint:
    return ForeignKeyConstraint(
        ["tenant_id", "notification_id"],
        [f"{SCHEMA}.notification.tenant_id", f"{SCHEMA}.notification.id"],
        ondelete="CASCADE",
    )


class Notification(Base, TenantMixin, Horodatage):
    """One message to one person. The address and the data of the template are encrypted.

    `voulu_a` is the hour it was meant for, `perime_a` the one from which it is of no use; `fuseau` the zone whose quiet hours it obeys when it is not `transactionnel`;
    `adresse_cle` the keyed hash of channel and address; `user_id` the account an in-app message is for.
    """

    __tablename__ = "notification"
    __table_args__ = (UniqueConstraint("tenant_id", "id"), UniqueConstraint("tenant_id", "cle"), {"schema": SCHEMA})

    id: Mapped[UUID] = mapped_column(primary_key=True)
    cle: Mapped[str]
    modele: Mapped[str]
    canal: Mapped[str] = mapped_column(default="email")
    locale: Mapped[str]
    destinataire: Mapped[str] = mapped_column(EncryptedText(f"{SCHEMA}.notification.destinataire"))
    donnees: Mapped[str] = mapped_column(EncryptedText(f"{SCHEMA}.notification.donnees"))
    message_id: Mapped[str]
    statut: Mapped[str] = mapped_column(default=Statut.A_ENVOYER.value)
    tentatives: Mapped[int] = mapped_column(default=0)
    prochaine_tentative: Mapped[datetime | None]
    commence_a: Mapped[datetime | None]
    envoye_a: Mapped[datetime | None]
    erreur: Mapped[str | None]
    user_id: Mapped[UUID | None]
    transactionnel: Mapped[bool] = mapped_column(default=True)
    voulu_a: Mapped[datetime | None]
    perime_a: Mapped[datetime | None]
    fuseau: Mapped[str | None]
    adresse_cle: Mapped[bytes | None]
    fournisseur: Mapped[str | None]
    reference_fournisseur: Mapped[str | None]
    segments: Mapped[int | None]
    distribue_a: Mapped[datetime | None]
    lu_a: Mapped[datetime | None]


class Tentative(Base, TenantMixin):
    """One try at handing a message over; `issue` is null while nobody knows."""

    __tablename__ = "tentative"
    __table_args__ = (
        _of_notification(),
        {"schema": SCHEMA},
    )

    tenant_id: Mapped[UUID] = mapped_column(primary_key=True)
    notification_id: Mapped[UUID] = mapped_column(primary_key=True)
    numero: Mapped[int] = mapped_column(primary_key=True)
    debut: Mapped[datetime]
    fin: Mapped[datetime | None]
    issue: Mapped[str | None]
    reponse: Mapped[str] = mapped_column(default="")
    fournisseur: Mapped[str | None]


class Piece(Base, TenantMixin):
    """A file given with a message (those a template makes itself are not kept). In base64, encrypted."""

    __tablename__ = "piece"
    __table_args__ = (
        _of_notification(),
        {"schema": SCHEMA},
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    notification_id: Mapped[UUID]
    rang: Mapped[int]
    nom: Mapped[str]
    type_mime: Mapped[str]
    contenu: Mapped[str] = mapped_column(EncryptedText(f"{SCHEMA}.piece.contenu"))


class Adresse(Base, TenantMixin):
    """An address that refused everything, by its keyed hash."""

    __tablename__ = "adresse"
    __table_args__ = ({"schema": SCHEMA},)

    tenant_id: Mapped[UUID] = mapped_column(primary_key=True)
    canal: Mapped[str] = mapped_column(primary_key=True)
    adresse_cle: Mapped[bytes] = mapped_column(primary_key=True)
    rejetee_le: Mapped[datetime]
    raison: Mapped[str]


class Consentement(Base, TenantMixin):
    """What a person accepted or refused on one channel, when and how it was said; never changed, the last one counts."""

    __tablename__ = "consentement"
    __table_args__ = ({"schema": SCHEMA},)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    canal: Mapped[str]
    adresse_cle: Mapped[bytes]
    messages: Mapped[bool]
    rappels: Mapped[bool]
    source: Mapped[str]
    auteur_id: Mapped[UUID | None]
    created_at: Mapped[datetime]


class ModeleVersion(Base, TenantMixin):
    """What a tenant writes instead of the house's words; without text, the house's words are back."""

    __tablename__ = "modele_version"
    __table_args__ = ({"schema": SCHEMA},)

    tenant_id: Mapped[UUID] = mapped_column(primary_key=True)
    modele: Mapped[str] = mapped_column(primary_key=True)
    canal: Mapped[str] = mapped_column(primary_key=True)
    locale: Mapped[str] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True)
    objet: Mapped[str | None]
    texte: Mapped[str | None]
    auteur_id: Mapped[UUID | None]
    created_at: Mapped[datetime]
