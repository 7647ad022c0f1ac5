"""The audit journal: who did what, when, from where, and what changed; append-only, sealed by a chain of digests."""

from guichet.socle.audit.chaine import seal
from guichet.socle.audit.journal import audit, audit_values
from guichet.socle.audit.retrait import retire
from guichet.socle.audit.verification import Anomalie, Rapport, verify_chain

__all__ = ["Anomalie", "Rapport", "audit", "audit_values", "retire", "seal", "verify_chain"]
