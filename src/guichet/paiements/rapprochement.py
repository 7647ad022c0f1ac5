"""Reconciliation on demand: everything in suspense is asked about, missed events are found, what does not add up is named."""

from dataclasses import dataclass, field
from typing import Final

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from guichet.identite.facade import list_tenants
from guichet.paiements.metier.delais import DELAI_ORPHELIN
from guichet.paiements.routines import reconcile, sweep
from guichet.socle.database import get_database
from guichet.socle.horloge import now
from guichet.socle.i18n import format_montant

EN_SUSPENS: Final = (
    "select count(*) from paiements.paiement where a_verifier is not null and statut in ('pending', 'failed')"
)
HATER: Final = (
    "update paiements.paiement set a_verifier = :instant where a_verifier > :instant and session_id is not null"
)
ECARTS: Final = {
    "le montant encaissé n'est pas celui demandé": """
        select p.reference, p.encaisse_cents - p.montant_cents as cents from paiements.paiement p
         where p.encaisse_cents not in (0, p.montant_cents)""",
    "un remboursement a été refusé par le prestataire": """
        select p.reference, r.montant_cents as cents from paiements.remboursement r
          join paiements.paiement p on p.tenant_id = r.tenant_id and p.id = r.paiement_id where r.statut = 'refuse'
           and p.encaisse_cents > p.rembourse_cents""",
    "un remboursement attend depuis trop longtemps": """
        select p.reference, r.montant_cents as cents from paiements.remboursement r
          join paiements.paiement p on p.tenant_id = r.tenant_id and p.id = r.paiement_id
         where r.prochaine_tentative is not null and r.demande_a < cast(:limite as timestamptz)""",
    "un évènement du prestataire n'a pas pu être appliqué": """
        select e.session_id as reference, 0 as cents from paiements.evenement e
         where e.traite_a is null and e.recu_a < cast(:limite as timestamptz)""",
}


@dataclass(kw_only=True)
class Rapport:
    """What reconciliation found. `ecarts` are sentences for the operator."""

    evenements: int = 0
    relus: int = 0
    ecarts: list[str] = field(default_factory=list)


async def reconcile_all() -> Rapport:
    """Ask about everything in suspense, over all tenants. A provider that does not answer leaves its payments for later."""
    rapport = Rapport(evenements=sum((await reconcile(now())).values()))
    async with get_database().transaction(read_only=True) as session:
        tenants = [(t.id, t.slug) for t in await list_tenants(session) if t.actif]
    for tenant_id, _slug in tenants:
        async with get_database().transaction(tenant_id) as session:
            await session.execute(text(HATER), {"instant": now()})
            rapport.relus += int((await session.execute(text(EN_SUSPENS))).scalar_one())
    await sweep(now())
    for tenant_id, slug in tenants:
        async with get_database().transaction(tenant_id, read_only=True) as session:
            rapport.ecarts += [f"{slug}, {phrase}" for phrase in await find_ecarts(session)]
    return rapport


async def find_ecarts(session: AsyncSession) -> list[str]:
    """What does not add up for the session's tenant, one sentence each."""
    phrases = []
    for quoi, requete in ECARTS.items():
        params = {"limite": now() - DELAI_ORPHELIN * 12} if ":limite" in requete else {}
        for ligne in await session.execute(text(requete), params):
            montant = f" ({format_montant(ligne.cents)})" if ligne.cents else ""
            phrases.append(f"{ligne.reference} : {quoi}{montant}")
    return phrases
