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
    """One message to one person. The address and the data of the template are encrypted."""

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
