"""What the pages share: cookies, where to go next, forms as people sent them."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from fastapi import Request
from fastapi.responses import Response

from guichet.identite.actions.sessions import Ouverture, open_session
from guichet.identite.api.authentification import cookie_name
from guichet.identite.api.commun import device_of, ip_of
from guichet.identite.metier.roles import Role
from guichet.identite.questions.connexion import Candidat
from guichet.identite.questions.droits import permissions_of
from guichet.socle.acces import Appelant
from guichet.socle.database import get_database
from guichet.socle.errors import GuichetError
from guichet.socle.horloge import now
from guichet.socle.registre import get_registre
from guichet.socle.settings import get_settings
from guichet.socle.signature import sign, verify
from guichet.ui.facade import local_path, redirect

ETAPE = "guichet_etape"
VIE_ETAPE = timedelta(minutes=10)
TEXTE_MAX = 1000
PORTAILS: dict[str, tuple[str, ...]] = {
    Role.SUPER_ADMIN: ("admin",),
    Role.ADMIN_TENANT: ("tenant", "pro", "appels"),
    Role.ADMIN_AGENCE: ("tenant", "pro"),
    Role.ADMIN_CT: ("pro",),
    Role.CONTROLEUR: ("pro",),
    Role.CALL_CENTER: ("appels", "courrier", "pro"),
}


async def read_form(request: Request) -> dict[str, str]:
    """The text fields of a form, cut to a sane length, without what no field of ours holds."""
    form = await request.form()
    return {name: value.replace("\x00", "")[:TEXTE_MAX] for name, value in form.items() if isinstance(value, str)}


def form_status(error: GuichetError) -> int:
    """The status of a form shown again: what is to be corrected is 422, too often is 429."""
    return 429 if error.http_status == 429 else 422


def home_path(role: str, permissions: frozenset[str] | None = None) -> str:
    """Where a person starts: the first page of their portal that exists in this house, else their own security page."""
    held = permissions_of(role) if permissions is None else permissions
    caller = Appelant(role=role, permissions=held)
    for portal in PORTAILS.get(role, ()):
        for entry in get_registre().navigation:
            if entry.portail == portal and (entry.permission is None or caller.can(entry.permission)):
                return entry.url
    if role == Role.CLIENT and any(e.url == "/mes-rdv" for e in get_registre().navigation):
        return "/mes-rdv"
    return "/compte/securite"


def following(request: Request, form: dict[str, str] | None = None) -> str:
    """The page of this site a person was on the way to; empty when none was said."""
    text = (form or {}).get("suite") or request.query_params.get("suite") or request.query_params.get("retour") or ""
    return local_path(text) if text and local_path(text) == text else ""


def _secure(request: Request) -> bool:
    return get_settings().is_production or request.url.scheme == "https"


def set_session_cookie(request: Request, response: Response, secret: str, *, until: datetime) -> None:
    """Hand the session to the browser: never to scripts, never to other sites."""
    response.set_cookie(
        cookie_name(),
        secret,
        max_age=max(0, int((until - now()).total_seconds())),
        path="/",
        httponly=True,
        samesite="lax",
        secure=_secure(request),
    )


def forget_cookies(request: Request, response: Response) -> None:
    """Take the session and the step in progress back from the browser."""
    for name in (cookie_name(), ETAPE):
        response.delete_cookie(name, path="/", httponly=True, samesite="lax", secure=_secure(request))


def keep_step(request: Request, response: Response, candidates: list[Candidat], *, suite: str) -> None:
    """Remember for ten minutes that the password was right, for the step that follows. Identifiers only, signed."""
    payload = {"c": [[c.tenant.id.hex, c.user.id.hex, c.epoque, _mark(c)] for c in candidates], "s": suite}
    response.set_cookie(
        ETAPE,
        sign("connexion", payload, validite=VIE_ETAPE),
        max_age=int(VIE_ETAPE.total_seconds()),
        path="/",
        httponly=True,
        samesite="lax",
        secure=_secure(request),
    )


def read_step(request: Request) -> tuple[list[tuple[UUID, UUID, int, str]], str] | None:
    """Whose password was right, and where they were going; None when that is too long ago or never happened."""
    try:
        payload: dict[str, Any] = verify("connexion", request.cookies.get(ETAPE, ""))
    except GuichetError:
        return None
    return [(UUID(t), UUID(u), int(e), str(m)) for t, u, e, m in payload["c"]], str(payload["s"])


def _mark(candidate: Candidat) -> str:
    # A password changed meanwhile ends the step.
    return (candidate.empreinte or "")[-8:]


def is_same(candidate: Candidat, epoque: int, mark: str) -> bool:
    """True when nothing about the account changed since its password was found right."""
    return candidate.is_open and candidate.epoque == epoque and _mark(candidate) == mark


async def enter(request: Request, candidate: Candidat, *, suite: str = "", message: str = "") -> Response:
    """Open the session of a person who has proved everything, and send them on."""
    async with get_database().transaction(candidate.tenant.id) as session:
        opened: Ouverture = await open_session(
            session, candidate, canal="page", ip=ip_of(request), appareil=device_of(request)
        )
    role, added = candidate.user.role, candidate.user.permissions
    response = redirect(request, suite or home_path(role, permissions_of(role, added)), message=message)
    forget_cookies(request, response)
    # The browser keeps the cookie to the end; the server ends the session earlier when it is not used.
    set_session_cookie(request, response, opened.secret, until=opened.fin_le)
    return response
