"""Paying an appointment over HTTP. Cards never come here: they are typed on the provider's own page."""

from datetime import datetime
from uuid import UUID

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict

from guichet.paiements.facade import ENCAISSEMENT, Moyen
from guichet.rdv.actions.encaisser import collect_rdv
from guichet.rdv.actions.payer import ask_payment, read_solde
from guichet.rdv.actions.rembourser import preview_refund
from guichet.rdv.api.modeles_rdv import Saisie
from guichet.rdv.metier.montants import montant_ttc
from guichet.socle.acces import PUBLIC, CurrentAppelant, exige
from guichet.socle.web import Lecture, Tx, problemes

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


class AnnulationReponse(BaseModel):
    """What cancelling now would give back, in euros. `annulable` is false once it has begun or ended."""

    annulable: bool
    paye_ttc: str
    rembourse_ttc: str
    garde_ttc: str


@router.get(
    "/rdv/{rdv_id}/annulation",
    dependencies=[PUBLIC],
    response_model=AnnulationReponse,
    summary="Ce que rendrait une annulation",
    responses=problemes({401: ["NON_CONNECTE"], 403: ["HORS_PERIMETRE"], 404: ["RDV_NOT_FOUND"]}),
)
async def prevoir_annulation(*, session: Lecture, appelant: CurrentAppelant, rdv_id: UUID) -> AnnulationReponse:
    """Calculé à cet instant selon la politique du réseau ; rien n'est annulé."""
    rendu = await preview_refund(session, rdv_id=rdv_id, appelant=appelant)
    return AnnulationReponse(
        annulable=rendu.annulable,
        paye_ttc=montant_ttc(rendu.paye_cents) or "",
        rembourse_ttc=montant_ttc(rendu.rendu_cents) or "",
        garde_ttc=montant_ttc(rendu.paye_cents - rendu.rendu_cents) or "",
    )


class SoldeReponse(BaseModel):
    """What an appointment costs, what was paid, and what a change of price leaves to pay, in euros."""

    prix_ttc: str | None
    paye_ttc: str
    reste_ttc: str


@router.get(
    "/rdv/{rdv_id}/solde",
    dependencies=[PUBLIC],
    response_model=SoldeReponse,
    summary="Ce qui est payé et ce qui reste à payer",
    responses=problemes({401: ["NON_CONNECTE"], 403: ["HORS_PERIMETRE"], 404: ["RDV_NOT_FOUND"]}),
)
async def lire_solde(*, session: Lecture, appelant: CurrentAppelant, rdv_id: UUID) -> SoldeReponse:
    """Après un déplacement dont le prix est plus haut, le reste se paie en ligne (`/payment/process`) ou au centre."""
    solde = await read_solde(session, rdv_id=rdv_id, appelant=appelant)
    return SoldeReponse(
        prix_ttc=montant_ttc(solde.prix_cents),
        paye_ttc=montant_ttc(solde.paye_cents) or "",
        reste_ttc=montant_ttc(solde.reste_cents) or "",
    )


class EncaissementSaisie(Saisie):
    """How the customer pays at the counter."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"moyen": "especes"}]})

    moyen: Moyen


class RecuReponse(BaseModel):
    """A receipt that was issued; `code` is what people read."""

    id: UUID
    paiement_id: UUID
    code: str
    montant_ttc: str
    emise_a: datetime


@router.post(
    "/rdv/{rdv_id}/encaissement",
    status_code=201,
    dependencies=[exige(ENCAISSEMENT)],
    response_model=RecuReponse,
    summary="Encaisser sur place",
    responses=problemes(
        {403: ["HORS_PERIMETRE"], 404: ["RDV_NOT_FOUND"], 409: ["ETAT_INCOMPATIBLE", "RIEN_A_ENCAISSER"]}
    ),
)
async def encaisser_rdv(
    *, session: Tx, appelant: CurrentAppelant, rdv_id: UUID, saisie: EncaissementSaisie
) -> RecuReponse:
    """Ce qui reste dû, par carte, en espèces ou par chèque ; un reçu numéroté est émis et la caisse du jour le compte."""
    recu = await collect_rdv(session, rdv_id=rdv_id, appelant=appelant, moyen=saisie.moyen)
    return RecuReponse(
        id=recu.id,
        paiement_id=recu.paiement_id,
        code=recu.code,
        montant_ttc=montant_ttc(recu.montant_cents) or "",
        emise_a=recu.emise_a,
    )
