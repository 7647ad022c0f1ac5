"""The messages of this context: accounts (invitation, sign-up, password), and messages that did not leave."""

from datetime import date, datetime
from typing import Final, Literal
from zoneinfo import ZoneInfo

from guichet.notifications.metier import Canal
from guichet.notifications.modeles import DOSSIER, Donnees, Modele
from guichet.socle.i18n import format_date, format_instant, lazy

Motif = Literal["invitation", "mot_de_passe", "inscription", "deja_inscrit", "mot_de_passe_change"]
PARIS = ZoneInfo("Europe/Paris")


class DonneesCompte(Donnees):
    """Why we write, to whom, and the link that lets them act."""

    motif: Motif
    prenom: str = ""
    lien: str = ""
    expire_le: datetime | None = None

    @property
    def limite(self) -> str:
        """Until when the link works."""
        return format_instant(self.expire_le, PARIS, "jour") if self.expire_le else ""


COMPTE: Final = Modele(
    nom="notifications.compte",
    libelle=lazy("Accès et mot de passe"),
    donnees=DonneesCompte,
    dossier=DOSSIER,
    exemple=DonneesCompte(
        motif="mot_de_passe",
        prenom="Camille",
        lien="https://guichet.example/acces/exemple",
        expire_le=datetime(2026, 11, 24, 18, tzinfo=PARIS),
    ),
)


class DonneesIncident(Donnees):
    """A day on which messages did not leave, for those who can do something about it."""

    jour: date

    @property
    def jour_long(self) -> str:
        """`mardi 24 novembre`."""
        return format_date(self.jour, "jour")


INCIDENT: Final = Modele(
    nom="notifications.incident",
    libelle=lazy("Des messages ne sont pas partis"),
    donnees=DonneesIncident,
    dossier=DOSSIER,
    canaux=frozenset({Canal.INTERNE}),
    exemple=DonneesIncident(jour=date(2026, 11, 24)),
)
MODELES: Final = (COMPTE, INCIDENT)
