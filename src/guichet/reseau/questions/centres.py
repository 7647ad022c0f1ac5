"""Reads of centres, with all that is set on them in one statement."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, case, cast, func, or_, select, text, tuple_
from sqlalchemy.dialects.postgresql import JSONB, aggregate_order_by
from sqlalchemy.ext.asyncio import AsyncSession

from guichet.reseau.metier.identifiants import cle_tri
from guichet.reseau.metier.types import TypeControle, VehiculeType
from guichet.reseau.metier.vues import CentreVue
from guichet.reseau.permissions import TOUT, Perimetre
from guichet.reseau.questions.lignes import read_centre
from guichet.reseau.tables import Centre, Duree, Equipement, ExceptionHoraire, Tarif
from guichet.socle.errors import NotFound
from guichet.socle.i18n import _

Cle = tuple[str, UUID]
"""Where a page of a list begins: the sort key and the identifier of the last one seen."""

_VIDE = text("'[]'::jsonb")


def _children(ligne: Any, *ordre: Any, table: Any, nom: str) -> Any:
    """The rows of a child table as one JSON array beside the centre's row."""
    agrege = func.jsonb_agg(aggregate_order_by(ligne, *ordre))
    return (
        select(func.coalesce(agrege, _VIDE))
        .where(table.tenant_id == Centre.tenant_id, table.centre_id == Centre.id)
        .correlate(Centre)
        .scalar_subquery()
        .label(nom)
    )


def _rang(colonne: Any, valeurs: type[VehiculeType] | type[TypeControle]) -> ColumnElement[int]:
    return case({v.value: rang for rang, v in enumerate(valeurs)}, value=colonne)


_TARIFS = _children(
    func.jsonb_build_array(
        Tarif.vehicule_type, Tarif.carburant, Tarif.type_controle, Tarif.montant, Tarif.contre_visite
    ),
    _rang(Tarif.vehicule_type, VehiculeType),
    _rang(Tarif.type_controle, TypeControle),
    Tarif.carburant.nulls_first(),
    table=Tarif,
    nom="tarifs",
)
_DUREES = _children(
    func.jsonb_build_array(Duree.vehicule_type, Duree.carburant, Duree.type_controle, Duree.minutes),
    _rang(Duree.vehicule_type, VehiculeType),
    _rang(Duree.type_controle, TypeControle),
    Duree.carburant.nulls_first(),
    table=Duree,
    nom="durees",
)
_EQUIPEMENTS = _children(
    func.jsonb_build_array(Equipement.id, Equipement.nom, Equipement.vehicule_types, Equipement.en_service),
    Equipement.rang,
    Equipement.id,
    table=Equipement,
    nom="equipements",
)
_EXCEPTIONS = _children(
    cast(func.to_jsonb(text("exception_horaire")), JSONB),
    ExceptionHoraire.du,
    ExceptionHoraire.id,
    table=ExceptionHoraire,
    nom="exceptions",
)


def _select_centres() -> Select[Any]:
    return select(*Centre.__table__.columns, _TARIFS, _DUREES, _EQUIPEMENTS, _EXCEPTIONS)


async def read_centres(
    session: AsyncSession, *conditions: ColumnElement[bool], limite: int | None = None
) -> list[CentreVue]:
    """Centres of the session's tenant that meet the conditions, in French order."""
    statement = _select_centres().where(*conditions).order_by(Centre.cle_tri, Centre.id).limit(limite)
    return [read_centre(row) for row in (await session.execute(statement)).mappings()]


async def find_centre(session: AsyncSession, centre_id: UUID) -> CentreVue | None:
    """A centre of the session's tenant, or None."""
    found = await read_centres(session, Centre.id == centre_id)
    return found[0] if found else None


async def get_centre(session: AsyncSession, centre_id: UUID) -> CentreVue:
    """A centre of the session's tenant. Raises `CENTRE_NOT_FOUND` (404)."""
    centre = await find_centre(session, centre_id)
    if centre is None:
        raise centre_not_found()
    return centre


def centre_not_found() -> NotFound:
    """The error for a centre that is unknown here."""
    return NotFound(_("Ce centre est introuvable."), code="CENTRE_NOT_FOUND")


def within(perimetre: Perimetre) -> list[ColumnElement[bool]]:
    """The conditions on a centre that keep a caller inside its perimeter."""
    if perimetre.tout:
        return []
    return [or_(Centre.id.in_(perimetre.centres), Centre.agence_id.in_(perimetre.agences))]


async def list_centres(
    session: AsyncSession,
    *,
    perimetre: Perimetre = TOUT,
    centre_ids: Sequence[UUID] | None = None,
    agence_id: UUID | None = None,
    actif: bool | None = None,
    territoire: str | None = None,
    recherche: str = "",
    apres: Cle | None = None,
    limite: int | None = None,
) -> list[CentreVue]:
    """Centres of the session's tenant in French order; `recherche` looks in name, code, postal code and town."""
    conditions = within(perimetre)
    if centre_ids is not None:
        conditions.append(Centre.id.in_(centre_ids))
    if agence_id is not None:
        conditions.append(Centre.agence_id == agence_id)
    if actif is not None:
        conditions.append(Centre.actif.is_(actif))
    if territoire is not None:
        conditions.append(Centre.territoire == territoire)
    if cle := cle_tri(recherche):
        conditions.append(
            or_(
                Centre.cle_tri.contains(cle, autoescape=True),
                func.lower(Centre.ville).contains(recherche.strip().lower(), autoescape=True),
                Centre.code_postal.startswith(recherche.strip(), autoescape=True),
                Centre.code_centre.startswith(recherche.strip().upper(), autoescape=True),
            )
        )
    if apres is not None:
        conditions.append(tuple_(Centre.cle_tri, Centre.id) > tuple_(*apres))
    return await read_centres(session, *conditions, limite=limite)
