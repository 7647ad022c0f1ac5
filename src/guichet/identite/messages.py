"""What happened to tenants and people, for those above. No personal data: identifiers only."""

from dataclasses import dataclass
from uuid import UUID

from guichet.socle.messages import Message, message

TOPIC = "identite.events"


@message("tenant.created", topic=TOPIC, version=1)
@dataclass(frozen=True, kw_only=True)
class TenantCreated(Message):
    """A tenant opened."""


@message("tenant.updated", topic=TOPIC, version=1)
@dataclass(frozen=True, kw_only=True)
class TenantUpdated(Message):
    """Its name, address, plan or colours changed; `actif` says whether it is open."""

    actif: bool

    def etiquettes(self) -> tuple[str, ...]:
        """Whatever was kept about a tenant is stale."""
        return ("identite.tenant",)


@message("tenant.reglages.changed", topic=TOPIC, version=1)
@dataclass(frozen=True, kw_only=True)
class ReglagesChanged(Message):
    """A section of its settings changed."""

    section: str

    def etiquettes(self) -> tuple[str, ...]:
        """Whatever was worked out from this section is stale, for the few tenants a process has seen lately."""
        return (f"identite.reglages:{self.section}",)


@message("user.created", topic=TOPIC, version=1)
@dataclass(frozen=True, kw_only=True)
class UserCreated(Message):
    """An account was made."""

    user_id: UUID
    role: str


@message("user.updated", topic=TOPIC, version=1)
@dataclass(frozen=True, kw_only=True)
class UserUpdated(Message):
    """Its name, address, role, permissions or scope changed."""

    user_id: UUID
    role: str


@message("user.deactivated", topic=TOPIC, version=1)
@dataclass(frozen=True, kw_only=True)
class UserDeactivated(Message):
    """The account can no longer be used."""

    user_id: UUID
    role: str


@message("user.invited", topic=TOPIC, version=1)
@dataclass(frozen=True, kw_only=True)
class UserInvited(Message):
    """A mail should invite this person to choose a password: take the link from `facade.lien_d_acces`."""

    user_id: UUID
    motif: str = "invitation"


@message("user.password_reset.requested", topic=TOPIC, version=1)
@dataclass(frozen=True, kw_only=True)
class PasswordResetRequested(Message):
    """A mail should let this person choose a new password."""

    user_id: UUID
    motif: str = "mot_de_passe"


@message("user.sign_up.requested", topic=TOPIC, version=1)
@dataclass(frozen=True, kw_only=True)
class SignUpRequested(Message):
    """Someone asked for a customer account with this address.

    `motif` is `inscription` (verify the address, choose a password) or `deja_inscrit` (say that the account exists).
    """

    user_id: UUID
    motif: str


@message("user.password.changed", topic=TOPIC, version=1)
@dataclass(frozen=True, kw_only=True)
class PasswordChanged(Message):
    """The person should be told, in case it was someone else."""

    user_id: UUID
    motif: str = "mot_de_passe_change"


@message("session.revoked", topic=TOPIC, version=1)
@dataclass(frozen=True, kw_only=True)
class SessionRevoked(Message):
    """A sign-in ended before its time. `sujet` is a session, a key, or a whole account."""

    sujet: UUID
    raison: str


@message("user.email.verified", topic=TOPIC, version=1)
@dataclass(frozen=True, kw_only=True)
class UserEmailVerified(Message):
    """The person has shown that the address is theirs: past bookings of that address may be joined to the account."""

    user_id: UUID
