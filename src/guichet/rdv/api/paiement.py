"""Paying an appointment over HTTP. Cards never come here: they are typed on the provider's own page."""

from datetime import datetime
from uuid import UUID

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict

from guichet.rdv.actions.payer import ask_payment
from guichet.rdv.api.modeles_rdv import Saisie
from guichet.socle.acces import PUBLIC, CurrentAppelant
from guichet.socle.web import Tx, problemes

router = APIRouter(prefix="/api/v1", tags=["Paiements"])


class PaiementDemande(Saisie):
    """Which appointment is to be paid. Any other field, a card number above all, is refused."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"rdv_id": "0193a1f2-5b7c-7e1a-9d51-0c6f2f1f5e10"}]})

    rdv_id: UUID


class PaiementReponse(BaseModel):
    """A payment: where it is made, and until when."""

    id: UUID
    statut: str
    url_paiement: str
    expire_a: datetime | None


@router.post(
    "/payment/process",
    dependencies=[PUBLIC],
    response_model=PaiementReponse,
    summary="Payer un rendez-vous",
    responses=problemes(
        {
            401: ["NON_CONNECTE"],
            403: ["HORS_PERIMETRE"],
            404: ["RDV_NOT_FOUND"],
            409: ["ETAT_INCOMPATIBLE"],
            410: ["RESERVATION_EXPIREE"],
            422: ["PAIEMENT_EN_LIGNE_INDISPONIBLE"],
        }
    ),
)
async def payer_rdv(*, session: Tx, appelant: CurrentAppelant, saisie: PaiementDemande) -> PaiementReponse:
    """Avec le lien signé de la réservation, son compte, ou pour le personnel du centre. Deux fois donne le même paiement."""
    paiement = await ask_payment(session, rdv_id=saisie.rdv_id, appelant=appelant)
    return PaiementReponse(
        id=paiement.id,
        statut=paiement.statut,
        url_paiement=paiement.url_paiement,
        expire_a=paiement.expire_a,
    )
