"""Test mode only: making the sandbox's notifications late, repeated, out of order or forged."""

from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Depends
from pydantic import BaseModel, ConfigDict, Field

from guichet.paiements.echanges import ensure_session
from guichet.paiements.fournisseurs.bac_a_sable import Controle
from guichet.paiements.permissions import paiement_not_found
from guichet.paiements.port import FournisseurIndisponible
from guichet.paiements.questions.fiches import find_session_id, find_tenant_of
from guichet.socle.acces import PUBLIC
from guichet.socle.database import get_database
from guichet.socle.errors import NotFound, Unavailable
from guichet.socle.i18n import _
from guichet.socle.settings import Mode, get_settings
from guichet.socle.web import UNLIMITED, problemes


async def only_in_tests() -> None:
    """These addresses do not exist in any other mode. Raises NotFound `ADRESSE_INCONNUE`."""
    if get_settings().mode is not Mode.ESSAI:
        raise NotFound(_("Cette adresse n'existe pas."), code="ADRESSE_INCONNUE")


router = APIRouter(
    prefix="/api/v1/essai/paiements",
    tags=["essai"],
    dependencies=[Depends(only_in_tests), UNLIMITED],
    include_in_schema=False,
)
CODES = problemes({404: ["PAIEMENT_NOT_FOUND"], 503: ["SERVICE_INDISPONIBLE"]})


class NotificationSaisie(BaseModel):
    """Ce que le prestataire d'essai doit faire et dire."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"example": {"statut": "succeeded", "retard_s": 960, "copies": 2}}
    )

    statut: Literal["pending", "succeeded", "failed", "refunded"]
    retard_s: Annotated[int, Field(ge=0, le=30 * 86_400, description="À l'horloge de l'essai.")] = 0
    copies: Annotated[int, Field(ge=1, le=20)] = 1
    ordre: Literal["normal", "inverse"] = "normal"
    signature: Literal["valide", "fausse"] = "valide"


class NotificationReponse(BaseModel):
    """Une notification du prestataire d'essai."""

    evenement: str
    genre: str
    signature: Literal["valide", "fausse"]
    due_a: str
    essais: int
    reponse: int | None = Field(None, description="Le dernier statut HTTP reçu ; 0 sans réponse.")
    livree: bool


@router.post(
    "/{paiement_id}/notifications",
    status_code=201,
    dependencies=[PUBLIC],
    response_model=list[NotificationReponse],
    summary="Provoquer des notifications de paiement",
    responses=CODES,
)
async def provoquer_notifications(paiement_id: UUID, saisie: NotificationSaisie) -> list[NotificationReponse]:
    """Amène le paiement à l'état voulu chez le prestataire d'essai, puis le lui fait dire comme demandé.

    Une signature fausse ment : rien n'a changé chez le prestataire.
    """
    session_id = await _session_of(paiement_id)
    async with Controle() as controle:
        return [NotificationReponse(**n) for n in await controle.order(session_id, saisie.model_dump())]


@router.get(
    "/{paiement_id}/notifications",
    dependencies=[PUBLIC],
    response_model=list[NotificationReponse],
    summary="Les notifications d'un paiement",
    responses=CODES,
)
async def lister_notifications(paiement_id: UUID) -> list[NotificationReponse]:
    """Celles qui sont parties et celles qui attendent."""
    session_id = await _session_of(paiement_id)
    async with Controle() as controle:
        return [NotificationReponse(**n) for n in await controle.list_orders(session_id)]


async def _session_of(paiement_id: UUID) -> str:
    """The page of a payment at the sandbox, opened if nobody has been there yet."""
    async with get_database().transaction() as session:
        tenant_id = await find_tenant_of(session, paiement_id=paiement_id)
    if tenant_id is None:
        raise paiement_not_found()
    try:
        await ensure_session(tenant_id, paiement_id)
    except FournisseurIndisponible:
        raise Unavailable(
            _("Le prestataire d'essai ne répond pas."), code="SERVICE_INDISPONIBLE", retry_after=2
        ) from None
    async with get_database().transaction(tenant_id) as session:
        session_id = await find_session_id(session, paiement_id=paiement_id)
    if session_id is None:
        raise paiement_not_found()
    return session_id
