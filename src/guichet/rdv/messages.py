"""What happened to appointments and free starts. No personal data: identifiers only."""

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from guichet.socle.messages import Message, message


@dataclass(frozen=True, kw_only=True)
class _Rdv(Message):
    rdv_id: UUID
    centre_id: UUID
    client_id: UUID | None
    controleur_id: UUID | None
    date_rdv: date
    debut: datetime
    fin: datetime
    statut: str

    def etiquettes(self) -> tuple[str, ...]:
        """The appointment and the free starts of its centre's day are stale."""
        return (f"rdv.rdv:{self.rdv_id}", f"rdv.jour:{self.centre_id}:{self.date_rdv.isoformat()}")


@message("rdv.created", topic="rdv.events", version=1)
@dataclass(frozen=True, kw_only=True)
class RdvCreated(_Rdv):
    """An appointment was booked: confirmed, or held until it is paid (`expire_a`)."""

    type_controle: str
    montant_cents: int | None
    source: str
    expire_a: datetime | None = None


@message("rdv.updated", topic="rdv.events", version=1)
@dataclass(frozen=True, kw_only=True)
class RdvUpdated(_Rdv):
    """Something of an appointment changed; the fields are those it has now.

    `champs` names what changed: `debut`, `centre`, `controleur`, `surnombre`, `statut`, `paiement`, ... `avant_debut` and
    `avant_centre_id` say where it stood before it moved. `raison` says why, when nobody asked: `paiement_tardif` (paid
    after its hold had died, and its place found again), `faisabilite` (another booking needed its inspector), `liberation`
    (an inspector was freed), `liste_attente` (its customer took an earlier place offered by the waiting list).
    """

    champs: tuple[str, ...]
    avant_debut: datetime | None = None
    avant_centre_id: UUID | None = None
    avant_jour: date | None = None
    raison: str | None = None

    def etiquettes(self) -> tuple[str, ...]:
        """Also the free starts of the centre's day it left."""
        if self.avant_jour is None:
            return super().etiquettes()
        return (
            *super().etiquettes(),
            f"rdv.jour:{self.avant_centre_id or self.centre_id}:{self.avant_jour.isoformat()}",
        )


@message("rdv.cancelled", topic="rdv.events", version=1)
@dataclass(frozen=True, kw_only=True)
class RdvCancelled(_Rdv):
    """An appointment was cancelled, by the customer, the centre, or because its hold died. Its place is free.

    `raison`, when the reason is the engine's: `remplace` (the person holds another start for the same plate),
    `paiement_abandonne` (nobody will pay), `paiement_tardif` (paid too late, place gone: refunded in full), `planning`
    (the centre closes a day or an inspector is away).
    """

    motif: str
    raison: str | None = None


@message("rdv.confirmation.requested", topic="rdv.events", version=1)
@dataclass(frozen=True, kw_only=True)
class ConfirmationRequested(_Rdv):
    """Somebody asked for the confirmation again, for the `rang`th time."""

    rang: int


@dataclass(frozen=True, kw_only=True)
class _Inscription(Message):
    inscription_id: UUID

    def etiquettes(self) -> tuple[str, ...]:
        """The entry, as its page shows it."""
        return (f"rdv.inscription:{self.inscription_id}",)


@message("attente.registered", topic="rdv.events", version=1)
@dataclass(frozen=True, kw_only=True)
class InscriptionRegistered(_Inscription):
    """Somebody joined the waiting list, or came back to it (`rang` counts the times)."""

    rang: int


@message("attente.withdrawn", topic="rdv.events", version=1)
@dataclass(frozen=True, kw_only=True)
class InscriptionWithdrawn(_Inscription):
    """Somebody left the waiting list. `motif`: `demande` (asked), `reservee` (booked elsewhere), `periode` (its days are over)."""

    motif: str


@dataclass(frozen=True, kw_only=True)
class _Offre(_Inscription):
    offre_id: UUID
    centre_id: UUID
    jour: date
    debut: datetime

    def etiquettes(self) -> tuple[str, ...]:
        """Also the free starts of the day."""
        return (*super().etiquettes(), f"rdv.jour:{self.centre_id}:{self.jour.isoformat()}")


@message("attente.offered", topic="rdv.events", version=1)
@dataclass(frozen=True, kw_only=True)
class OffreMade(_Offre):
    """A freed place is held for somebody of the waiting list until `expire_a`."""

    expire_a: datetime


@message("attente.answered", topic="rdv.events", version=1)
@dataclass(frozen=True, kw_only=True)
class OffreEnded(_Offre):
    """An offer is over. `issue`: `acceptee`, `refusee`, `expiree`, `retiree`."""

    issue: str


@message("rdv.reminder.due", topic="rdv.events", version=1)
@dataclass(frozen=True, kw_only=True)
class ReminderDue(_Rdv):
    """The hour has come to remind the customer of an appointment that still stands at `debut`."""


@message("disponibilite.changed", topic="planning.events", version=1)
@dataclass(frozen=True, kw_only=True)
class DisponibiliteChanged(Message):
    """The opening ranges of a centre were projected again from `du` to `au`, both included."""

    centre_id: UUID
    du: date
    au: date

    def etiquettes(self) -> tuple[str, ...]:
        """Everything kept about the centre's free starts is stale."""
        return (f"rdv.centre:{self.centre_id}",)


@message("planning.changed", topic="planning.events", version=1)
@dataclass(frozen=True, kw_only=True)
class PlanningChanged(Message):
    """A block, an opening, a leave or an absence changed working hours of a centre from `du` to `au`, both included.

    `controleur_id` is the one person concerned, None for everybody.
    """

    centre_id: UUID
    controleur_id: UUID | None
    du: date
    au: date

    def etiquettes(self) -> tuple[str, ...]:
        """Everything kept about the centre's free starts is stale."""
        return (f"rdv.centre:{self.centre_id}",)
