"""One request is one transaction, committed before the answer leaves.

A route takes `session: Tx` (or `Lecture`, read only). The commit happens when the handler has returned and before the
first byte of the answer: what was acknowledged is stored. An exception undoes everything; so does an answer of 400 or
more, unless the handler called `keep_writes(request)` (a refused sign-in counts its attempt).
"""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.responses import Response

from guichet.socle import idempotence
from guichet.socle.acces import Appelant, CurrentAppelant
from guichet.socle.database import get_database

SURES = frozenset({"GET", "HEAD", "OPTIONS"})
EN_TETE = "Idempotency-Key"


@dataclass
class Bordure:
    """The transaction of a request, as the edge sees it."""

    session: AsyncSession
    demande: idempotence.Demande | None = None
    keeps_refusals: bool = False
    is_abandoned: bool = False


class DejaRepondu(Exception):
    """This request was answered before; the answer is given again."""

    def __init__(self, reponse: idempotence.Reponse) -> None:
        super().__init__()
        self.reponse = reponse


async def tx(request: Request, appelant: CurrentAppelant) -> AsyncIterator[AsyncSession]:
    """The transaction of this request, in the tenant of its caller (or of its host, for a passer-by)."""
    async with get_database().transaction(appelant.tenant_id) as session:
        border = Bordure(session)
        request.state.bordure = border
        await _claim(request, appelant, border)
        yield session
        if border.is_abandoned:
            await session.rollback()


async def lecture(appelant: CurrentAppelant) -> AsyncIterator[AsyncSession]:
    """The same, read only: PostgreSQL refuses any write."""
    async with get_database().transaction(appelant.tenant_id, read_only=True) as session:
        yield session


Tx = Annotated[AsyncSession, Depends(tx, scope="function")]
Lecture = Annotated[AsyncSession, Depends(lecture, scope="function")]


def keep_writes(request: Request) -> None:
    """What this request wrote stays, even when its answer is a refusal."""
    border = getattr(request.state, "bordure", None)
    if isinstance(border, Bordure):
        border.keeps_refusals = True


async def prepare(request: Request) -> None:
    """Called by the edge before the handler: a body that will be compared is kept whole, forms included."""
    if EN_TETE in request.headers and request.method not in SURES:
        await request.body()


async def settle(request: Request, response: Response) -> None:
    """Called by the edge between the handler's answer and the commit: undo a refusal, keep an answer for its key."""
    border = getattr(request.state, "bordure", None)
    if not isinstance(border, Bordure):
        return
    border.is_abandoned = response.status_code >= 400 and not border.keeps_refusals
    if border.is_abandoned:
        return
    if border.demande is not None and isinstance(body := getattr(response, "body", None), (bytes, memoryview)):
        await idempotence.keep(
            border.session,
            border.demande,
            idempotence.Reponse(statut=response.status_code, en_tetes=dict(response.headers), corps=bytes(body)),
        )


def replay(repeated: DejaRepondu) -> Response:
    """The answer given before, marked as such."""
    reponse = repeated.reponse
    headers = {**reponse.en_tetes, "Idempotency-Replayed": "true"}
    return Response(reponse.corps, reponse.statut, headers)


async def _claim(request: Request, appelant: Appelant, border: Bordure) -> None:
    border.demande = await read_demande(request, appelant)
    if border.demande is None:
        return
    known = await idempotence.claim(border.session, border.demande)
    if known is not None:
        raise DejaRepondu(known)


async def read_demande(request: Request, appelant: Appelant) -> idempotence.Demande | None:
    """What makes a write itself, when it carries a key. Raises Invalid `IDEMPOTENCE_CLE_INVALIDE`."""
    key = request.headers.get(EN_TETE)
    if key is None or request.method in SURES:
        return None
    query = request.scope["query_string"].decode("latin-1")
    return idempotence.build_demande(
        tenant_id=appelant.tenant_id,
        appelant=f"{appelant.via}:{appelant.user_id or appelant.session_id or appelant.nom}",
        methode=request.method,
        chemin=request.scope["path"] + (f"?{query}" if query else ""),
        cle=key,
        corps=await request.body(),
    )
