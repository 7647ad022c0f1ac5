"""Keeping the vitrine in step with the centres, in the transaction of what changed."""

from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, date, timedelta
from typing import Any, Final
from uuid import UUID

from psycopg.types.json import Jsonb
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from guichet.identite.facade import get_tenant
from guichet.reseau.actions.commun import tenant_of
from guichet.reseau.metier.horaires import Exceptionnel, write_plages, write_semaine
from guichet.reseau.metier.tarifs import Tarif, prix_min
from guichet.reseau.metier.types import VehiculeType
from guichet.reseau.metier.vues import CentreVue
from guichet.reseau.questions.centres import list_centres
from guichet.reseau.tables import Centre, Controleur, ControleurCentre, Vitrine
from guichet.socle.database import raw
from guichet.socle.horloge import now

LOT: Final = 500
_COLONNES: Final = tuple(c.name for c in Vitrine.__table__.columns)
_ECRIRE: Final = f"""
insert into reseau.vitrine ({", ".join(_COLONNES)}) values ({", ".join(f"%({c})s" for c in _COLONNES)})
on conflict (centre_id) do update set {", ".join(f"{c} = excluded.{c}" for c in _COLONNES if c != "centre_id")}
"""  # noqa: S608  the columns are ours


def _stored_exception(exception: Exceptionnel) -> dict[str, Any]:
    return {
        "du": exception.du.isoformat(),
        "au": exception.au.isoformat(),
        "ouverture": exception.ouverture,
        "plages": write_plages(exception.plages),
        "motif": exception.motif,
        "controleurs": None,  # who works is nobody's business outside
    }


def _stored_tarif(tarif: Tarif) -> list[Any]:
    return [
        tarif.vehicule_type.value,
        tarif.carburant.value if tarif.carburant else None,
        tarif.type_controle.value,
        tarif.montant,
        tarif.contre_visite,
    ]


def _vehicules(centre: CentreVue) -> list[str]:
    """What the centre takes: what it has a price for, else what its lanes accept; empty when it does not say."""
    dits = {t.vehicule_type for t in centre.tarifs}
    dits = dits or {v for e in centre.equipements if e.en_service for v in e.vehicule_types}
    return [v.value for v in VehiculeType if v in dits]


def build_ligne(centre: CentreVue, *, depuis: date, has_equipe: bool, tenant_actif: bool) -> dict[str, Any]:
    """The public row of a centre. Exceptions over before `depuis` are left out."""
    exceptions = [e.exception for e in centre.exceptions if e.exception.au >= depuis]
    a_des_heures = not centre.horaires.vide or any(e.ouverture and e.plages for e in exceptions)
    meme_nom = {c: getattr(centre, c) for c in _COLONNES if hasattr(centre, c)}
    return meme_nom | {
        "centre_id": centre.id,
        "territoire": centre.territoire.value,
        "horaires": Jsonb(write_semaine(centre.horaires)),
        "exceptions": Jsonb([_stored_exception(e) for e in exceptions]),
        "types_controle": [t.value for t in centre.types_controle],
        "vehicules": _vehicules(centre),
        "tarifs": Jsonb([_stored_tarif(t) for t in centre.tarifs]),
        "prix_min": prix_min(centre.tarifs),
        "reservable": a_des_heures and has_equipe,
        "visible": centre.actif and tenant_actif,
    }


async def refresh_vitrine(
    session: AsyncSession, centre_ids: Iterable[UUID] | None = None, *, progression: Callable[[int], None] | None = None
) -> None:
    """Write again the public rows of centres of the session's tenant, or of all of them.

    `progression` is told how many more rows were written.
    """
    identifiants = await _identifiants(session, centre_ids)
    if not identifiants:
        return
    tenant = await get_tenant(session, tenant_id=tenant_of(session))
    depuis = now().astimezone(UTC).date() - timedelta(days=1)
    for debut in range(0, len(identifiants), LOT):
        lot = identifiants[debut : debut + LOT]
        equipes = await _with_equipe(session, lot)
        lignes = [
            build_ligne(c, depuis=depuis, has_equipe=c.id in equipes, tenant_actif=tenant.actif)
            for c in await list_centres(session, centre_ids=lot)
        ]
        async with (await raw(session)).cursor() as cursor:
            await cursor.executemany(_ECRIRE.encode(), lignes)
        if progression:
            progression(len(lignes))


async def _identifiants(session: AsyncSession, centre_ids: Iterable[UUID] | None) -> list[UUID]:
    if centre_ids is not None:
        return sorted(set(centre_ids))
    return list(await session.scalars(select(Centre.id).order_by(Centre.id)))


async def _with_equipe(session: AsyncSession, centre_ids: Sequence[UUID]) -> set[UUID]:
    """The centres where at least one active inspector works."""
    query = (
        select(ControleurCentre.centre_id)
        .distinct()
        .join(Controleur, Controleur.id == ControleurCentre.controleur_id)
        .where(ControleurCentre.centre_id.in_(centre_ids), Controleur.actif)
    )
    return set(await session.scalars(query))
