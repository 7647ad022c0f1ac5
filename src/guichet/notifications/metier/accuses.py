"""What a provider says became of a text message, and what follows."""

from enum import StrEnum
from typing import Final

from guichet.notifications.metier.etats import Statut


class Accuse(StrEnum):
    """What a receipt says."""

    DISTRIBUE = "distribue"
    PERDU = "perdu"
    EN_CHEMIN = "en_chemin"


_DISTRIBUES: Final = frozenset({"DELIVERED", "READ"})
_PERDUS: Final = frozenset({"UNDELIVERABLE", "UNDELIVERED", "REJECTED", "EXPIRED", "FAILED", "CANCELLED", "CANCELED"})


def read_accuse(valeur: str) -> Accuse:
    """The receipt behind a provider's word; a word nobody knows says only that the message is on its way."""
    mot = valeur.strip().upper()
    if mot in _DISTRIBUES:
        return Accuse.DISTRIBUE
    return Accuse.PERDU if mot in _PERDUS else Accuse.EN_CHEMIN


def follow_accuse(statut: Statut, accuse: Accuse) -> Statut | None:
    """The state a message takes on a receipt of its last attempt; None when it says nothing new.

    Receipts come twice and out of order: delivered is final, lost is corrected by delivered only. A receipt settles an
    attempt whose answer was lost.
    """
    if statut in {Statut.A_ENVOYER, Statut.ECARTE, Statut.DISTRIBUE}:
        return None
    match accuse:
        case Accuse.DISTRIBUE:
            return Statut.DISTRIBUE
        case Accuse.PERDU:
            return None if statut is Statut.ECHEC else Statut.ECHEC
        case Accuse.EN_CHEMIN:
            return Statut.ENVOYE if statut is Statut.INCERTAIN else None


MOTS_STOP: Final = frozenset({"STOP", "ARRET", "ARRÊT", "UNSUBSCRIBE"})


def asks_to_stop(texte: str) -> bool:
    """True for an answer that refuses further messages."""
    mots = texte.strip(" .!").upper().split()
    return bool(mots) and mots[0] in MOTS_STOP
