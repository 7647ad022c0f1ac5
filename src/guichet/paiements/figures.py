"""What is counted: outcomes of payments, forged notifications, refused refunds, amounts that surprise."""

from collections.abc import Iterable
from typing import Final

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from guichet.socle.horloge import now
from guichet.socle.telemetrie.metriques import Mesure, compteur

PAIEMENTS: Final = compteur("payments", "Payments that ended, by outcome", ("issue",))
NOTIFICATIONS: Final = compteur(
    "payment_notifications", "Notifications of providers, by what became of them", ("issue",)
)
REFUS_REMBOURSEMENT: Final = compteur("payment_refunds_refused", "Refunds a provider refused: a person must look")
ECARTS: Final = compteur("payment_amount_mismatches", "Money taken that is not what was asked: a person must look")

_AIDES: Final = {
    "paiements_a_verifier": "Payments due to be asked about",
    "remboursements_en_route": "Refunds not done yet",
    "evenements_non_traites": "Events of providers not applied yet",
}


async def measure(session: AsyncSession) -> Iterable[Mesure]:
    """The figures of the moment, over all tenants."""
    lignes = await session.execute(text("select genre, nombre from paiements.mesures(:instant)"), {"instant": now()})
    return [Mesure(nom=ligne.genre, aide=_AIDES[ligne.genre], valeur=float(ligne.nombre)) for ligne in lignes]
