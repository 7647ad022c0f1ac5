"""The tenant's settings of this context."""

from datetime import time
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from guichet.notifications.metier import Silence, clean_address
from guichet.socle.i18n import _


def _adresse(texte: str) -> str:
    if not texte:
        return texte
    adresse = clean_address(texte)
    if adresse is None:
        raise ValueError(_("Écrivez une adresse complète, par exemple bonjour@exemple.fr."))
    return adresse


def _minute(heure: time) -> time:
    return heure.replace(second=0, microsecond=0, tzinfo=None)


Heure = Annotated[time, AfterValidator(_minute)]


class ReglagesNotifications(BaseModel):
    """Section `notifications`: who writes to customers, where their answers go. Empty: the tenant's, the installation's.

    `silence_debut` to `silence_fin`, on the centre's clock: what the customer did not cause waits. Equal: never quiet.
    """

    model_config = ConfigDict(extra="forbid")

    expediteur_nom: str = Field("", max_length=120)
    expediteur_adresse: Annotated[str, AfterValidator(_adresse)] = Field("", max_length=254)
    reponse_a: Annotated[str, AfterValidator(_adresse)] = Field("", max_length=254)
    expediteur_sms: str = Field("", pattern=r"^([A-Za-z0-9][A-Za-z0-9 ]{1,9}[A-Za-z0-9])?$")
    silence_debut: Heure = time(21)
    silence_fin: Heure = time(8)

    @property
    def silence(self) -> Silence:
        """The quiet hours as the rules take them."""
        return Silence(self.silence_debut, self.silence_fin)
