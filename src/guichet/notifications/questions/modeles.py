"""A tenant's own words for templates."""

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from guichet.notifications.metier import Canal
from guichet.notifications.mots import Mots
from guichet.notifications.tables import ModeleVersion


async def get_words(session: AsyncSession, *, modele: str, canal: Canal, locale: str) -> Mots:
    """The words that hold now."""
    versions = await list_versions(session, modele=modele, canal=canal, locale=locale, limite=1)
    return versions[0] if versions else Mots()


async def list_versions(
    session: AsyncSession, *, modele: str, canal: Canal, locale: str, limite: int = 20
) -> list[Mots]:
    """The latest versions of a tenant's words, newest first."""
    lignes = await session.scalars(
        select(ModeleVersion)
        .where(ModeleVersion.modele == modele, ModeleVersion.canal == canal.value, ModeleVersion.locale == locale)
        .order_by(ModeleVersion.version.desc())
        .limit(limite)
    )
    return [
        Mots(version=v.version, objet=v.objet, texte=v.texte, auteur_id=v.auteur_id, le=v.created_at) for v in lignes
    ]
