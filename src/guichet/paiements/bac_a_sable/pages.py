"""The pages people see: the card form, whole or as fields to frame, the bank's question, what became of it."""

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from secrets import token_urlsafe
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from markupsafe import Markup

from guichet.paiements.bac_a_sable.cartes import CARTES, REFUS, check_saisie, find_carte
from guichet.paiements.bac_a_sable.marchands import find_session, magasin_of
from guichet.paiements.bac_a_sable.sessions import Session, Tentative, abandon, accept, refuse, try_card
from guichet.socle.i18n import _, use_locale
from guichet.ui.facade import render_text

router = APIRouter()
STYLE = Path(__file__).with_name("style.css")
THEMES = frozenset({"clair", "sombre"})


@dataclass(frozen=True, kw_only=True)
class Cadre:
    """How the page is shown: alone, or framed in the merchant's, in its colours."""

    est_cadre: bool = False
    theme: str = ""
    h: float | None = None
    c: float | None = None

    @property
    def racine(self) -> str:
        """Where its forms go."""
        return "/champs" if self.est_cadre else "/payer"

    @property
    def suite(self) -> str:
        """What its addresses carry along."""
        params = {"theme": self.theme, "h": self.h, "c": self.c}
        gardes = {nom: valeur for nom, valeur in params.items() if valeur not in {"", None}}
        return f"?{urlencode(gardes)}" if gardes else ""


def look(request: Request) -> Cadre:
    """How this address is shown: a theme and a hue that make no sense are left out."""
    theme = request.query_params.get("theme", "")
    h, c = _number(request, "h", 360), _number(request, "c", 0.3)
    est_cadre = request.url.path.startswith("/champs")
    return Cadre(est_cadre=est_cadre, theme=theme if theme in THEMES else "", h=h if c is not None else None, c=c)


def _number(request: Request, nom: str, limite: float) -> float | None:
    try:
        valeur = float(request.query_params.get(nom, ""))
    except ValueError:
        return None
    return valeur if 0 <= valeur <= limite else None


@lru_cache
def read_style() -> Markup:
    """The style sheet of every page, written into it."""
    return Markup(STYLE.read_text())  # noqa: S704  a file of ours


def show(session: Session, cadre: Cadre, gabarit: str, etat: str, statut: int = 200, **contexte: Any) -> HTMLResponse:
    """A page in the session's language, under a policy that allows what it needs and nothing else."""
    nonce = token_urlsafe(16)
    with use_locale(session.langue):
        html = render_text(
            gabarit,
            locale=session.langue,
            nonce=nonce,
            style=read_style(),
            theme=cadre.theme,
            teinte_h=cadre.h,
            teinte_c=cadre.c,
            cadre=cadre.est_cadre,
            origine=session.origine,
            etat=etat,
            session=session,
            **contexte,
        )
    return HTMLResponse(html, statut, page_headers(nonce, cadre, session.origine))


def page_headers(nonce: str, cadre: Cadre, origine: str) -> dict[str, str]:
    """A page allows what it needs and nothing else; it may be framed by the merchant's origin only."""
    policy = {
        "default-src": "'none'",
        "style-src": f"'nonce-{nonce}'",
        "script-src": f"'nonce-{nonce}'",
        "font-src": "'self'",
        "img-src": "data:",
        "form-action": f"'self' {origine}".strip(),
        "base-uri": "'none'",
        "frame-ancestors": origine if cadre.est_cadre else "'none'",
    }
    return {
        "Content-Security-Policy": "; ".join(f"{nom} {valeur}" for nom, valeur in policy.items()),
        "Cache-Control": "no-store",
        "Referrer-Policy": "same-origin",
        "X-Content-Type-Options": "nosniff",
    }


async def show_session(request: Request, session_id: str) -> Response:
    """Where a session stands: the card form while it waits."""
    return _current(find_session(request, session_id), look(request))


