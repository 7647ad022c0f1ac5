"""The ledger: one operation, its balanced entries, once per key.

Accounts: `prestataire:<name>` is money a provider holds for the tenant, `caisse:<means>` money in the till of a place,
`client` what customers have paid. A payment's balance is what it took minus what it gave back.
"""

from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy.ext.asyncio import AsyncSession

from guichet.paiements.metier.types import Canal, Genre
from guichet.paiements.tables import Ecriture, Operation, Paiement
from guichet.socle.horloge import now
from guichet.socle.ids import new_id


async def write_operation(
    session: AsyncSession,
    *,
    paiement: Paiement,
    genre: Genre,
    montant_cents: int,
    cle: str,
    remboursement_id: UUID | None = None,
    par: UUID | None = None,
) -> Operation:
    """Write money taken (`encaissement`) or given back on a locked payment. `cle` is the fact's own identifier.

    The day is that of the payment's place. The database refuses a second operation under the same key, and, at the commit,
    one whose entries do not cancel out.
    """
    instant = now()
    operation = Operation(
        id=new_id(),
        tenant_id=paiement.tenant_id,
        paiement_id=paiement.id,
        remboursement_id=remboursement_id,
        genre=genre.value,
        moyen=paiement.moyen,
        montant_cents=montant_cents,
        cle=cle,
        lieu=paiement.lieu if paiement.canal == Canal.SUR_PLACE else None,
        jour=instant.astimezone(ZoneInfo(paiement.fuseau)).date(),
        par=par,
        le=instant,
    )
    session.add(operation)
    await session.flush()
    entrant = montant_cents if genre is Genre.ENCAISSEMENT else -montant_cents
    lieu = f"prestataire:{paiement.fournisseur}" if paiement.canal == Canal.EN_LIGNE else f"caisse:{paiement.moyen}"
    for rang, (compte, montant) in enumerate(((lieu, entrant), ("client", -entrant)), start=1):
        session.add(
            Ecriture(
                tenant_id=paiement.tenant_id,
                operation_id=operation.id,
                rang=rang,
                compte=compte,
                montant_cents=montant,
            )
        )
    await session.flush()
    return operation
