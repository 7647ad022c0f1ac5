"""What the other contexts see of payments: frozen values, cents, aware instants."""

from dataclasses import dataclass, field
from datetime import date, datetime
from uuid import UUID

from guichet.paiements.metier.montants import LignePaiement
from guichet.paiements.metier.types import Moyen


@dataclass(frozen=True, kw_only=True, slots=True)
class Acheteur:
    """Who pays, as written on the document. A `siret` makes it an invoice."""

    nom: str
    email: str = ""
    adresse: str = ""
    siret: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class PaiementVue:
    """A payment. `statut` is `pending`, `succeeded`, `failed` or `refunded`; `motif` says why it failed."""

    id: UUID
    reference: str
    statut: str
    montant_cents: int
    encaisse_cents: int
    rembourse_cents: int
    url_paiement: str
    expire_a: datetime | None
    motif: str | None
    canal: str
    moyen: str
    lignes: tuple[LignePaiement, ...]
    langue: str
    lieu: str | None
    fuseau: str
    retour_url: str
    paye_a: datetime | None
    created_at: datetime

    @property
    def remboursable_cents(self) -> int:
        """What was taken and not given back."""
        return self.encaisse_cents - self.rembourse_cents


@dataclass(frozen=True, kw_only=True, slots=True)
class RemboursementVue:
    """A refund asked: `statut` is `a_envoyer`, `en_cours`, `en_attente`, `effectue` or `refuse`."""

    id: UUID
    paiement_id: UUID
    montant_cents: int
    motif: str
    statut: str
    demande_a: datetime
    effectue_a: datetime | None


@dataclass(frozen=True, kw_only=True, slots=True)
class RecuVue:
    """An accounting document: `serie` is `recu`, `facture` or `avoir`; `code` is what people read (`R-2026-000042`)."""

    id: UUID
    serie: str
    code: str
    numero: int
    exercice: int
    paiement_id: UUID
    montant_cents: int
    emise_a: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class LigneCaisse:
    """A line of the till of a day: signed, money given back is negative."""

    le: datetime
    genre: str
    moyen: Moyen
    montant_cents: int
    reference: str
    piece: str
    par: UUID | None


@dataclass(frozen=True, kw_only=True, slots=True)
class CaisseVue:
    """The till of one place on one of its own days."""

    lieu: str
    jour: date
    lignes: tuple[LigneCaisse, ...]
    totaux: dict[Moyen, int] = field(default_factory=dict)

    @property
    def total_cents(self) -> int:
        """All means together."""
        return sum(self.totaux.values())
