"""The words of an appointment."""

from enum import StrEnum
from typing import Final


class Statut(StrEnum):
    """Where an appointment stands (founding documents)."""

    EN_ATTENTE_PAIEMENT = "en_attente_paiement"
    CONFIRME = "confirme"
    EN_COURS = "en_cours"
    TERMINE = "termine"
    ABSENT = "absent"
    ANNULE = "annule"


OCCUPANTS: Final = (Statut.EN_ATTENTE_PAIEMENT, Statut.CONFIRME, Statut.EN_COURS, Statut.TERMINE)
"""The states that hold an inspector's time. The exclusion constraint of the database names the same ones."""


class Resultat(StrEnum):
    """Outcome of an inspection: `contre_visite` means major defects, `defavorable` critical ones."""

    FAVORABLE = "favorable"
    DEFAVORABLE = "defavorable"
    CONTRE_VISITE = "contre_visite"


ECHECS: Final = frozenset({Resultat.DEFAVORABLE, Resultat.CONTRE_VISITE})
"""Outcomes that open the right to a re-inspection."""


class PaiementMode(StrEnum):
    """How the customer chose to pay."""

    EN_LIGNE = "en_ligne"
    SUR_PLACE = "sur_place"


class PaiementStatut(StrEnum):
    """Where the payment of an appointment stands; no value at all while nothing is owed."""

    EN_ATTENTE = "en_attente"
    PAYE = "paye"
    REMBOURSE = "rembourse"
    REMBOURSE_PARTIEL = "rembourse_partiel"


class Source(StrEnum):
    """Where an appointment came from."""

    WEB = "web"
    MOBILE = "mobile"
    CALL_CENTER = "call_center"
    BACKOFFICE = "backoffice"
    COURRIER = "courrier"
    API = "api"


class MotifAnnulation(StrEnum):
    """Who or what ended an appointment before its time."""

    CLIENT = "client"
    CENTRE = "centre"
    EXPIRATION = "expiration"


class RaisonVide(StrEnum):
    """Why a day has no free start."""

    FERME = "ferme"
    FERIE = "ferie"
    COMPLET = "complet"
    PASSE = "passe"
    HORS_HORIZON = "hors_horizon"
    AUCUN_AGREMENT = "aucun_agrement"
    PAS_EN_LIGNE = "pas_en_ligne"


class Indisponible(StrEnum):
    """Why a start the rules allow cannot be had now (the `raison` of a 409)."""

    PRIS = "pris"
    TENU = "tenu"
    COMPLET = "complet"
    LIGNES = "lignes"
    BLOQUE = "bloque"


class Niveau(StrEnum):
    """How much room is left, in three steps."""

    LARGE = "large"
    MOYEN = "moyen"
    FAIBLE = "faible"
