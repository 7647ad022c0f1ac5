"""PUBLIC: how every context shows a page.

`render` answers a page (or, to htmx, one block of it); `redirect` follows a form that worked. What a page shows beside
its own context is on the request: `request.state.nonce` (content policy), `request.state.csrf`, `request.state.appelant`,
`request.state.marque` (a `Marque`, when the host or the caller has a tenant).
"""

import base64
import binascii
import json
from collections.abc import Mapping
from typing import Any

from fastapi import Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from guichet.socle.acces import ANONYME, Appelant
from guichet.socle.i18n import current_locale
from guichet.ui.gabarits import get_environment, render_block, to_identifiant
from guichet.ui.page import PageEnCours, rendering
from guichet.ui.preferences import COOKIE, local_path, read_affichage
from guichet.ui.saisie import Choix, Saisie
from guichet.ui.vues import Marque, Message, Navigation, palette_links

__all__ = [
    "Choix",
    "Marque",
    "Message",
    "Saisie",
    "is_htmx",
    "local_path",
    "read_tri",
    "redirect",
    "render",
    "render_text",
    "to_identifiant",
    "toast_header",
]

COOKIE_MESSAGE = "guichet_message"
MESSAGE_MAX = 300


def render(
    request: Request,
    template: str,
    *,
    status: int = 200,
    bloc: str | None = None,
    headers: Mapping[str, str] | None = None,
    **context: Any,
) -> HTMLResponse:
    """A page from a context's template.

    With `bloc`, a request made by htmx receives that block alone: the same HTML as in the whole page. In templates:
    `appelant`, `locale`, `marque`, `affichage`, `navigation(portail)`, `portail`, `chemin`, `messages`, and `context`.
    Raises jinja2's errors: an unknown name or option is a mistake of the template.
    """
    page = _page_of(request)
    complet = {**_commun(request, page), **context}
    environment = get_environment()
    with rendering(page):
        gabarit = environment.get_template(template)
        html = render_block(gabarit, bloc, complet) if bloc and is_htmx(request) else gabarit.render(complet)
    response = HTMLResponse(html, status_code=status, headers=dict(headers or {}))
    response.headers.setdefault("Cache-Control", "private, no-cache")
    response.headers["Vary"] = "HX-Request, Cookie, Accept-Language"
    if complet["messages"]:
        response.delete_cookie(COOKIE_MESSAGE, path="/")
    return response


def render_text(template: str, **context: Any) -> str:
    """A template outside of any request (a fragment for a live update, a document): no nonce, no caller."""
    return get_environment().get_template(template).render(context)


def redirect(request: Request, url: str, *, message: str = "", genre: str = "ok") -> Response:
    """After a form that worked: 303 to a page of this site, with a toast there if `message` is given.

    To htmx, the same as an `HX-Redirect`.
    """
    cible = local_path(url)
    if is_htmx(request):
        response = Response(status_code=204, headers={"HX-Redirect": cible})
    else:
        response = RedirectResponse(cible, status_code=303)
    if message:
        response.set_cookie(
            COOKIE_MESSAGE,
            _encode_message(Message(texte=message[:MESSAGE_MAX], genre=genre)),
            max_age=60,
            path="/",
            httponly=True,
            samesite="lax",
            secure=request.url.scheme == "https",
        )
    return response


def toast_header(message: str, *, genre: str = "ok") -> dict[str, str]:
    """Headers that make htmx show a toast beside the fragment it receives."""
    return {"HX-Trigger": json.dumps({"guichet:toast": {"texte": message, "genre": genre}})}


def is_htmx(request: Request) -> bool:
    """Does htmx ask, and not to restore a page from history?"""
    return request.headers.get("HX-Request") == "true" and request.headers.get("HX-History-Restore-Request") != "true"


def read_tri(request: Request, permis: tuple[str, ...], defaut: str, *, cle: str = "tri") -> str:
    """The order asked for in the address (`nom`, `-nom`) if it is one of `permis`, else `defaut`."""
    demande = request.query_params.get(cle, "")
    return demande if demande.removeprefix("-") in permis else defaut


def _page_of(request: Request) -> PageEnCours:
    return PageEnCours(
        chemin=request.url.path,
        parametres=tuple(request.query_params.multi_items()),
        nonce=getattr(request.state, "nonce", ""),
        csrf=getattr(request.state, "csrf", ""),
    )


def _commun(request: Request, page: PageEnCours) -> dict[str, Any]:
    appelant: Appelant = getattr(request.state, "appelant", ANONYME)
    portail = page.chemin.strip("/").split("/")[0]
    query = f"?{request.url.query}" if request.url.query and request.method == "GET" else ""
    return {
        "appelant": appelant,
        "locale": current_locale(),
        "marque": getattr(request.state, "marque", None) or Marque(),
        "affichage": read_affichage(request.cookies.get(COOKIE)),
        "navigation": Navigation(appelant, page.chemin),
        "liens_palette": palette_links,
        "portail": portail,
        "chemin": page.chemin + query,
        "nonce": page.nonce,
        "messages": _read_messages(request),
    }


def _encode_message(message: Message) -> str:
    brut = json.dumps([message.genre, message.texte], ensure_ascii=False).encode()
    return base64.urlsafe_b64encode(brut).decode()


def _read_messages(request: Request) -> list[Message]:
    brut = request.cookies.get(COOKIE_MESSAGE)
    if not brut:
        return []
    try:
        genre, texte = json.loads(base64.urlsafe_b64decode(brut.encode()))
    except (ValueError, binascii.Error, UnicodeDecodeError):
        return []
    if genre not in {"ok", "attention", "ko", "info"} or not isinstance(texte, str):
        return []
    return [Message(texte=texte[:MESSAGE_MAX], genre=genre)]
