"""What must be known before the tenant is: look-ups by keyed hash."""

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from guichet.identite.metier.secrets import digest
from guichet.identite.tables import Repere
from guichet.socle.crypto import blind_index

GENRES_SECRETS = frozenset({"cle_api", "lien"})


def empreinte(genre: str, valeur: str) -> bytes:
    """What is kept of a value: a plain hash of what is random, a keyed one of what can be guessed."""
    if genre in GENRES_SECRETS:
        return digest(valeur)
    return blind_index(valeur, f"repere:{genre}")


async def find_tenants(session: AsyncSession, *, genre: str, valeur: str) -> list[UUID]:
    """The tenants that know this value, usually one. Needs no tenant."""
    query = select(Repere.tenant_id).where(Repere.genre == genre, Repere.empreinte == empreinte(genre, valeur))
    return list(await session.scalars(query.order_by(Repere.tenant_id)))
