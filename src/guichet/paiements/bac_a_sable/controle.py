"""The controls of the sandbox: its administration page, and the same gestures for tests, under a key of their own."""

from dataclasses import dataclass
from datetime import timedelta
from hmac import compare_digest
from secrets import token_urlsafe
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from pydantic import BaseModel, Field, ValidationError

from guichet.paiements.bac_a_sable.magasin import Envoi, Magasin
from guichet.paiements.bac_a_sable.marchands import Refus, find_session, follow_clock, magasin_of, settings_of
from guichet.paiements.bac_a_sable.pages import Cadre, page_headers, read_style
from guichet.paiements.bac_a_sable.sessions import Session, Tentative, abandon, accept, refund
from guichet.paiements.fournisseurs.cles_bac import control_key
from guichet.ui.facade import render_text

router = APIRouter()
GENRES = {
    "pending": "session.ouverte",
    "succeeded": "session.payee",
    "failed": "session.abandonnee",
    "refunded": "remboursement.effectue",
}


class DemandeNotification(BaseModel):
    """What a test wants told: the state to reach, and how the telling goes wrong."""

    model_config = {"extra": "forbid"}

    statut: Literal["pending", "succeeded", "failed", "refunded"]
    retard_s: int = Field(0, ge=0, le=30 * 86_400)
    copies: int = Field(1, ge=1, le=20)
    ordre: Literal["normal", "inverse"] = "normal"
    signature: Literal["valide", "fausse"] = "valide"


@dataclass(frozen=True, kw_only=True)
class Ligne:
    """A session on the administration page."""

    session: Session
    envois: list[Envoi]


def notify(magasin: Magasin, session: Session, demande: DemandeNotification) -> None:
    """Do what was asked, then leave the notifications: `copies` of the event after `retard_s` seconds of the house's clock.

    `inverse` tells of the opening of the page after what followed it. A forged notification (`fausse`) says what did not
    happen and is signed by somebody else. A state that cannot be reached any more is told all the same: the merchant asks.
    """
    genre = GENRES[demande.statut]
    if demande.signature == "fausse":
        evenement_id, corps = magasin.build_event(session, genre)
    else:
        evenement_id, corps = _happen(magasin, session, demande.statut)
    due = magasin.now() + timedelta(seconds=demande.retard_s)
    with magasin.writing():
        for _ in range(demande.copies):
            magasin.add_envoi(session.id, evenement_id, genre, corps, du_a=due, fausse=demande.signature == "fausse")
        if demande.ordre == "inverse":
            ancien = magasin.events_of(session.id)[0]
            magasin.add_envoi(session.id, *ancien, du_a=due)


def _happen(magasin: Magasin, session: Session, statut: str) -> tuple[str, str]:
    if statut == "pending":
        identifiant, _genre, corps = magasin.events_of(session.id)[0]
        return identifiant, corps
    genres: list[str] = []
    if statut == "succeeded" and not session.encaisse_cents:
        tentative = session.en_cours or Tentative(issue="en_cours", fin_numero="4242")
        if tentative not in session.tentatives:
            session.tentatives.append(tentative)
        genres = accept(session, tentative)
    elif statut == "failed":
        genres = abandon(session)
    elif statut == "refunded" and session.encaisse_cents > session.rendu_cents:
        reste = session.encaisse_cents - session.rendu_cents
        genres = refund(session, montant_cents=reste, reference="", motif="prestataire", maintenant=magasin.now())
    if not genres:
        identifiant, corps = magasin.build_event(session, GENRES[statut])
        return identifiant, corps
    identifiant = magasin.save(session, genres, notify=False)[0]
    return next((i, c) for i, _g, c in magasin.events_of(session.id) if i == identifiant)


def describe_envoi(envoi: Envoi) -> dict[str, Any]:
    """A notification as tests read it."""
    return {
        "evenement": envoi.evenement_id,
        "genre": envoi.genre,
        "signature": "fausse" if envoi.fausse else "valide",
        "due_a": envoi.du_a.isoformat(),
        "essais": envoi.essais,
        "reponse": envoi.reponse,
        "livree": envoi.fini,
    }


def _check_key(request: Request) -> None:
    _kind, _, key = request.headers.get("authorization", "").partition(" ")
    if not compare_digest(key.encode(), control_key(settings_of(request)).encode()):
        raise Refus(401, "cle")
    follow_clock(request)


@router.post("/controle/sessions/{session_id}/notifications")
async def order_notification(request: Request, session_id: str) -> Response:
    """What tests ask for."""
    _check_key(request)
    session = find_session(request, session_id)
    try:
        demande = DemandeNotification.model_validate_json(await request.body())
    except ValidationError:
        raise Refus(422, "corps") from None
    notify(magasin_of(request), session, demande)
    return JSONResponse([describe_envoi(e) for e in magasin_of(request).envois_of(session_id)], 201)


@router.get("/controle/sessions/{session_id}/notifications")
async def list_notifications(request: Request, session_id: str) -> Response:
    """What was told, and what is still to be."""
    _check_key(request)
    find_session(request, session_id)
    return JSONResponse([describe_envoi(e) for e in magasin_of(request).envois_of(session_id)])


@router.get("/")
async def show_admin(request: Request) -> Response:
    """The last payments, and what may be done to them."""
    magasin = magasin_of(request)
    lignes = [Ligne(session=s, envois=magasin.envois_of(s.id)) for s in magasin.list_sessions()]
    nonce = token_urlsafe(16)
    html = render_text(
        "paiements/bac/admin.html",
        locale="fr",
        nonce=nonce,
        style=read_style(),
        theme="",
        teinte_h=None,
        teinte_c=None,
        cadre=False,
        etat="",
        lignes=lignes,
        maintenant=magasin.now(),
    )
    return HTMLResponse(html, headers=page_headers(nonce, Cadre(), ""))


GESTES: dict[str, DemandeNotification] = {
    "accepter": DemandeNotification(statut="succeeded"),
    "accepter_tard": DemandeNotification(statut="succeeded", retard_s=60),
    "abandonner": DemandeNotification(statut="failed"),
    "rembourser": DemandeNotification(statut="refunded"),
    "doubler": DemandeNotification(statut="succeeded", copies=3),
    "desordre": DemandeNotification(statut="succeeded", ordre="inverse"),
    "forger": DemandeNotification(statut="succeeded", signature="fausse"),
}


@router.post("/admin/{session_id}")
async def act(request: Request, session_id: str, geste: Annotated[str, Form()]) -> Response:
    """A button of the administration page; from this page only."""
    if request.headers.get("sec-fetch-site", "same-origin") not in {"same-origin", "none"}:
        raise Refus(403, "origine")
    session = find_session(request, session_id)
    magasin = magasin_of(request)
    if geste == "renvoyer":
        dernier = magasin.envois_of(session_id)[-1:]
        with magasin.writing():
            for envoi in dernier:
                magasin.add_envoi(session_id, envoi.evenement_id, envoi.genre, envoi.corps, du_a=magasin.now())
    elif geste in GESTES:
        notify(magasin, session, GESTES[geste])
    else:
        raise Refus(422, "geste")
    return RedirectResponse("/", 303)
