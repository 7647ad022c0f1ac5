"""The mailbox page of the demo: what was really sent, as its reader got it. Does not exist in production."""

import asyncio
from pathlib import Path
from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse, Response

from guichet.notifications.boite import lecture
from guichet.socle.acces import PUBLIC
from guichet.socle.errors import NotFound
from guichet.socle.i18n import _, ngettext
from guichet.socle.settings import get_settings
from guichet.ui.facade import redirect, render

router = APIRouter(include_in_schema=False)

# The body of a mail is somebody else's page: no script, no network, no reach into ours, whatever it holds.
CSP_CORPS = "sandbox allow-popups allow-popups-to-escape-sandbox; default-src 'none'; img-src data:; style-src 'unsafe-inline'; font-src 'none'; frame-ancestors 'self'"


def get_dossier() -> Path:
    """Where the demo's mail server writes. Raises NotFound in production: the page does not exist there."""
    settings = get_settings()
    if settings.is_production:
        raise NotFound(_("Cette page n'existe pas."), code="PAGE_INCONNUE")
    return settings.data_dir / "boite"


Dossier = Annotated[Path, Depends(get_dossier)]


@router.get("/boite", dependencies=[PUBLIC])
async def show_boite(request: Request, dossier: Dossier, q: str = "") -> Response:
    """The messages, newest first; asked again by the page itself every few seconds."""
    messages = await asyncio.to_thread(lecture.list_messages, dossier, cherche=q[:200])
    return render(request, "notifications/boite.html", bloc="messages", recus=messages, q=q[:200])


@router.post("/boite/vider", dependencies=[PUBLIC])
async def empty_boite(request: Request, dossier: Dossier) -> Response:
    """Throw every message away."""
    combien = await asyncio.to_thread(lecture.empty, dossier)
    return redirect(request, "/boite", message=ngettext("{n} message jeté", "{n} messages jetés", combien))


@router.get("/boite/{identifiant}", dependencies=[PUBLIC])
async def show_message(request: Request, dossier: Dossier, identifiant: str) -> Response:
    """One message: its HTML in a sandbox, its text, its files, its headers."""
    message = await asyncio.to_thread(lecture.read_message, dossier, identifiant)
    if message is None:
        raise _unknown()
    return render(request, "notifications/message.html", message=message)


@router.get("/boite/{identifiant}/corps", dependencies=[PUBLIC])
async def show_corps(dossier: Dossier, identifiant: str) -> HTMLResponse:
    """The HTML of a message alone, under a policy of its own."""
    message = await asyncio.to_thread(lecture.read_message, dossier, identifiant)
    if message is None:
        raise _unknown()
    return HTMLResponse(message.html, headers={"Content-Security-Policy": CSP_CORPS, "X-Frame-Options": "SAMEORIGIN"})


@router.get("/boite/{identifiant}/source", dependencies=[PUBLIC])
async def send_source(dossier: Dossier, identifiant: str) -> Response:
    """The message as it came."""
    source = await asyncio.to_thread(lecture.read_source, dossier, identifiant)
    if source is None:
        raise _unknown()
    return _file(f"{identifiant}.eml", "message/rfc822", source)


@router.get("/boite/{identifiant}/pieces/{rang}", dependencies=[PUBLIC])
async def send_piece(dossier: Dossier, identifiant: str, rang: int) -> Response:
    """An attached file."""
    piece = await asyncio.to_thread(lecture.read_piece, dossier, identifiant, rang)
    if piece is None:
        raise _unknown()
    return _file(*piece)


def _file(nom: str, type_mime: str, contenu: bytes) -> Response:
    return Response(
        contenu,
        media_type=type_mime,
        headers={
            "Content-Disposition": f"attachment; filename*=UTF-8''{quote(nom)}",
            "X-Content-Type-Options": "nosniff",
        },
    )


def _unknown() -> NotFound:
    return NotFound(_("Ce message n'existe pas ou a été jeté."), code="MESSAGE_INCONNU")
