"""Payments, refunds and documents as values."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any
from uuid import UUID

from sqlalchemy import exists, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from guichet.identite.facade import create_lien
from guichet.paiements.metier.montants import LignePaiement
from guichet.paiements.metier.vues import Acheteur, PaiementVue, RecuVue, RemboursementVue
from guichet.paiements.permissions import GENRE_LIEN
from guichet.paiements.tables import Paiement, Piece, Remboursement
from guichet.socle.settings import get_settings


def pack_acheteur(acheteur: Acheteur) -> str:
    """The buyer as stored."""
    return json.dumps(asdict(acheteur), ensure_ascii=False)


def read_acheteur(texte: str) -> Acheteur:
    """The buyer again."""
    return Acheteur(**json.loads(texte))


def pack_lignes(lignes: Sequence[LignePaiement]) -> list[Any]:
    """The lines as stored."""
    return [asdict(ligne) for ligne in lignes]


def read_lignes(stored: Sequence[Any]) -> tuple[LignePaiement, ...]:
    """The lines again."""
    return tuple(LignePaiement(**ligne) for ligne in stored)


def build_lien(session: AsyncSession, paiement_id: UUID) -> str:
    """The bearer that opens this payment for whoever holds it: `?lien=`."""
    return create_lien(session, genre=GENRE_LIEN, cible=paiement_id, permissions=())


def to_view(session: AsyncSession, ligne: Paiement) -> PaiementVue:
    """The view of a row."""
    url = f"{get_settings().url}/paiement/{ligne.id}?lien={build_lien(session, ligne.id)}"
    return PaiementVue(
        id=ligne.id,
        reference=ligne.reference,
        statut=ligne.statut,
        montant_cents=ligne.montant_cents,
        encaisse_cents=ligne.encaisse_cents,
        rembourse_cents=ligne.rembourse_cents,
        url_paiement=url,
        expire_a=ligne.expire_a,
        motif=ligne.motif,
        canal=ligne.canal,
        moyen=ligne.moyen,
        lignes=read_lignes(ligne.lignes),
        langue=ligne.langue,
        lieu=ligne.lieu,
        fuseau=ligne.fuseau,
        retour_url=ligne.retour_url,
        paye_a=ligne.paye_a,
        created_at=ligne.created_at,
    )


def to_refund(ligne: Remboursement) -> RemboursementVue:
    """The view of a refund."""
    return RemboursementVue(
        id=ligne.id,
        paiement_id=ligne.paiement_id,
        montant_cents=ligne.montant_cents,
        motif=ligne.motif,
        statut=ligne.statut,
        demande_a=ligne.demande_a,
        effectue_a=ligne.effectue_a,
    )


def to_recu(ligne: Piece) -> RecuVue:
    """The view of a document."""
    return RecuVue(
        id=ligne.id,
        serie=ligne.serie,
        code=ligne.code,
        numero=ligne.numero,
        exercice=ligne.exercice,
        paiement_id=ligne.paiement_id,
        montant_cents=ligne.montant_cents,
        emise_a=ligne.emise_a,
    )


async def find_paiement(session: AsyncSession, *, paiement_id: UUID) -> PaiementVue | None:
    """A payment of the tenant, or None."""
    ligne = await session.get(Paiement, paiement_id, populate_existing=True)
    return to_view(session, ligne) if ligne else None


async def find_paiements(session: AsyncSession, *, reference: str) -> list[PaiementVue]:
    """The payments of a reference, oldest first."""
    lignes = await session.scalars(
        select(Paiement)
        .where(Paiement.reference == reference)
        .order_by(Paiement.created_at, Paiement.id)
        .execution_options(populate_existing=True)
    )
    return [to_view(session, ligne) for ligne in lignes]


async def list_remboursements(session: AsyncSession, *, paiement_id: UUID) -> list[RemboursementVue]:
    """The refunds of a payment, oldest first."""
    lignes = await session.scalars(
        select(Remboursement)
        .where(Remboursement.paiement_id == paiement_id)
        .order_by(Remboursement.demande_a, Remboursement.id)
        .execution_options(populate_existing=True)
    )
    return [to_refund(ligne) for ligne in lignes]


async def list_pieces(session: AsyncSession, *, paiement_id: UUID) -> list[RecuVue]:
    """The documents of a payment, in the order they were issued."""
    lignes = await session.scalars(
        select(Piece).where(Piece.paiement_id == paiement_id).order_by(Piece.emise_a, Piece.id)
    )
    return [to_recu(ligne) for ligne in lignes]


async def is_known(session: AsyncSession, *, fournisseur: str) -> bool:
    """Has the session's tenant ever sent a payment through this provider? A tenant that does not exist has not."""
    found: bool | None = await session.scalar(select(exists().where(Paiement.fournisseur == fournisseur)))
    return bool(found)


async def find_tenant_of(session: AsyncSession, *, paiement_id: UUID) -> UUID | None:
    """Whose payment this is, from a session without a tenant: the identifier alone, for the test mode."""
    row = await session.execute(text("select paiements.reseau_de(:id)"), {"id": paiement_id})
    found: UUID | None = row.scalar()
    return found


async def find_session_id(session: AsyncSession, *, paiement_id: UUID) -> str | None:
    """The provider's identifier of a payment's page, where there is one."""
    found: str | None = await session.scalar(select(Paiement.session_id).where(Paiement.id == paiement_id))
    return found
