"""The two sections of settings every tenant has from the start: who it is, how it looks."""

from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from guichet.identite.metier.coordonnees import normalise_email, normalise_telephone
from guichet.socle.i18n import _


def _email(text: str) -> str:
    if not text:
        return text
    email = normalise_email(text)
    if email is None:
        raise ValueError(_("Cette adresse e-mail n'est pas complète, par exemple accueil@exemple.fr."))
    return email


def _telephone(text: str) -> str:
    if not text:
        return text
    number = normalise_telephone(text)
    if number is None:
        raise ValueError(_("Ce numéro de téléphone n'est pas valable, par exemple 04 65 71 00 42."))
    return number


class General(BaseModel):
    """Section `general`: how people reach the tenant. Shown to the public."""

    model_config = ConfigDict(extra="forbid")

    telephone: Annotated[str, AfterValidator(_telephone)] = Field("", max_length=40)
    email: Annotated[str, AfterValidator(_email)] = Field("", max_length=254)
    adresse: str = Field("", max_length=300)
    horaires_telephone: str = Field("", max_length=120)
    langue: str = Field("fr", pattern="^(fr|en)$")


class Branding(BaseModel):
    """Section `branding`: the tenant's hue and chroma (oklch) and its logo, from which every colour is computed."""

    model_config = ConfigDict(extra="forbid")

    brand_h: float = Field(258, ge=0, le=360)
    brand_c: float = Field(0.11, ge=0, le=0.2)
    logo: str = Field("", max_length=500, pattern=r"^(|/[^\s]*|https://[^\s]+)$")
    nom_court: str = Field("", max_length=40)


class Securite(BaseModel):
    """Section `securite`: what the tenant allows."""

    model_config = ConfigDict(extra="forbid")

    inscription_clients: bool = True
