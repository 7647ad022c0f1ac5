"""When inspectors work: centre hours, exceptions and holidays crossed with their own hours, in UTC."""

from datetime import date, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, func, select, text
from sqlalchemy.dialects.postgresql import aggregate_order_by
from sqlalchemy.ext.asyncio import AsyncSession

from guichet.reseau.metier.horaires import plages_controleur, read_exception, read_semaine, resolve_jour
from guichet.reseau.metier.plages import to_utc
from guichet.reseau.metier.territoires import Territoire
from guichet.reseau.metier.vues import OuvertureControleur
from guichet.reseau.tables import Centre, Controleur, ControleurCentre, ExceptionHoraire


async def _read_lieux_de_travail(
    session: AsyncSession, du: date, au: date, conditions: list[ColumnElement[bool]]
) -> list[Any]:
    """One row per active centre: its hours, its exceptions of the period, its active inspectors with their hours."""
    exceptions = (
        select(func.coalesce(func.jsonb_agg(func.to_jsonb(text("exception_horaire"))), text("'[]'::jsonb")))
        .where(
            ExceptionHoraire.tenant_id == Centre.tenant_id,
            ExceptionHoraire.centre_id == Centre.id,
            ExceptionHoraire.du <= au,
            ExceptionHoraire.au >= du,
        )
        .correlate(Centre)
        .scalar_subquery()
    )
    equipe = func.jsonb_agg(
        aggregate_order_by(
            func.jsonb_build_array(ControleurCentre.controleur_id, ControleurCentre.horaires),
            ControleurCentre.controleur_id,
        )
    )
    statement = (
        select(
            Centre.id, Centre.territoire, Centre.fuseau, Centre.horaires, exceptions.label("exceptions"),
            equipe.label("equipe"),
        )
        .join(ControleurCentre, ControleurCentre.centre_id == Centre.id)
        .join(Controleur, Controleur.id == ControleurCentre.controleur_id)
        .where(Centre.actif, Controleur.actif, *conditions)
        .group_by(Centre.id)
        .order_by(Centre.id)
    )  # fmt: skip
    return list(await session.execute(statement))


async def opening_ranges(
    session: AsyncSession, *, du: date, au: date, centre_id: UUID | None = None, controleur_id: UUID | None = None
) -> list[OuvertureControleur]:
    """When each active inspector works in each active centre from `du` to `au`, both local days included.

    Of one centre, of one inspector, or of the whole tenant. Days without work are left out; leave is not deducted.
    """
    conditions = []
    if centre_id is not None:
        conditions.append(Centre.id == centre_id)
    if controleur_id is not None:
        conditions.append(ControleurCentre.controleur_id == controleur_id)
    ouvertures = []
    for row in await _read_lieux_de_travail(session, du, au, conditions):
        semaine, territoire = read_semaine(row.horaires), Territoire(row.territoire)
        exceptions = [read_exception(e) for e in row.exceptions]
        equipe = [(UUID(qui), None if propres is None else read_semaine(propres)) for qui, propres in row.equipe]
        for decalage in range((au - du).days + 1):
            jour = du + timedelta(days=decalage)
            centre = resolve_jour(jour, semaine, exceptions, territoire)
            if not centre.plages:
                continue
            for qui, propres in equipe:
                plages = to_utc(jour, plages_controleur(jour, centre, propres, qui), row.fuseau)
                if plages:
                    ouvertures.append(
                        OuvertureControleur(controleur_id=qui, centre_id=row.id, jour=jour, plages=plages)
                    )
    return ouvertures
