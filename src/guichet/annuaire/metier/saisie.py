"""What is wrong with a typed value, as a value: the facade turns it into a sentence for a person."""

from enum import StrEnum


class Motif(StrEnum):
    """Why a typed value is refused; each one has its own French sentence in the facade."""

    VIDE = "vide"
    FORME = "forme"
    LETTRE_INTERDITE = "lettre_interdite"
    BLOC_RESERVE = "bloc_reserve"
    NUMERO_NUL = "numero_nul"
    DEPARTEMENT = "departement"
    TROP_LONG = "trop_long"
    SURTAXE = "surtaxe"
    INCONNU = "inconnu"
    CLE = "cle"


class SaisieInvalide(ValueError):
    """A typed value that cannot be normalised; `motif` says why."""

    def __init__(self, motif: Motif) -> None:
        super().__init__(motif.value)
        self.motif = motif
