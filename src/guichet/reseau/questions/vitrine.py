"""The public read model: every visible centre of every tenant, near a place first."""

from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from guichet.reseau.metier.distances import RAYON_TERRE_KM, box_around
from guichet.reseau.metier.territoires import Territoire
from guichet.reseau.metier.vues import VitrineCentre
from guichet.reseau.questions.lignes import read_tarifs
from guichet.socle.database import raw
from guichet.socle.horloge import now

RAYON_MAX_KM: Final = 100.0
LIMITE_MAX: Final = 1000

_COLONNES: Final = """
v.centre_id, v.tenant_id, v.agence_id, v.code_centre, v.nom, v.adresse, v.code_postal, v.ville, v.lat, v.lon, v.telephone,
v.site_web, v.photo, v.territoire, v.fuseau, v.horaires, v.exceptions, v.types_controle, v.vehicules, v.tarifs, v.prix_min,
v.note, v.nb_avis, v.reservable
"""
# Haversine, as `metier.distances.distance_km`: the order and the limit are taken where the rows are.
_DISTANCE: Final = f"""
2 * {RAYON_TERRE_KM} * asin(least(1, sqrt(
  sin(radians(v.lat - %(lat)s) / 2) ^ 2
  + cos(radians(%(lat)s)) * cos(radians(v.lat)) * sin(radians(v.lon - %(lon)s) / 2) ^ 2)))
"""
PROCHES: Final = f"""
select * from (
  select {_COLONNES}, {_DISTANCE} as distance_km from reseau.vitrine v
   where v.visible and point(v.lon, v.lat) <@ box(point(%(ouest)s, %(sud)s), point(%(est)s, %(nord)s))
     and (%(tenant)s::uuid is null or v.tenant_id = %(tenant)s)
     and (%(vehicule)s::text is null or v.vehicules = '{{}}' or %(vehicule)s = any(v.vehicules))
     and (%(type)s::text is null or %(type)s = any(v.types_controle))
     and (not %(reservable)s or v.reservable)
) proches
 where distance_km <= %(rayon)s
 order by distance_km, centre_id limit %(limite)s
"""  # noqa: S608  constants only
UN: Final = f"select {_COLONNES}, null::float8 as distance_km from reseau.vitrine v where v.visible and "  # noqa: S608


def _read(colonnes: list[str], ligne: tuple[Any, ...], instant: datetime) -> VitrineCentre:
    row = dict(zip(colonnes, ligne, strict=True))
    return VitrineCentre(
        centre_id=row["centre_id"],
        tenant_id=row["tenant_id"],
        agence_id=row["agence_id"],
        code_centre=row["code_centre"],
        nom=row["nom"],
        adresse=row["adresse"],
        code_postal=row["code_postal"],
        ville=row["ville"],
        lat=row["lat"],
        lon=row["lon"],
        distance_km=None if row["distance_km"] is None else round(row["distance_km"], 2),
        telephone=row["telephone"],
        site_web=row["site_web"],
        photo=row["photo"],
        territoire=Territoire(row["territoire"]),
        fuseau=row["fuseau"],
        horaires=row["horaires"],
        exceptions_stockees=row["exceptions"],
        types=tuple(row["types_controle"]),
        vehicules=tuple(row["vehicules"]),
        tarifs=read_tarifs(row["tarifs"]),
        prix_min=row["prix_min"],
        note=None if row["note"] is None else float(row["note"]),
        nb_avis=row["nb_avis"],
        reservable=row["reservable"],
        vu_le=instant,
    )


async def search_vitrine(
    session: AsyncSession,
    *,
    lat: float,
    lon: float,
    rayon_km: float = 30.0,
    limite: int = 50,
    tenant_id: UUID | None = None,
    vehicule_type: str | None = None,
    type_controle: str | None = None,
    reservable: bool = False,
) -> list[VitrineCentre]:
    """At most `limite` (1,000) visible centres within `rayon_km` (100), nearest first, of every tenant or of one.

    `vehicule_type` and `type_controle` keep the centres that take them; `reservable` keeps those that can be booked.
    """
    rayon = min(rayon_km, RAYON_MAX_KM)
    sud, ouest, nord, est = box_around(lat, lon, rayon)
    parametres = {
        "lat": lat, "lon": lon, "sud": sud, "ouest": ouest, "nord": nord, "est": est, "rayon": rayon,
        "limite": min(limite, LIMITE_MAX), "tenant": tenant_id, "vehicule": vehicule_type, "type": type_controle,
        "reservable": reservable,
    }  # fmt: skip
    return await _fetch(session, PROCHES, parametres)


async def find_vitrine(
    session: AsyncSession, *, centre_id: UUID | None = None, code: str | None = None
) -> VitrineCentre | None:
    """A visible centre by identifier or by code, whatever the tenant; None when there is none."""
    if centre_id is not None:
        found = await _fetch(session, UN + "v.centre_id = %(centre_id)s", {"centre_id": centre_id})
    else:
        found = await _fetch(session, UN + "v.code_centre = %(code)s", {"code": code})
    return found[0] if found else None


async def list_vitrine(session: AsyncSession, *, tenant_id: UUID | None = None) -> list[VitrineCentre]:
    """Every visible centre, of every tenant or of one, in French order."""
    suite = "(%(tenant)s::uuid is null or v.tenant_id = %(tenant)s) order by v.cle_tri, v.centre_id"
    return await _fetch(session, UN + suite, {"tenant": tenant_id})


async def find_centre_tenant(
    session: AsyncSession, *, centre_id: UUID | None = None, code: str | None = None
) -> UUID | None:
    """The tenant of a centre, visible or not, without knowing it beforehand; None when no centre has that identifier."""
    connection = await raw(session)
    if centre_id is not None:
        query, value = "select tenant_id from reseau.vitrine where centre_id = %s", centre_id
        row = await (await connection.execute(query, (value,))).fetchone()
    else:
        row = await (
            await connection.execute("select tenant_id from reseau.vitrine where code_centre = %s", (code,))
        ).fetchone()
    return None if row is None else UUID(str(row[0]))


async def _fetch(session: AsyncSession, query: str, parametres: dict[str, Any]) -> list[VitrineCentre]:
    await session.flush()
    cursor = await (await raw(session)).execute(query.encode(), parametres)
    colonnes = [c.name for c in cursor.description or ()]
    instant = now()
    return [_read(colonnes, ligne, instant) for ligne in await cursor.fetchall()]
