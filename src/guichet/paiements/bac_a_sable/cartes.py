"""The cards of the sandbox and what each of them does. Any future date and any three digits go with them."""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from guichet.paiements.metier.cartes import is_card_number
from guichet.socle.i18n import _, lazy


class Reponse(StrEnum):
    """What the bank of a card answers."""

    ACCEPTEE = "acceptee"
    REFUSEE = "refusee"
    DEFI = "defi"
    LENTE = "lente"
    MUETTE = "muette"


@dataclass(frozen=True, kw_only=True)
class Carte:
    """A card: its number, what is said of it on the help page, what its bank answers, and how it takes a refund."""

    numero: str
    libelle: str
    reponse: Reponse
    motif: str = ""
    remboursement: str = "immediat"


LENTEUR: Final = timedelta(seconds=30)
ATTENTE_REMBOURSEMENT: Final = timedelta(seconds=30)
CARTES: Final = (
    Carte(numero="4242424242424242", libelle=lazy("Paiement accepté"), reponse=Reponse.ACCEPTEE),
    Carte(numero="4000002500000003", libelle=lazy("Paiement accepté, carte française"), reponse=Reponse.ACCEPTEE),
    Carte(numero="4000002500003155", libelle=lazy("Authentification demandée"), reponse=Reponse.DEFI),
    Carte(numero="4000002760003184", libelle=lazy("Authentification demandée"), reponse=Reponse.DEFI),
    Carte(numero="4000000000003220", libelle=lazy("Authentification demandée"), reponse=Reponse.DEFI),
    Carte(
        numero="4000000000000002", libelle=lazy("Refusée par la banque"), reponse=Reponse.REFUSEE, motif="refus_banque"
    ),
    Carte(
        numero="4000000000009995",
        libelle=lazy("Provision insuffisante"),
        reponse=Reponse.REFUSEE,
        motif="provision_insuffisante",
    ),
    Carte(numero="4000000000000069", libelle=lazy("Carte périmée"), reponse=Reponse.REFUSEE, motif="carte_perimee"),
    Carte(
        numero="4000000000000127",
        libelle=lazy("Cryptogramme faux"),
        reponse=Reponse.REFUSEE,
        motif="cryptogramme_faux",
    ),
    Carte(numero="4000000000004087", libelle=lazy("La banque répond tard, puis accepte"), reponse=Reponse.LENTE),
    Carte(numero="4000000000005043", libelle=lazy("La banque ne répond jamais"), reponse=Reponse.MUETTE),
    Carte(
        numero="4000000000007726",
        libelle=lazy("Acceptée ; remboursement en deux temps"),
        reponse=Reponse.ACCEPTEE,
        remboursement="differe",
    ),
    Carte(
        numero="4000000000005126",
        libelle=lazy("Acceptée ; remboursement refusé"),
        reponse=Reponse.ACCEPTEE,
        remboursement="refuse",
    ),
)
_CONNUES: Final = {carte.numero: carte for carte in CARTES}
REFUS: Final[dict[str, str]] = {
    "refus_banque": lazy("Votre banque a refusé le paiement. Essayez une autre carte."),
    "provision_insuffisante": lazy(
        "Votre banque a refusé le paiement : provision insuffisante. Essayez une autre carte."
    ),
    "carte_perimee": lazy("Cette carte est périmée. Essayez une autre carte."),
    "cryptogramme_faux": lazy("Le cryptogramme n'est pas le bon. Vérifiez les trois chiffres au dos de la carte."),
    "authentification": lazy("Votre banque n'a pas pu vérifier que c'est vous. Réessayez, ou prenez une autre carte."),
    "carte_inconnue": lazy("Cette carte n'est pas acceptée ici : prenez une carte d'essai."),
}


def find_carte(numero: str) -> Carte | None:
    """The card of that number, however it was typed; None for one the sandbox does not know."""
    return _CONNUES.get(re.sub(r"\D", "", numero))


def check_saisie(numero: str, expiration: str, cryptogramme: str, maintenant: datetime) -> dict[str, str]:
    """What is wrong with what was typed, by field. A card is good until the end of its month, in UTC."""
    erreurs = {}
    if not is_card_number(numero):
        erreurs["numero"] = _("Vérifiez le numéro : il compte 16 chiffres en général.")
    fin = _end_of(expiration)
    if fin is None:
        erreurs["expiration"] = _("Écrivez le mois et l'année, par exemple 09/28.")
    elif fin < (maintenant.year, maintenant.month):
        erreurs["expiration"] = _("Cette carte est périmée.")
    if not re.fullmatch(r"\d{3,4}", cryptogramme.strip()):
        erreurs["cryptogramme"] = _("Les trois chiffres au dos de la carte.")
    return erreurs


def _end_of(expiration: str) -> tuple[int, int] | None:
    found = re.fullmatch(r"\s*(\d{1,2})\s*/?\s*(\d{2}|\d{4})\s*", expiration)
    if found is None or not 1 <= int(found[1]) <= 12:
        return None
    annee = int(found[2])
    return (annee if annee >= 100 else 2000 + annee), int(found[1])
