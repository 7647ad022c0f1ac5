"""The tenant's settings of this context."""

from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from guichet.notifications.metier import clean_address
from guichet.socle.i18n import _


def _adresse(texte: str) -> str:
    if not texte:
        return texte
    adresse = clean_address(texte)
    if adresse is None:
        raise ValueError(_("Écrivez une adresse complète, par exemple bonjour@exemple.fr."))
    return adresse


class ReglagesNotifications(BaseModel):
    """Section `notifications`: who writes to customers, where their answers go. Empty: the tenant's, the installation's."""

    model_config = ConfigDict(extra="forbid")

    expediteur_nom: str = Field("", max_length=120)
    expediteur_adresse: Annotated[str, AfterValidator(_adresse)] = Field("", max_length=254)
    reponse_a: Annotated[str, AfterValidator(_adresse)] = Field("", max_length=254)
