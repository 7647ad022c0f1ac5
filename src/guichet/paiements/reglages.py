"""The tenant's settings of this context, and which provider it sells through."""

from typing import Final

from pydantic import BaseModel, ConfigDict, Field, field_validator
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from guichet.identite.facade import get_reglages
from guichet.paiements.tables import Acces
from guichet.socle.errors import Invalid
from guichet.socle.i18n import _
from guichet.socle.settings import Settings, get_settings

BAC_A_SABLE: Final = "bac_a_sable"
TAUX_NORMAL: Final = 200


class ReglagesPaiement(BaseModel):
    """Section `paiement`: who sells, through whom. Keys of providers are kept apart, encrypted."""

    model_config = ConfigDict(extra="forbid")

    fournisseur: str = Field("", pattern="^(|bac_a_sable)$")
    raison_sociale: str = Field("", max_length=200)
    adresse: str = Field("", max_length=300)
    siret: str = Field("", max_length=20)
    tva_intracommunautaire: str = Field("", max_length=20)
    mentions: str = Field("", max_length=500)
    taux_tva_pour_mille: int = Field(TAUX_NORMAL, ge=0, le=1000)

    @field_validator("siret")
    @classmethod
    def _fourteen_digits(cls, valeur: str) -> str:
        compact = "".join(valeur.split())
        if compact and not (compact.isdigit() and len(compact) == 14):
            raise ValueError(_("Un SIRET compte 14 chiffres."))
        return compact


def sandbox_url(settings: Settings) -> str:
    """Where the sandbox provider listens; empty where there is none, and always in production."""
    if settings.is_production:
        return ""
    if settings.payment_sandbox_url:
        return settings.payment_sandbox_url.rstrip("/")
    return f"http://127.0.0.1:{settings.demo_payment_port}" if settings.demo_payment_port else ""


async def find_fournisseur(session: AsyncSession) -> str | None:
    """The provider the session's tenant sells through and can be reached with; None when it sells nothing online."""
    nom = (await get_reglages(session, ReglagesPaiement)).fournisseur
    if nom == BAC_A_SABLE:
        return nom if sandbox_url(get_settings()) else None
    if not nom:
        return None
    cles = await session.scalar(select(Acces.secrets).where(Acces.fournisseur == nom))
    return nom if cles else None


async def require_fournisseur(session: AsyncSession) -> str:
    """The same. Raises Invalid `PAIEMENT_EN_LIGNE_INDISPONIBLE`."""
    nom = await find_fournisseur(session)
    if nom is None:
        raise Invalid(
            _("Ce réseau n'encaisse pas en ligne. Choisissez le paiement sur place."),
            code="PAIEMENT_EN_LIGNE_INDISPONIBLE",
            champs={"paiement.mode": _("Choisissez le paiement sur place.")},
        )
    return nom
