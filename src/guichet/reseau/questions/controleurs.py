"""Reads of inspectors: who they are, what they may inspect, where and when they work."""

from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, exists, func, or_, select, text, tuple_
from sqlalchemy.dialects.postgresql import aggregate_order_by
from sqlalchemy.ext.asyncio import AsyncSession

from guichet.reseau.metier.agrements import titres_valides
from guichet.reseau.metier.horaires import read_semaine
from guichet.reseau.metier.identifiants import cle_tri
from guichet.reseau.metier.vues import ControleurVue, TitresControleur, TravailCentre
from guichet.reseau.permissions import TOUT, Perimetre
from guichet.reseau.questions.centres import Cle
from guichet.reseau.questions.lignes import read_titres
from guichet.reseau.tables import Agrement, Centre, Controleur, ControleurCentre, Habilitation
from guichet.socle.errors import NotFound
from guichet.socle.i18n import _

_VIDE = text("'[]'::jsonb")


def _children(ligne: Any, *ordre: Any, table: Any, nom: str) -> Any:
    agrege = func.jsonb_agg(aggregate_order_by(ligne, *ordre))
    return (
        select(func.coalesce(agrege, _VIDE))
        .where(table.tenant_id == Controleur.tenant_id, table.controleur_id == Controleur.id)
        .correlate(Controleur)
        .scalar_subquery()
        .label(nom)
    )


def _titres(table: type[Agrement] | type[Habilitation], nom: str) -> Any:
    ligne = func.jsonb_build_array(table.code, table.valide_du, table.valide_au)
    return _children(ligne, table.code, table.valide_au, table=table, nom=nom)


_CENTRES = _children(
    func.jsonb_build_array(ControleurCentre.centre_id, ControleurCentre.horaires),
    ControleurCentre.centre_id != Controleur.centre_id,
    ControleurCentre.centre_id,
    table=ControleurCentre,
    nom="centres",
)
_AGREMENTS = _titres(Agrement, "agrements")
_HABILITATIONS = _titres(Habilitation, "habilitations")


def _select_controleurs() -> Select[Any]:
    return select(*Controleur.__table__.columns, _CENTRES, _AGREMENTS, _HABILITATIONS)


def _read(row: Any) -> ControleurVue:
    return ControleurVue(
        id=row.id,
        tenant_id=row.tenant_id,
        user_id=row.user_id,
        centre_id=row.centre_id,
        matricule=row.matricule,
        nom=row.nom,
        prenom=row.prenom,
        actif=row.actif,
        version=row.version,
        agrements=read_titres(row.agrements),
        habilitations=read_titres(row.habilitations),
        centres=tuple(
            TravailCentre(centre_id=UUID(centre), horaires=None if semaine is None else read_semaine(semaine))
            for centre, semaine in row.centres
        ),
        cle_tri=row.cle_tri,
    )


async def read_controleurs(
    session: AsyncSession, *conditions: ColumnElement[bool], limite: int | None = None
) -> list[ControleurVue]:
    """Inspectors of the session's tenant that meet the conditions, in French order."""
    statement = _select_controleurs().where(*conditions).order_by(Controleur.cle_tri, Controleur.id).limit(limite)
    return [_read(row) for row in await session.execute(statement)]


def works_in(centre_id: UUID) -> ColumnElement[bool]:
    """The condition on an inspector of working in a centre."""
    return exists().where(
        ControleurCentre.tenant_id == Controleur.tenant_id,
        ControleurCentre.controleur_id == Controleur.id,
        ControleurCentre.centre_id == centre_id,
    )


def _within(perimetre: Perimetre) -> list[ColumnElement[bool]]:
    if perimetre.tout:
        return []
    theirs = (
        select(ControleurCentre.controleur_id)
        .join(Centre, Centre.id == ControleurCentre.centre_id)
        .where(or_(Centre.id.in_(perimetre.centres), Centre.agence_id.in_(perimetre.agences)))
    )
    return [Controleur.id.in_(theirs)]


def controleur_not_found() -> NotFound:
    """The error for an inspector who is unknown here."""
    return NotFound(_("Ce contrôleur est introuvable."), code="CONTROLEUR_NOT_FOUND")


async def get_controleur(session: AsyncSession, controleur_id: UUID) -> ControleurVue:
    """An inspector of the session's tenant. Raises `CONTROLEUR_NOT_FOUND` (404)."""
    found = await read_controleurs(session, Controleur.id == controleur_id)
    if not found:
        raise controleur_not_found()
    return found[0]


async def find_controleur(session: AsyncSession, user_id: UUID) -> ControleurVue | None:
    """The inspector a user is, or None."""
    found = await read_controleurs(session, Controleur.user_id == user_id)
    return found[0] if found else None


async def list_controleurs(
    session: AsyncSession,
    *,
    perimetre: Perimetre = TOUT,
    controleur_ids: Sequence[UUID] | None = None,
    centre_id: UUID | None = None,
    actif: bool | None = None,
    recherche: str = "",
    apres: Cle | None = None,
    limite: int | None = None,
) -> list[ControleurVue]:
    """Inspectors of the session's tenant in French order; `centre_id` keeps those who work there."""
    conditions = _within(perimetre)
    if controleur_ids is not None:
        conditions.append(Controleur.id.in_(controleur_ids))
    if centre_id is not None:
        conditions.append(works_in(centre_id))
    if actif is not None:
        conditions.append(Controleur.actif.is_(actif))
    if cle := cle_tri(recherche):
        conditions.append(
            or_(
                Controleur.cle_tri.contains(cle, autoescape=True),
                Controleur.matricule.startswith(recherche.strip(), autoescape=True),
            )
        )
    if apres is not None:
        conditions.append(tuple_(Controleur.cle_tri, Controleur.id) > tuple_(*apres))
    return await read_controleurs(session, *conditions, limite=limite)


async def list_titres(
    session: AsyncSession, *, centre_id: UUID | None = None, controleur_ids: Sequence[UUID] | None = None
) -> list[TitresControleur]:
    """Accreditations and habilitations, all periods, of the active inspectors of a centre or of the ones named."""
    conditions: list[ColumnElement[bool]] = [Controleur.actif.is_(True)]
    if centre_id is not None:
        conditions.append(works_in(centre_id))
    if controleur_ids is not None:
        conditions.append(Controleur.id.in_(controleur_ids))
    statement = select(Controleur.id, _AGREMENTS, _HABILITATIONS).where(*conditions).order_by(Controleur.id)
    return [
        TitresControleur(
            controleur_id=row.id, agrements=read_titres(row.agrements), habilitations=read_titres(row.habilitations)
        )
        for row in await session.execute(statement)
    ]


async def agrements_valides(
    session: AsyncSession, *, jour: date, centre_id: UUID | None = None, controleur_ids: Sequence[UUID] | None = None
) -> dict[UUID, frozenset[str]]:
    """Accreditation codes valid on a day, by active inspector of a centre (or among the ones named)."""
    titres = await list_titres(session, centre_id=centre_id, controleur_ids=controleur_ids)
    return {t.controleur_id: titres_valides(t.agrements, jour) for t in titres}
