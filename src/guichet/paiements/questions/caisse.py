"""The till of a place on one of its days."""

from collections import defaultdict
from datetime import date

from sqlalchemy import and_, select
from sqlalchemy.ext.asyncio import AsyncSession

from guichet.paiements.metier.types import Genre, Moyen, Serie
from guichet.paiements.metier.vues import CaisseVue, LigneCaisse
from guichet.paiements.tables import Operation, Paiement, Piece


async def list_caisse(session: AsyncSession, *, lieu: str, jour: date) -> CaisseVue:
    """What entered and left the till of `lieu` on `jour` (the place's own day), in order, with totals by means."""
    rows = await session.execute(
        select(Operation, Paiement.reference, Piece.code)
        .join(Paiement, and_(Paiement.tenant_id == Operation.tenant_id, Paiement.id == Operation.paiement_id))
        .join(
            Piece,
            and_(
                Piece.tenant_id == Operation.tenant_id,
                Piece.operation_id == Operation.id,
                (Piece.serie == Serie.AVOIR.value) == (Operation.genre == Genre.REMBOURSEMENT.value),
            ),
        )
        .where(Operation.lieu == lieu, Operation.jour == jour)
        .order_by(Operation.le, Operation.id, Piece.emise_a, Piece.id)
    )
    lignes: dict[object, LigneCaisse] = {}
    for operation, reference, code in rows:
        signe = 1 if operation.genre == Genre.ENCAISSEMENT else -1
        lignes.setdefault(
            operation.id,
            LigneCaisse(
                le=operation.le,
                genre=operation.genre,
                moyen=Moyen(operation.moyen),
                montant_cents=signe * operation.montant_cents,
                reference=reference,
                piece=code,
                par=operation.par,
            ),
        )
    totaux: dict[Moyen, int] = defaultdict(int)
    for ligne in lignes.values():
        totaux[ligne.moyen] += ligne.montant_cents
    return CaisseVue(lieu=lieu, jour=jour, lignes=tuple(lignes.values()), totaux=dict(totaux))
