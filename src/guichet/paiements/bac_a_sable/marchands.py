"""The merchants' interface: sessions, refunds, events. JSON, a bearer key, idempotent by key."""

from datetime import datetime
from hashlib import sha256
from typing import Any
from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response
from pydantic import BaseModel, Field, ValidationError

from guichet.paiements.bac_a_sable.magasin import Magasin
from guichet.paiements.bac_a_sable.sessions import (
    DemandeSession,
    Session,
    describe_refund,
    expire,
    refund,
    ripen,
)
from guichet.paiements.fournisseurs.bac_a_sable import HORLOGE
from guichet.paiements.fournisseurs.cles_bac import merchant_of
from guichet.socle.settings import Mode, Settings

router = APIRouter(prefix="/v1")


class Refus(Exception):
    """The answer is no, and why."""

    def __init__(self, statut: int, erreur: str) -> None:
        super().__init__(erreur)
        self.statut = statut
        self.erreur = erreur


class DemandeRemboursement(BaseModel):
    """What a merchant sends to give money back."""

    model_config = {"extra": "forbid"}

    montant_cents: int = Field(gt=0)
    reference: str = Field("", max_length=100)
    motif: str = Field("", max_length=200)


def magasin_of(request: Request) -> Magasin:
    """The memory of the running sandbox."""
    magasin: Magasin = request.app.state.magasin
    return magasin


def settings_of(request: Request) -> Settings:
    """Its settings."""
    settings: Settings = request.app.state.settings
    return settings


def follow_clock(request: Request) -> None:
    """In test mode the house says what time it is; nowhere else is anybody believed."""
    said = request.headers.get(HORLOGE)
    if said and settings_of(request).mode is Mode.ESSAI:
        magasin_of(request).follow(datetime.fromisoformat(said))


def merchant(request: Request) -> UUID:
    """Who calls. Raises Refus 401."""
    kind, _, key = request.headers.get("authorization", "").partition(" ")
    found = merchant_of(settings_of(request), key.strip()) if kind.lower() == "bearer" else None
    if found is None:
        raise Refus(401, "cle")
    follow_clock(request)
    return found


def find_session(request: Request, session_id: str, marchand: UUID | None = None) -> Session:
    """A session brought up to date with the clock. Raises Refus 404."""
    magasin = magasin_of(request)
    session = magasin.find(session_id)
    if session is None or marchand not in {None, session.marchand}:
        raise Refus(404, "session")
    genres = ripen(session, magasin.now())
    if genres:
        magasin.save(session, genres)
    return session


def base_of(request: Request) -> str:
    """The address of the sandbox, as it is reached."""
    return str(request.base_url).rstrip("/")


@router.post("/sessions")
async def open_session(request: Request) -> Response:
    """Open a page; the same key gives the same page, another body under it is refused."""
    marchand = merchant(request)

    def create(corps: bytes) -> dict[str, Any]:
        demande = DemandeSession.model_validate_json(corps)
        session = Session(marchand=marchand, creee_a=magasin_of(request).now(), **demande.model_dump())
        magasin_of(request).save(session, ["session.ouverte"], notify=False)
        return session.describe(base_of(request))

    return JSONResponse(await _once(request, marchand, create), 201)


@router.get("/sessions/{session_id}")
async def read_session(request: Request, session_id: str) -> Response:
    """All that is known of a page."""
    session = find_session(request, session_id, merchant(request))
    return JSONResponse(session.describe(base_of(request)))


@router.post("/sessions/{session_id}/expire")
async def expire_session(request: Request, session_id: str) -> Response:
    """Nobody may pay any more; a page already paid stays paid."""
    session = find_session(request, session_id, merchant(request))
    magasin_of(request).save(session, expire(session))
    return JSONResponse(session.describe(base_of(request)))


@router.post("/sessions/{session_id}/remboursements")
async def refund_session(request: Request, session_id: str) -> Response:
    """Give money back, once a key."""
    marchand = merchant(request)
    session = find_session(request, session_id, marchand)

    def create(corps: bytes) -> dict[str, Any]:
        demande = DemandeRemboursement.model_validate_json(corps)
        try:
            genres = refund(session, **demande.model_dump(), maintenant=magasin_of(request).now())
        except ValueError:
            raise Refus(422, "montant") from None
        magasin_of(request).save(session, genres)
        return describe_refund(session.remboursements[-1])

    return JSONResponse(await _once(request, marchand, create), 201)


@router.get("/evenements")
async def list_events(request: Request, apres: str = "", limite: int = 100) -> Response:
    """The merchant's events, oldest first."""
    marchand = merchant(request)
    rang = int(apres) if apres.isdecimal() else 0
    elements, dernier, suite = magasin_of(request).list_events(marchand, rang, min(max(limite, 1), 100))
    return JSONResponse({"elements": elements, "curseur": str(dernier), "suite": suite})


async def _once(request: Request, marchand: UUID, create: Any) -> dict[str, Any]:
    corps = await request.body()
    cle = request.headers.get("idempotency-key", "")
    empreinte = sha256(request.url.path.encode() + b"\x00" + corps).hexdigest()
    known = magasin_of(request).known_answer(marchand, cle) if cle else None
    if known is not None:
        if known[0] != empreinte:
            raise Refus(409, "cle_deja_utilisee")
        return known[1]
    try:
        reponse: dict[str, Any] = create(corps)
    except ValidationError:
        raise Refus(422, "corps") from None
    if cle:
        magasin_of(request).keep_answer(marchand, cle, empreinte, reponse)
    return reponse