def _current(session: Session, cadre: Cadre, **contexte: Any) -> Response:
    tentative = session.en_cours
    if session.etat == "payee":
        return _done(session, cadre)
    if session.etat != "ouverte" or session.is_epuisee:
        phrase = _in(session, "expiree" if session.etat == "expiree" else "fermee")
        return show(
            session, cadre, "paiements/bac/etat.html", "ferme", genre="ko", phrase=phrase, retour=session.abandon_url
        )
    if tentative is not None and tentative.defi:
        return _challenge(session, cadre, tentative)
    if tentative is not None:
        return show(
            session,
            cadre,
            "paiements/bac/etat.html",
            "attente",
            genre="",
            phrase=_in(session, "attente"),
            retour=session.retour_url,
        )
    return show(
        session,
        cadre,
        "paiements/bac/carte.html",
        "refus" if contexte.get("refus") or contexte.get("erreurs") else "pret",
        statut=422 if contexte.get("erreurs") else 200,
        action=f"{cadre.racine}/{session.id}{cadre.suite}",
        abandon=f"/payer/{session.id}/abandon",
        cartes=CARTES,
        **({"erreurs": {}, "refus": ""} | contexte),
    )


def _in(session: Session, quoi: str) -> str:
    with use_locale(session.langue):
        return {
            "expiree": _("Le délai pour payer est passé. Aucun montant n'a été pris."),
            "fermee": _("Ce paiement est fermé. Aucun montant n'a été pris."),
            "attente": _(
                "Votre banque tarde à répondre. Ne payez pas une seconde fois : cette page se met à jour seule."
            ),
            "payee": _("Le paiement est accepté."),
        }[quoi]


def _done(session: Session, cadre: Cadre) -> Response:
    if not cadre.est_cadre:
        return RedirectResponse(session.retour_url, 303)
    return show(
        session,
        cadre,
        "paiements/bac/etat.html",
        "fini",
        genre="ok",
        phrase=_in(session, "payee"),
        retour=session.retour_url,
    )


def _challenge(session: Session, cadre: Cadre, tentative: Tentative) -> Response:
    action = f"{cadre.racine}/{session.id}/defi/{tentative.id}{cadre.suite}"
    return show(session, cadre, "paiements/bac/defi.html", "defi", tentative=tentative, action=action)


async def pay(
    request: Request,
    session_id: str,
    numero: Annotated[str, Form(max_length=40)] = "",
    expiration: Annotated[str, Form(max_length=20)] = "",
    cryptogramme: Annotated[str, Form(max_length=10)] = "",
) -> Response:
    """A card typed on the page."""
    session, cadre = find_session(request, session_id), look(request)
    magasin = magasin_of(request)
    if session.etat != "ouverte" or session.en_cours or session.is_epuisee:
        return _current(session, cadre)
    with use_locale(session.langue):
        erreurs = check_saisie(numero, expiration, cryptogramme, magasin.now())
    if erreurs:
        return _current(session, cadre, erreurs=erreurs)
    tentative, genres = try_card(session, find_carte(numero), numero, magasin.now())
    magasin.save(session, genres)
    return _after(session, cadre, tentative)


async def answer_challenge(
    request: Request, session_id: str, tentative_id: str, reponse: Annotated[str, Form()] = "non"
) -> Response:
    """What the person answered to their bank."""
    session, cadre = find_session(request, session_id), look(request)
    tentative = next((t for t in session.tentatives if t.id == tentative_id and t.defi), None)
    if tentative is None or session.etat != "ouverte":
        return _current(session, cadre)
    genres = accept(session, tentative) if reponse == "oui" else refuse(session, tentative, "authentification")
    magasin_of(request).save(session, genres)
    return _after(session, cadre, tentative)


def _after(session: Session, cadre: Cadre, tentative: Tentative) -> Response:
    if tentative.issue != "refusee":
        return _current(session, cadre)
    with use_locale(session.langue):
        return _current(session, cadre, refus=str(REFUS[tentative.motif]))


@router.post("/payer/{session_id}/abandon")
async def leave(request: Request, session_id: str) -> Response:
    """The person gives up for good; back to the merchant."""
    session = find_session(request, session_id)
    magasin_of(request).save(session, abandon(session))
    return RedirectResponse(session.abandon_url, 303)


for _racine in ("/payer", "/champs"):
    router.add_api_route(f"{_racine}/{{session_id}}", show_session, methods=["GET"])
    router.add_api_route(f"{_racine}/{{session_id}}", pay, methods=["POST"])
    router.add_api_route(f"{_racine}/{{session_id}}/defi/{{tentative_id}}", answer_challenge, methods=["POST"])
