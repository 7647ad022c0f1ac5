"""Keeping what people accept: each change is a row of its own, with its date and how it was said."""

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from guichet.notifications import tables
from guichet.notifications.questions.preferences import Preference, get_preference
from guichet.socle.audit import audit
from guichet.socle.horloge import now
from guichet.socle.ids import new_id
from guichet.socle.origine import current_origin


async def record_preference(session: AsyncSession, preference: Preference, *, adresse_cle: bytes) -> Preference:
    """Keep what an address accepts on a channel. The same choice again writes nothing. `source` is needed.

    Returns what holds from now on.
    """
    assert preference.source is not None
    avant = await get_preference(session, canal=preference.canal, adresse_cle=adresse_cle)
    if avant.le is not None and (avant.messages, avant.rappels) == (preference.messages, preference.rappels):
        return avant
    identifiant: UUID = new_id()
    session.add(
        tables.Consentement(
            id=identifiant,
            tenant_id=session.info["tenant_id"],
            canal=preference.canal.value,
            adresse_cle=adresse_cle,
            messages=preference.messages,
            rappels=preference.rappels,
            source=preference.source,
            auteur_id=current_origin().auteur_id,
            created_at=now(),
        )
    )
    await session.flush()
    await audit(
        session,
        action="notification.preference.update",
        entite="consentement",
        entite_id=identifiant,
        avant={"canal": preference.canal.value, "messages": avant.messages, "rappels": avant.rappels},
        apres={"canal": preference.canal.value, "messages": preference.messages, "rappels": preference.rappels},
    )
    return await get_preference(session, canal=preference.canal, adresse_cle=adresse_cle)
