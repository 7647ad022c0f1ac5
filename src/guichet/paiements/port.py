"""The port behind which providers stand, and the registry of those that are known.

An adapter speaks to one provider for one tenant, outside any transaction. It raises `FournisseurIndisponible` when no
answer came (try again: every call that changes something carries our own key) and `FournisseurRefuse` when the answer is
no. A card number never passes here: people type it on the provider's own page.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from types import TracebackType
from typing import Protocol, Self
from uuid import UUID

from guichet.paiements.metier.constats import Constat, RemboursementConstate
from guichet.paiements.metier.montants import LignePaiement


class FournisseurIndisponible(Exception):
    """No answer, or not one that says anything. What was asked may have been done."""


class FournisseurRefuse(Exception):
    """The provider answered no; the text is what it said, for the operator."""


class SignatureInvalide(Exception):
    """A notification that the provider did not sign, or too long ago."""


class SessionInconnue(FournisseurRefuse):
    """The provider does not know this payment page."""


@dataclass(frozen=True, kw_only=True, slots=True)
class DemandeSession:
    """A payment page to open. `cle` makes it once; addresses are absolute; cents."""

    cle: str
    montant_cents: int
    lignes: tuple[LignePaiement, ...]
    reference: str
    email: str
    langue: str
    retour_url: str
    abandon_url: str
    notification_url: str
    origine: str
    expire_a: datetime
    tentatives_max: int


@dataclass(frozen=True, kw_only=True, slots=True)
class SessionPaiement:
    """A page opened: `url` is the provider's own, `champs_url` the card fields to frame in ours, where there are any."""

    id: str
    url: str
    champs_url: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class DemandeRemboursement:
    """Money to give back; `cle` makes it once."""

    cle: UUID
    session_id: str
    montant_cents: int
    motif: str


@dataclass(frozen=True, kw_only=True, slots=True)
class EvenementFournisseur:
    """Something the provider says happened, by its own identifier. Believed only once asked again."""

    ref: str
    genre: str
    session_id: str
    corps: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Releve:
    """A page of the provider's events and where the next one starts."""

    evenements: tuple[EvenementFournisseur, ...]
    curseur: str
    is_last: bool


class Fournisseur(Protocol):
    """One provider, for one tenant, as long as the block lasts."""

    nom: str

    async def create_session(self, demande: DemandeSession) -> SessionPaiement:
        """Open a payment page; the same `cle` gives the same page."""
        ...

    async def fetch(self, session_id: str) -> Constat:
        """What the provider knows now. Raises SessionInconnue."""
        ...

    async def close_session(self, session_id: str) -> Constat:
        """Nobody may pay there any more; what was paid meanwhile is in the answer."""
        ...

    async def refund(self, demande: DemandeRemboursement) -> RemboursementConstate:
        """Give money back; the same `cle` is done once."""
        ...

    async def list_events(self, curseur: str) -> Releve:
        """The events after a cursor, oldest first; an empty cursor starts at the beginning."""
        ...

    def read_notification(self, corps: bytes, en_tetes: Mapping[str, str]) -> EvenementFournisseur:
        """What a notification says, once its signature is checked. Raises SignatureInvalide."""
        ...

    async def __aenter__(self) -> Self: ...

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...


Fabrique = Callable[[UUID, Mapping[str, str]], Fournisseur]
"""Makes the adapter of a tenant from its keys."""
