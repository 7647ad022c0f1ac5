"""The mails about accounts: invitation, sign-up, forgotten or changed password."""

from datetime import datetime
from typing import Final, Literal
from zoneinfo import ZoneInfo

from guichet.notifications.modeles import DOSSIER, Donnees, Modele
from guichet.socle.i18n import format_instant, lazy

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
    nom="notifications.compte", libelle=lazy("Accès et mot de passe"), donnees=DonneesCompte, dossier=DOSSIER
)
MODELES: Final = (COMPTE,)
