"""What a person accepts to receive: by their verified address, or by the link of a message they received."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy.ext.asyncio import AsyncSession

from guichet.identite.facade import get_user
from guichet.notifications.actions.preferences import record_preference
from guichet.notifications.api.commun import ETIQUETTE, PREFIXE
from guichet.notifications.choix import read_choix
from guichet.notifications.metier import Canal, clean_address
from guichet.notifications.questions.notifications import get_address
from guichet.notifications.questions.preferences import Preference, address_key, get_preference
from guichet.socle.acces import PUBLIC, Appelant, CurrentAppelant
from guichet.socle.database import get_database
from guichet.socle.errors import Forbidden, NotFound, Unauthenticated
from guichet.socle.i18n import _
from guichet.socle.web import problemes

router = APIRouter(prefix=PREFIXE, tags=[ETIQUETTE])

Jeton = Annotated[
    str | None, Query(max_length=400, description="Le lien signé d'un message reçu ; sans lui, il faut être connecté.")
]
ERREURS = problemes(
    {
        401: ["NON_CONNECTE"],
        403: ["ADRESSE_NON_VERIFIEE", "LIEN_INVALIDE"],
        404: ["NOTIFICATION_NOT_FOUND"],
        410: ["LIEN_EXPIRE"],
    }
)


class Choix(BaseModel):
    """Ce qu'une adresse accepte. La réponse à une action de la personne (une confirmation) part toujours."""

    model_config = ConfigDict(extra="forbid")

    messages: bool = Field(description="Les messages que la personne n'a pas demandés (suivi, avis, propositions).")
    rappels: bool = Field(description="Les rappels avant un rendez-vous.")


class ChoixReponse(Choix):
    """Le choix en vigueur ; `le` et `source` disent quand et comment il a été dit, null s'il ne l'a jamais été."""

    canal: Canal
    le: datetime | None
    source: str | None = Field(description="`compte`, `lien`, `desinscription` ou `equipe`.")


@router.get("/preferences", dependencies=[PUBLIC], responses=ERREURS)
async def lire_preferences(*, appelant: CurrentAppelant, jeton: Jeton = None) -> ChoixReponse:
    """Ce que j'accepte de recevoir."""
    tenant_id, _source = _door(appelant, jeton)
    async with get_database().transaction(tenant_id, read_only=True) as session:
        canal, cle = await _address(session, appelant, jeton)
        return _shown(await get_preference(session, canal=canal, adresse_cle=cle))


@router.put("/preferences", dependencies=[PUBLIC], responses=ERREURS)
async def choisir_preferences(*, appelant: CurrentAppelant, choix: Choix, jeton: Jeton = None) -> ChoixReponse:
    """Dit ce que j'accepte de recevoir ; la date et la façon de le dire sont gardées."""
    tenant_id, source = _door(appelant, jeton)
    async with get_database().transaction(tenant_id) as session:
        canal, cle = await _address(session, appelant, jeton)
        preference = Preference(canal=canal, messages=choix.messages, rappels=choix.rappels, source=source)
        return _shown(await record_preference(session, preference, adresse_cle=cle))


def _door(appelant: Appelant, jeton: str | None) -> tuple[UUID, str]:
    """The tenant the choice belongs to, and how it is said."""
    if jeton is not None:
        return read_choix(jeton)[0], "lien"
    if appelant.user_id is None or appelant.tenant_id is None:
        raise Unauthenticated(_("Connectez-vous pour continuer."), code="NON_CONNECTE")
    return appelant.tenant_id, "compte"


async def _address(session: AsyncSession, appelant: Appelant, jeton: str | None) -> tuple[Canal, bytes]:
    if jeton is not None:
        adresse = await get_address(session, notification_id=read_choix(jeton)[1])
        if adresse is None:
            raise NotFound(_("Message introuvable."), code="NOTIFICATION_NOT_FOUND")
        return adresse
    assert appelant.user_id is not None
    try:
        user = await get_user(session, user_id=appelant.user_id)
    except NotFound:  # a super administrator acting in a tenant that is not his
        raise Unauthenticated(_("Connectez-vous pour continuer."), code="NON_CONNECTE") from None
    if not user.email_verifie:
        raise Forbidden(_("Confirmez d'abord votre adresse e-mail."), code="ADRESSE_NON_VERIFIEE")
    return Canal.EMAIL, address_key(Canal.EMAIL, clean_address(user.email) or user.email)


def _shown(preference: Preference) -> ChoixReponse:
    return ChoixReponse(
        canal=preference.canal,
        messages=preference.messages,
        rappels=preference.rappels,
        le=preference.le,
        source=preference.source,
    )
