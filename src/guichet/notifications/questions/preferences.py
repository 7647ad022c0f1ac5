"""What people accept to receive, and the addresses that refuse everything."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from guichet.notifications.metier import Canal
from guichet.notifications.tables import Adresse, Consentement
from guichet.socle.crypto import blind_index
from guichet.socle.i18n import _


@dataclass(frozen=True, kw_only=True)
class Preference:
    """What an address accepts on a channel. `le` and `source` say when and how it was said; None: never, the default."""

    canal: Canal
    messages: bool = True
    rappels: bool = True
    le: datetime | None = None
    source: str | None = None


def address_key(canal: Canal, adresse: str) -> bytes:
    """The keyed hash an address is found by: equal addresses give equal bytes, which say nothing of them."""
    return blind_index(f"{canal}:{adresse.casefold()}", "notifications.adresse")


async def get_preference(session: AsyncSession, *, canal: Canal, adresse_cle: bytes) -> Preference:
    """What an address accepts on a channel."""
    ligne = await session.scalar(
        select(Consentement)
        .where(Consentement.canal == canal.value, Consentement.adresse_cle == adresse_cle)
        .order_by(Consentement.id.desc())
        .limit(1)
    )
    if ligne is None:
        return Preference(canal=canal)
    return Preference(
        canal=canal, messages=ligne.messages, rappels=ligne.rappels, le=ligne.created_at, source=ligne.source
    )


async def why_not(session: AsyncSession, *, canal: Canal, adresse_cle: bytes, rappel: bool) -> str | None:
    """Why a message its reader did not cause is not sent to an address, in a sentence; None when it may be."""
    preference = await get_preference(session, canal=canal, adresse_cle=adresse_cle)
    if rappel and not preference.rappels:
        return _("Cette personne ne veut pas de rappel par ce moyen.")
    if not rappel and not preference.messages:
        return _("Cette personne ne veut pas de ces messages par ce moyen.")
    if await get_rejection(session, canal=canal, adresse_cle=adresse_cle) is not None:
        return _("Cette adresse refuse les messages.")
    return None


async def get_rejection(session: AsyncSession, *, canal: Canal, adresse_cle: bytes) -> Adresse | None:
    """The last refusal of an address, None when it takes what it is sent."""
    return await session.scalar(select(Adresse).where(Adresse.canal == canal.value, Adresse.adresse_cle == adresse_cle))
