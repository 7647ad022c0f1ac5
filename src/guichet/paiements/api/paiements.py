"""Reading a payment, giving it back, its documents."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Header
from fastapi.responses import Response
from sqlalchemy.ext.asyncio import AsyncSession

from guichet.paiements.api.acces import check_visible, read_accessible
from guichet.paiements.api.modeles import PaiementReponse, RemboursementSaisie
from guichet.paiements.documents import build_piece_pdf
from guichet.paiements.facade import get_paiement, list_pieces, list_remboursements, refund_paiement
from guichet.paiements.metier.vues import PaiementVue
from guichet.paiements.permissions import REMBOURSEMENT
from guichet.socle.acces import PUBLIC, CurrentAppelant, exige
from guichet.socle.ids import new_id
from guichet.socle.web import Lecture, Tx, problemes

router = APIRouter(prefix="/api/v1/payment", tags=["Paiements"])


async def describe(session: AsyncSession, vue: PaiementVue) -> PaiementReponse:
    """A payment with its refunds and documents."""
    remboursements = await list_remboursements(session, paiement_id=vue.id)
    return PaiementReponse.of(vue, remboursements, await list_pieces(session, paiement_id=vue.id))


@router.get(
    "/{paiement_id}",
    dependencies=[PUBLIC],
    response_model=PaiementReponse,
    summary="Un paiement",
    responses=problemes({401: ["NON_CONNECTE"], 403: ["HORS_PERIMETRE"], 404: ["PAIEMENT_NOT_FOUND"]}),
)
async def lire_paiement(*, session: Lecture, appelant: CurrentAppelant, paiement_id: UUID) -> PaiementReponse:
    """Pour le personnel, ou avec le lien signé de `url_paiement`."""
    return await describe(session, await read_accessible(session, paiement_id=paiement_id, appelant=appelant))


@router.post(
    "/{paiement_id}/refund",
    dependencies=[exige(REMBOURSEMENT)],
    response_model=PaiementReponse,
    summary="Rembourser un paiement",
    responses=problemes(
        {
            403: ["HORS_PERIMETRE"],
            404: ["PAIEMENT_NOT_FOUND"],
            409: ["PAIEMENT_NON_ENCAISSE"],
            422: ["REMBOURSEMENT_EXCESSIF"],
        }
    ),
)
async def rembourser_paiement(
    *,
    session: Tx,
    appelant: CurrentAppelant,
    paiement_id: UUID,
    saisie: RemboursementSaisie,
    cle: Annotated[str | None, Header(alias="Idempotency-Key", include_in_schema=False)] = None,
) -> PaiementReponse:
    """Demande le remboursement ; le prestataire est appelé ensuite. Sans montant, tout ce qui reste est rendu.

    Jamais plus que ce qui a été encaissé. La même `Idempotency-Key` ne rembourse qu'une fois.
    """
    vue = await get_paiement(session, paiement_id=paiement_id)
    await check_visible(session, appelant, vue.lieu)
    await refund_paiement(
        session,
        reference=vue.reference,
        montant_cents=saisie.montant_cents or await _rest(session, vue),
        motif=saisie.motif,
        cle=f"api:{appelant.user_id or appelant.session_id}:{cle or new_id()}",
        paiement_id=paiement_id,
    )
    return await describe(session, await get_paiement(session, paiement_id=paiement_id))


async def _rest(session: AsyncSession, vue: PaiementVue) -> int:
    demandes = await list_remboursements(session, paiement_id=vue.id)
    return vue.encaisse_cents - sum(r.montant_cents for r in demandes if r.statut != "refuse")


@router.get(
    "/{paiement_id}/pieces/{piece_id}.pdf",
    dependencies=[PUBLIC],
    summary="Une pièce comptable en PDF",
    response_class=Response,
    responses={
        200: {"content": {"application/pdf": {"schema": {"type": "string", "format": "binary"}}}},
        **problemes({401: ["NON_CONNECTE"], 403: ["HORS_PERIMETRE"], 404: ["PAIEMENT_NOT_FOUND", "PIECE_NOT_FOUND"]}),
    },
)
async def telecharger_piece(
    *, session: Lecture, appelant: CurrentAppelant, paiement_id: UUID, piece_id: UUID
) -> Response:
    """Le reçu, la facture ou l'avoir, tel qu'il a été émis, accessible (PDF/UA)."""
    await read_accessible(session, paiement_id=paiement_id, appelant=appelant)
    code, pdf = await build_piece_pdf(session, paiement_id=paiement_id, piece_id=piece_id)
    headers = {"Content-Disposition": f'inline; filename="{code}.pdf"', "Cache-Control": "private, no-cache"}
    return Response(pdf, media_type="application/pdf", headers=headers)
