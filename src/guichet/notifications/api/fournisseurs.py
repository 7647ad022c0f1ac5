"""What providers of text messages call back: receipts and answers. The proof is in the address, nothing else is signed."""

from typing import Annotated

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, ConfigDict, Field

from guichet.notifications.actions.accuses import record_accuse, record_answer
from guichet.notifications.api.commun import ETIQUETTE, PREFIXE
from guichet.notifications.sms.liens import read_callback
from guichet.socle.acces import PUBLIC
from guichet.socle.database import get_database
from guichet.socle.web import UNLIMITED, problemes

router = APIRouter(prefix=f"{PREFIXE}/sms", tags=[ETIQUETTE], dependencies=[UNLIMITED])

Jeton = Annotated[str, Query(max_length=400, description="La preuve portée par l'adresse donnée au fournisseur.")]
ERREURS = problemes({403: ["LIEN_INVALIDE"], 404: ["NOTIFICATION_NOT_FOUND"], 410: ["LIEN_EXPIRE"]})


class Etat(BaseModel):
    """Ce qu'est devenu un message, dans les mots du fournisseur."""

    value: str = Field(max_length=100, examples=["DELIVERED"])


class AccuseSms(BaseModel):
    """Un accusé de SMSMode ; ce qui n'est pas nommé ici est ignoré."""

    model_config = ConfigDict(extra="ignore")

    status: Etat


class Texte(BaseModel):
    """Le corps d'une réponse."""

    text: str = Field(max_length=2000, examples=["STOP"])


class ReponseSms(BaseModel):
    """Ce qu'une personne a répondu à un SMS."""

    model_config = ConfigDict(extra="ignore")

    body: Texte


@router.post("/accuses", dependencies=[PUBLIC], status_code=204, responses=ERREURS)
async def recevoir_accuse(*, jeton: Jeton, accuse: AccuseSms) -> Response:
    """Le fournisseur dit ce qu'est devenu un SMS ; les accusés répétés ou en désordre ne changent rien."""
    tenant_id, notification_id, numero = read_callback(jeton)
    async with get_database().transaction(tenant_id) as session:
        await record_accuse(session, notification_id=notification_id, numero=numero, valeur=accuse.status.value)
    return Response(status_code=204)


@router.post("/reponses", dependencies=[PUBLIC], status_code=204, responses=ERREURS)
async def recevoir_reponse(*, jeton: Jeton, reponse: ReponseSms) -> Response:
    """Le fournisseur transmet une réponse ; STOP arrête les SMS que la personne n'a pas demandés."""
    tenant_id, notification_id, _numero = read_callback(jeton)
    async with get_database().transaction(tenant_id) as session:
        await record_answer(session, notification_id=notification_id, texte=reponse.body.text)
    return Response(status_code=204)
