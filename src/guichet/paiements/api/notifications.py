"""Where providers say that something happened. What they say is kept first, acknowledged, then checked with them."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from guichet.paiements.actions.evenements import store_evenement
from guichet.paiements.echanges import open_door, traiter_job
from guichet.paiements.figures import NOTIFICATIONS
from guichet.paiements.fournisseurs import FABRIQUES
from guichet.paiements.port import SignatureInvalide
from guichet.paiements.questions.fiches import is_known
from guichet.socle.acces import PUBLIC
from guichet.socle.database import get_database
from guichet.socle.errors import GuichetError, NotFound
from guichet.socle.i18n import _
from guichet.socle.jobs import defer
from guichet.socle.web import UNLIMITED, problemes

router = APIRouter(prefix="/api/v1/payment", tags=["Paiements"])


@router.post(
    "/{provider}/notifications",
    status_code=204,
    dependencies=[PUBLIC, UNLIMITED],
    summary="Notification d'un prestataire de paiement",
    responses=problemes({400: ["SIGNATURE_INVALIDE"], 404: ["PRESTATAIRE_INCONNU"]}),
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {
                "application/json": {
                    "schema": {"type": "object"},
                    "example": {"id": "evt_7f2c", "genre": "session.payee", "session_id": "ses_41ab"},
                }
            },
        }
    },
)
async def recevoir_notification(
    request: Request,
    provider: str,
    reseau: Annotated[
        UUID | None, Query(description="Le réseau concerné : son adresse de notification le porte.")
    ] = None,
) -> Response:
    """Signée par le prestataire ; une notification déjà reçue ne change rien. L'état est ensuite relu chez lui."""
    if provider not in FABRIQUES:
        raise NotFound(_("Ce prestataire de paiement est inconnu."), code="PRESTATAIRE_INCONNU")
    corps = await request.body()
    if reseau is None:
        raise _refuse()
    async with get_database().transaction(reseau) as session:
        if not await is_known(session, fournisseur=provider):
            raise _refuse()
        door = await open_door(session, fournisseur=provider)
    try:
        async with door:
            evenement = door.read_notification(corps, dict(request.headers))
    except SignatureInvalide:
        raise _refuse() from None
    async with get_database().transaction(reseau) as session:
        nouveau = await store_evenement(session, fournisseur=provider, evenement=evenement, source="notification")
        if nouveau is not None:
            await defer(session, traiter_job, evenement_id=nouveau)
    NOTIFICATIONS.labels("nouvelle" if nouveau else "repetee").inc()
    return Response(status_code=204)


def _refuse() -> GuichetError:
    NOTIFICATIONS.labels("refusee").inc()
    return GuichetError(
        _("La signature de cette notification n'est pas valable."), code="SIGNATURE_INVALIDE", status=400
    )
