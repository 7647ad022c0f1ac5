"""Appointments reached by their signed link, without an account."""

from collections.abc import Sequence

from sqlalchemy.ext.asyncio import AsyncSession

from guichet.identite.facade import read_lien
from guichet.rdv.metier.vues import RdvVue
from guichet.rdv.permissions import GENRE_LIEN, LECTURE_PROPRE, rdv_not_found
from guichet.rdv.questions.fiches import get_rdv
from guichet.socle.database import enter_tenant, get_database
from guichet.socle.errors import GuichetError


async def get_rdv_by_lien(session: AsyncSession, *, jeton: str) -> RdvVue:
    """The appointment a signed link opens; a session without tenant enters its own.

    Raises Forbidden `LIEN_INVALIDE`, Gone `LIEN_EXPIRE`, `RDV_NOT_FOUND` (404).
    """
    lien = read_lien(jeton)
    if lien.genre != GENRE_LIEN or LECTURE_PROPRE not in lien.permissions:
        raise rdv_not_found()
    if session.info.get("tenant_id") not in {None, lien.tenant_id}:
        raise rdv_not_found()
    await enter_tenant(session, lien.tenant_id)
    return await get_rdv(session, lien.cible)


async def list_rdv_by_liens(*, jetons: Sequence[str]) -> list[RdvVue]:
    """The appointments of several links, of any tenants, in order of time: what a browser's cookie remembers.

    Each is read in a transaction of its own tenant. A link that no longer opens anything is left out.
    """
    trouves = []
    for jeton in jetons:
        try:
            tenant_id = read_lien(jeton).tenant_id
            async with get_database().transaction(tenant_id, read_only=True) as lecture:
                trouves.append(await get_rdv_by_lien(lecture, jeton=jeton))
        except GuichetError:
            continue
    return sorted(trouves, key=lambda r: (r.debut, r.id))
