"""Reads of agences."""

from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, func, or_, select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession

from guichet.reseau.metier.identifiants import cle_tri
from guichet.reseau.metier.vues import AgenceVue
from guichet.reseau.permissions import TOUT, Perimetre
from guichet.reseau.questions.centres import Cle
from guichet.reseau.tables import Agence, Centre
from guichet.socle.errors import NotFound
from guichet.socle.i18n import _

_NB_CENTRES = (
    select(func.count())
    .where(Centre.tenant_id == Agence.tenant_id, Centre.agence_id == Agence.id, Centre.actif)
    .correlate(Agence)
    .scalar_subquery()
)


def _read(agence: Any, nb_centres: int) -> AgenceVue:
    return AgenceVue(
        id=agence.id,
        tenant_id=agence.tenant_id,
        code=agence.code,
        nom=agence.nom,
        adresse=agence.adresse,
        code_postal=agence.code_postal,
        ville=agence.ville,
        lat=agence.lat,
        lon=agence.lon,
        telephone=agence.telephone,
        email=agence.email,
        actif=agence.actif,
        version=agence.version,
        nb_centres=nb_centres,
        cle_tri=agence.cle_tri,
    )


async def _read_agences(
    session: AsyncSession, *conditions: ColumnElement[bool], limite: int | None = None
) -> list[AgenceVue]:
    statement = (
        select(*Agence.__table__.columns, _NB_CENTRES.label("nb_centres"))
        .where(*conditions)
        .order_by(Agence.cle_tri, Agence.id)
        .limit(limite)
    )
    return [_read(row, row.nb_centres) for row in await session.execute(statement)]


def agence_not_found() -> NotFound:
    """The error for an agence that is unknown here."""
    return NotFound(_("Cette agence est introuvable."), code="AGENCE_NOT_FOUND")


async def get_agence(session: AsyncSession, agence_id: UUID) -> AgenceVue:
    """An agence of the session's tenant. Raises `AGENCE_NOT_FOUND` (404)."""
    found = await _read_agences(session, Agence.id == agence_id)
    if not found:
        raise agence_not_found()
    return found[0]


async def find_agence(session: AsyncSession, code: str) -> AgenceVue | None:
    """The agence of the session's tenant that carries a code, or None."""
    found = await _read_agences(session, Agence.code == code)
    return found[0] if found else None


async def list_agences(
    session: AsyncSession,
    *,
    perimetre: Perimetre = TOUT,
    actif: bool | None = None,
    recherche: str = "",
    apres: Cle | None = None,
    limite: int | None = None,
) -> list[AgenceVue]:
    """Agences of the session's tenant in French order; whoever has only centres sees the agences they belong to."""
    conditions: list[ColumnElement[bool]] = []
    if not perimetre.tout:
        des_centres = select(Centre.agence_id).where(Centre.id.in_(perimetre.centres))
        conditions.append(or_(Agence.id.in_(perimetre.agences), Agence.id.in_(des_centres)))
    if actif is not None:
        conditions.append(Agence.actif.is_(actif))
    if cle := cle_tri(recherche):
        conditions.append(Agence.cle_tri.contains(cle, autoescape=True))
    if apres is not None:
        conditions.append(tuple_(Agence.cle_tri, Agence.id) > tuple_(*apres))
    return await _read_agences(session, *conditions, limite=limite)


async def count_active(session: AsyncSession) -> int:
    """How many active agences the session's tenant has."""
    return await session.scalar(select(func.count()).select_from(Agence).where(Agence.actif)) or 0
