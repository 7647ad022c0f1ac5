"""Reads of the staff's notes."""

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from guichet.rdv.metier.vues import RemarqueVue
from guichet.rdv.tables import Remarque


async def list_remarques(session: AsyncSession, *, rdv_id: UUID) -> list[RemarqueVue]:
    """The notes of an appointment, oldest first."""
    lignes = await session.scalars(
        select(Remarque).where(Remarque.rdv_id == rdv_id).order_by(Remarque.created_at, Remarque.id)
    )
    return [
        RemarqueVue(id=r.id, auteur_id=r.auteur_id, auteur=r.auteur, texte=r.texte, created_at=r.created_at)
        for r in lignes
    ]
