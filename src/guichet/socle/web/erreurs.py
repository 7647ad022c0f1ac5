"""Every error of the web, rendered in one place: problem+json for programs, a page for people.

What is not ours is first told as one of ours: a database that is away or busy is a 503 with a time to try again, a
broken rule of a body is a 422 with its fields, and what nobody expected is a 500 that says nothing but a number to give.
"""

import inspect
import json
import logging
from html import escape
from typing import Any

import psycopg
from fastapi.exceptions import RequestValidationError
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from guichet.socle.errors import Forbidden, GuichetError, Invalid, NotFound, Unavailable
from guichet.socle.i18n import _, current_locale, lazy
from guichet.socle.origine import current_correlation_id
from guichet.socle.registre import get_registre
from guichet.socle.web.validation import champs

journal = logging.getLogger("guichet.web")

PROBLEME = "application/problem+json"
PROGRAMMES = ("/api/", "/health", "/metrics", "/openapi.json", "/.well-known/", "/mcp", "/ws/")
TITRES: dict[int, str] = {
    400: lazy("Requête illisible"),
    401: lazy("Connexion nécessaire"),
    403: lazy("Action refusée"),
    404: lazy("Introuvable"),
    405: lazy("Méthode non permise"),
    409: lazy("Conflit"),
    410: lazy("Terminé"),
    413: lazy("Envoi trop lourd"),
    415: lazy("Format non accepté"),
    422: lazy("À corriger"),
    429: lazy("Trop de demandes"),
    500: lazy("Erreur de notre côté"),
    503: lazy("Indisponible un instant"),
}
# What HTTP itself refuses, as sentences and codes of ours.
REFUS: dict[int, tuple[str, str]] = {
    400: ("REQUETE_ILLISIBLE", lazy("La demande n'a pas pu être lue.")),
    401: ("NON_CONNECTE", lazy("Connectez-vous pour continuer.")),
    403: ("ACTION_REFUSEE", lazy("Cette action vous est refusée.")),
    404: ("ADRESSE_INCONNUE", lazy("Cette adresse n'existe pas.")),
    405: ("METHODE_NON_PERMISE", lazy("Cette adresse n'accepte pas cette méthode.")),
    413: ("CORPS_TROP_GRAND", lazy("Cet envoi est trop lourd.")),
    415: ("FORMAT_NON_ACCEPTE", lazy("Ce format n'est pas accepté.")),
}
# SQLSTATE of PostgreSQL: seconds after which to try again. Class 08, 57P and 53 are connections and resources.
OCCUPE = {"55P03": 1, "40001": 1, "40P01": 1, "57014": 5}


def describe(error: Exception) -> GuichetError:
    """Any error as one of ours. The unknown is a 500 without details."""
    if isinstance(error, GuichetError):
        return error
    if isinstance(error, RequestValidationError):
        return _describe_validation(error)
    if isinstance(error, HTTPException):
        code, sentence = REFUS.get(error.status_code, ("REQUETE_REFUSEE", lazy("Cette demande n'a pas pu aboutir.")))
        return GuichetError(str(sentence), code=code, status=error.status_code)
    if isinstance(error, (PoolTimeout, DBAPIError, psycopg.Error, ConnectionError)):
        busy = _describe_database(error)
        if busy is not None:
            return busy
    return GuichetError(
        _(
            "Une erreur est survenue de notre côté. Réessayez ; si elle revient, donnez-nous le numéro de cette demande."
        ),
        code="ERREUR_INTERNE",
        status=500,
    )


def _describe_validation(error: RequestValidationError) -> GuichetError:
    found = error.errors()
    if found and found[0]["type"] == "json_invalid":
        place = found[0]["loc"][-1]
        return GuichetError(
            _("Le corps n'est pas du JSON lisible (caractère {place}).", place=place), code="JSON_ILLISIBLE", status=400
        )
    if any(e["loc"][0] == "path" for e in found):
        return NotFound(_("Cette adresse n'existe pas."), code="ADRESSE_INCONNUE")
    return Invalid(_("Certains champs sont à corriger."), code="CHAMPS_INVALIDES", champs=champs(found))


def _describe_database(error: Exception) -> Unavailable | None:
    origin = error.orig if isinstance(error, DBAPIError) else error
    state = getattr(origin, "sqlstate", None) or ""
    if state in OCCUPE:
        return Unavailable(
            _("Beaucoup de monde en ce moment. Réessayez dans un instant."), code="OCCUPE", retry_after=OCCUPE[state]
        )
    lost = isinstance(error, PoolTimeout | ConnectionError) or (
        isinstance(origin, psycopg.OperationalError) and not state
    )
    if lost or state[:2] in {"08", "53"} or state[:3] == "57P":
        return Unavailable(
            _("Le service est indisponible un instant. Réessayez dans quelques secondes."),
            code="SERVICE_INDISPONIBLE",
            retry_after=5,
        )
    return None


def wants_json(request: Request) -> bool:
    """True for a program: the API's paths, or an Accept that names JSON and not HTML."""
    if request.url.path.startswith(PROGRAMMES):
        return True
    accept = request.headers.get("accept", "")
    return "json" in accept and "text/html" not in accept


def problem(error: GuichetError) -> dict[str, Any]:
    """The body of an error (RFC 9457)."""
    title = TITRES.get(error.http_status)
    return {
        "type": f"/docs#{error.code}",
        "title": str(title) if title else _("Demande refusée"),
        "status": error.http_status,
        "code": error.code,
        "message": error.message,
        "champs": error.champs,
        "correlation_id": current_correlation_id(),
        **error.extra,
    }


async def render_error(request: Request, error: Exception) -> Response:
    """The answer to an error, logged when it is ours."""
    described = describe(error)
    if described.http_status >= 500:
        journal.error("%s %s: %s", request.method, request.url.path, described.code, exc_info=error)
    response = _json(described) if wants_json(request) else await _page(request, described)
    if isinstance(error, HTTPException) and error.headers:
        response.headers.update(error.headers)
    if described.retry_after is not None:
        response.headers["Retry-After"] = str(described.retry_after)
    if described.http_status == 401 and wants_json(request):
        response.headers.setdefault("WWW-Authenticate", "Bearer")
    return response


def _json(error: GuichetError) -> Response:
    body = json.dumps(problem(error), ensure_ascii=False, default=str).encode()
    return Response(body, error.http_status, media_type=PROBLEME)


async def _page(request: Request, error: GuichetError) -> Response:
    renderer = get_registre().error_page
    if renderer is not None:
        try:
            page = renderer(request, error, reference=current_correlation_id() or "")
            page = await page if inspect.isawaitable(page) else page
            if isinstance(page, Response):
                return page
        except Exception:  # noqa: BLE001  the error of an error page must not hide the first one
            journal.exception("the error page itself failed")
    return Response(_bare_page(error), error.http_status, media_type="text/html; charset=utf-8")


def _bare_page(error: GuichetError) -> str:
    data = problem(error)
    number = escape(str(data["correlation_id"] or ""))
    return (
        f'<!doctype html><html lang="{current_locale()}"><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width"><title>'
        f"{escape(data['title'])}</title><h1>{escape(data['title'])}</h1><p>{escape(error.message)}</p>"
        f'<p><a href="/">{escape(_("Revenir à l’accueil"))}</a></p><p><small>{number}</small></p></html>'
    )


def refuse_origin() -> Forbidden:
    """The refusal of a write that another site asks for in the person's name."""
    return Forbidden(
        _("Cette demande vient d'un autre site : elle a été refusée. Recommencez depuis nos pages."),
        code="ORIGINE_REFUSEE",
    )
