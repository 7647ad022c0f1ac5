"""Signed links: what opens one thing of one tenant for whoever holds it, without an account."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from guichet.identite.questions.contexte import tenant_of
from guichet.socle.signature import sign, verify

PREFIXE = "gl_"
USAGE = "lien"


@dataclass(frozen=True)
class Lien:
    """What a link opens."""

    tenant_id: UUID
    genre: str
    cible: UUID
    permissions: frozenset[str]


def create_lien(
    session: AsyncSession, *, genre: str, cible: UUID, permissions: Iterable[str], validite: timedelta | None = None
) -> str:
    """A bearer for one thing (`genre`, `cible`) of the session's tenant: `Authorization: Bearer gl_...`, or `?lien=gl_...`.

    The request is then an `Appelant` with `via="lien"`, those permissions and no others, and
    `lien={"genre": ..., "cible": UUID}`; the route checks that the thing is the one asked for.
    """
    payload = {"t": tenant_of(session).hex, "g": genre, "c": cible.hex, "p": sorted(permissions)}
    return PREFIXE + sign(USAGE, payload, validite=validite)


def read_lien(text: str) -> Lien:
    """What a link opens. Raises Forbidden `LIEN_INVALIDE`, Gone `LIEN_EXPIRE`."""
    payload = verify(USAGE, text.removeprefix(PREFIXE))
    return Lien(UUID(payload["t"]), payload["g"], UUID(payload["c"]), frozenset(payload["p"]))
