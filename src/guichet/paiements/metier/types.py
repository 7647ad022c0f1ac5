"""The words of payments."""

from datetime import timedelta
from enum import StrEnum
from typing import Final


class Statut(StrEnum):
    """Where a payment stands; the names are those of the founding documents."""

    PENDING = "pending"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    REFUNDED = "refunded"


class Canal(StrEnum):
    """Where the money is taken."""

    EN_LIGNE = "en_ligne"
    SUR_PLACE = "sur_place"


class Moyen(StrEnum):
    """With what it is paid."""

    CARTE_BANCAIRE = "carte_bancaire"
    ESPECES = "especes"
    CHEQUE = "cheque"


class MotifEchec(StrEnum):
    """Why nobody will pay any more. One refused card is none of these."""

    ABANDON = "abandon"
    ANNULE = "annule"
    EXPIRATION = "expiration"
    TENTATIVES = "tentatives"


class StatutRemboursement(StrEnum):
    """How far a refund went: to be asked, being asked, asked and awaited, done, refused."""

    A_ENVOYER = "a_envoyer"
    EN_COURS = "en_cours"
    EN_ATTENTE = "en_attente"
    EFFECTUE = "effectue"
    REFUSE = "refuse"


class Issue(StrEnum):
    """How a card tried came out."""

    EN_COURS = "en_cours"
    ACCEPTEE = "acceptee"
    REFUSEE = "refusee"


class Serie(StrEnum):
    """A series of accounting documents, each with its own numbers."""

    RECU = "recu"
    FACTURE = "facture"
    AVOIR = "avoir"


class Genre(StrEnum):
    """The two kinds of operation of the ledger."""

    ENCAISSEMENT = "encaissement"
    REMBOURSEMENT = "remboursement"


TENTATIVES_MAX: Final = 5
CONSERVATION: Final = timedelta(days=3653)
"""Accounting documents and what they stand on are kept ten years (commercial code, article L123-22)."""
