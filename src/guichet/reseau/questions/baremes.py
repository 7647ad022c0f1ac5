"""How long an inspection takes and what it costs in a centre; what an inspector needs for it."""

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from guichet.identite.facade import get_reglages
from guichet.reseau.metier.agrements import Exigence
from guichet.reseau.metier.durees import resolve_duree
from guichet.reseau.metier.tarifs import resolve_prix
from guichet.reseau.metier.types import Carburant, TypeControle, VehiculeType
from guichet.reseau.questions.lignes import read_durees, read_tarifs
from guichet.reseau.questions.reglages import Durees, Habilitations
from guichet.reseau.tables import Duree, Tarif


async def get_duree(
    session: AsyncSession, *, centre_id: UUID, vehicule_type: str, carburant: str, type_controle: str
) -> int:
    """Minutes of an inspection: the centre's own cell, else the tenant's, else the default."""
    propres = await session.execute(
        select(Duree.vehicule_type, Duree.carburant, Duree.type_controle, Duree.minutes).where(
            Duree.centre_id == centre_id, Duree.vehicule_type == vehicule_type, Duree.type_controle == type_controle
        )
    )
    return resolve_duree(
        centre=read_durees(propres.all()),
        tenant=(await get_reglages(session, Durees)).cellules,
        vehicule_type=VehiculeType(vehicule_type),
        carburant=Carburant(carburant),
        type_controle=TypeControle(type_controle),
    )


async def get_tarif(
    session: AsyncSession, *, centre_id: UUID, vehicule_type: str, carburant: str, type_controle: str
) -> int | None:
    """Cents of an inspection in a centre, None when it publishes no price for it."""
    rows = await session.execute(
        select(Tarif.vehicule_type, Tarif.carburant, Tarif.type_controle, Tarif.montant, Tarif.contre_visite).where(
            Tarif.centre_id == centre_id, Tarif.vehicule_type == vehicule_type
        )
    )
    return resolve_prix(
        read_tarifs(rows.all()),
        VehiculeType(vehicule_type),
        Carburant(carburant),
        TypeControle(type_controle),
    )


async def get_exigences(session: AsyncSession) -> tuple[Exigence, ...]:
    """The habilitations the session's tenant requires."""
    return (await get_reglages(session, Habilitations)).liste
