"""What a provider says of a payment when it is asked, and what that changes here.

A notification only says that something happened; the answer to our own question is the truth. Whatever the order and the
number of times it is heard, each fact has one effect: what is applied is the difference with what is already written.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from guichet.paiements.metier.types import TENTATIVES_MAX, Issue, MotifEchec, Statut, StatutRemboursement


class EtatSession(StrEnum):
    """Where the provider's own page stands."""

    OUVERTE = "ouverte"
    PAYEE = "payee"
    ABANDONNEE = "abandonnee"
    EXPIREE = "expiree"


@dataclass(frozen=True, kw_only=True, slots=True)
class TentativeConstatee:
    """A card tried, by the provider's own identifier."""

    ref: str
    issue: Issue
    motif: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class RemboursementConstate:
    """A refund as the provider knows it; `reference` is our own identifier, empty when made on the provider's side."""

    ref: str
    reference: str
    montant_cents: int
    statut: StatutRemboursement
    motif: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Constat:
    """All a provider says of one payment at one moment. Cents."""

    session_id: str
    etat: EtatSession
    encaisse_cents: int = 0
    transaction: str = ""
    tentatives: tuple[TentativeConstatee, ...] = ()
    remboursements: tuple[RemboursementConstate, ...] = ()

    @property
    def refusees(self) -> int:
        """How many cards were refused."""
        return sum(t.issue is Issue.REFUSEE for t in self.tentatives)


@dataclass(frozen=True, kw_only=True, slots=True)
class Suite:
    """What a finding changes: money newly taken, late or not; or a failure; or nothing."""

    encaisse_cents: int = 0
    tardif: bool = False
    echec: MotifEchec | None = None


_FINS = {EtatSession.ABANDONNEE: MotifEchec.ABANDON, EtatSession.EXPIREE: MotifEchec.EXPIRATION}


def decide(constat: Constat, *, statut: Statut, encaisse_cents: int, expire_a: datetime, maintenant: datetime) -> Suite:
    """What follows from a finding for a payment as it stands.

    Money taken always counts, whatever was thought before: late when the deadline (`expire_a`, itself too late) has passed
    or the payment had already failed. Without money, a page that was left, that expired or where the last card allowed was
    refused makes a waiting payment fail, once.
    """
    nouveau = constat.encaisse_cents - encaisse_cents
    if nouveau > 0:
        return Suite(encaisse_cents=nouveau, tardif=statut is not Statut.PENDING or maintenant >= expire_a)
    if statut is not Statut.PENDING or constat.encaisse_cents:
        return Suite()
    if constat.etat in _FINS:
        return Suite(echec=_FINS[constat.etat])
    if constat.refusees >= TENTATIVES_MAX:
        return Suite(echec=MotifEchec.TENTATIVES)
    return Suite()


def is_settled(constat: Constat) -> bool:
    """True when the provider will bring nothing more by itself: page closed, no refund under way."""
    en_route = {StatutRemboursement.A_ENVOYER, StatutRemboursement.EN_COURS, StatutRemboursement.EN_ATTENTE}
    return constat.etat is not EtatSession.OUVERTE and not any(r.statut in en_route for r in constat.remboursements)
