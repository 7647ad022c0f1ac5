"""Reminders whose hour has come: told once, and done a moment later (`courriels`)."""

from typing import Final

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from guichet.rdv.actions.annonces import facts_of
from guichet.rdv.messages import ReminderDue
from guichet.rdv.metier.types import Statut
from guichet.rdv.tables import Rdv
from guichet.socle.database import raw
from guichet.socle.horloge import now
from guichet.socle.messages import publish

# A living hold waits until it is known what becomes of it. Rows somebody else changes are left to the next sweep.
DUS: Final = """
update rdv.rdv set rappel_le = null
 where id = any (array(
   select r.id from rdv.rdv r
    where r.rappel_le <= %(maintenant)s and (r.statut <> 'en_attente_paiement' or r.expire_a <= %(maintenant)s)
    order by r.rappel_le limit %(lot)s for update skip locked))
returning id
"""


async def tell_reminders(session: AsyncSession, *, lot: int = 200) -> int:
    """Tell the reminders of the session's tenant that are due, at most `lot`; none for what is cancelled or has begun.

    Out: how many were due, told or not.
    """
    maintenant = now()
    cursor = await (await raw(session)).execute(DUS, {"maintenant": maintenant, "lot": lot})
    dus = [rdv_id for (rdv_id,) in await cursor.fetchall()]
    lignes = await session.scalars(
        select(Rdv)
        .where(Rdv.id.in_(dus), Rdv.statut == Statut.CONFIRME.value, Rdv.debut > maintenant)
        .order_by(Rdv.debut, Rdv.id)
        .execution_options(populate_existing=True)
    )
    for ligne in lignes.all():
        await publish(session, ReminderDue(**facts_of(ligne), statut=ligne.statut))
    return len(dus)
