"""What money does to an appointment (rule 6): never money kept without a place, never a place given twice."""

from datetime import datetime
from enum import StrEnum

from guichet.rdv.metier.types import MotifAnnulation, PaiementStatut, Statut


class SuiteEncaissement(StrEnum):
    """What follows when money came in for an appointment."""

    CONFIRMER = "confirmer"
    NOTER = "noter"
    REPRENDRE = "reprendre"
    RENDRE = "rendre"


def follow_payment(
    statut: Statut,
    motif: MotifAnnulation | None,
    paiement: PaiementStatut | None,
    *,
    debut: datetime,
    maintenant: datetime,
) -> SuiteEncaissement:
    """What becomes of money that came in. In: the state as it reads now (`read_statut`), and what was paid before.

    A living hold is confirmed. One that died of its deadline gets its start again if that is still free (`REPRENDRE`:
    else the money goes back), unless it has begun. What was cancelled on purpose, or is paid already, gives all of it back.
    """
    if statut is Statut.EN_ATTENTE_PAIEMENT:
        return SuiteEncaissement.CONFIRMER
    if statut is not Statut.ANNULE:
        due = paiement in {None, PaiementStatut.EN_ATTENTE}
        return SuiteEncaissement.NOTER if due else SuiteEncaissement.RENDRE
    if motif is MotifAnnulation.EXPIRATION and maintenant < debut:
        return SuiteEncaissement.REPRENDRE
    return SuiteEncaissement.RENDRE


def read_remboursement(garde_cents: int, prix_cents: int | None) -> PaiementStatut:
    """Where a payment stands after money went back: `garde_cents` is what the centre still has of it."""
    if garde_cents <= 0:
        return PaiementStatut.REMBOURSE
    return PaiementStatut.REMBOURSE_PARTIEL if garde_cents < (prix_cents or 0) else PaiementStatut.PAYE
