"""The page where a reader says what they accept; the mailbox pages of the demo, which do not exist in production."""

import asyncio
from pathlib import Path
from typing import Annotated
from urllib.parse import quote
from uuid import UUID

from fastapi import APIRouter, Depends, Form, Request
from fastapi import Path as PathParam
from fastapi.responses import HTMLResponse, PlainTextResponse, Response
from sqlalchemy.ext.asyncio import AsyncSession

from guichet.notifications.actions.preferences import record_preference
from guichet.notifications.boite import lecture, sms
from guichet.notifications.choix import read_choix
from guichet.notifications.metier import Canal
from guichet.notifications.questions.notifications import get_address
from guichet.notifications.questions.preferences import Preference, get_preference
from guichet.socle.acces import PUBLIC
from guichet.socle.database import get_database
from guichet.socle.errors import NotFound
from guichet.socle.i18n import _, ngettext
from guichet.socle.settings import get_settings
from guichet.ui.facade import redirect, render

router = APIRouter(include_in_schema=False)
messages = APIRouter(include_in_schema=False)
Jeton = Annotated[str, PathParam(max_length=400)]

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
    combien = await asyncio.to_thread(lecture.empty, dossier) + await asyncio.to_thread(sms.empty_sms, dossier / "sms")
    return redirect(request, "/boite", message=ngettext("{n} message jeté", "{n} messages jetés", combien))


@router.get("/boite/sms", dependencies=[PUBLIC])
async def show_sms(request: Request, dossier: Dossier, q: str = "") -> Response:
    """The text messages, newest first, as a phone would show them."""
    recus = await asyncio.to_thread(sms.list_sms, dossier / "sms", cherche=q[:200])
    return render(request, "notifications/boite_sms.html", bloc="messages", recus=recus, q=q[:200])


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


@messages.get("/messages/choix/{jeton}", dependencies=[PUBLIC])
async def show_choix(request: Request, jeton: Jeton) -> Response:
    """What the reader of a message accepts to receive by the same way."""
    tenant_id, notification_id = read_choix(jeton)
    async with get_database().transaction(tenant_id, read_only=True) as session:
        canal, cle = await _address(session, notification_id)
        preference = await get_preference(session, canal=canal, adresse_cle=cle)
    return render(request, "notifications/choix.html", jeton=jeton, preference=preference)


@messages.post("/messages/choix/{jeton}", dependencies=[PUBLIC])
async def keep_choix(
    request: Request, jeton: Jeton, rappels: Annotated[str, Form()] = "", messages: Annotated[str, Form()] = ""
) -> Response:
    """Keep what the reader says."""
    await _keep(jeton, messages=bool(messages), rappels=bool(rappels), source="lien")
    return redirect(request, f"/messages/choix/{jeton}", message=_("Votre choix est enregistré."))


@messages.post("/messages/choix/{jeton}/desinscription", dependencies=[PUBLIC])
async def unsubscribe(jeton: Jeton) -> Response:
    """The one-click refusal mail programs offer (RFC 8058): nothing more that the person did not ask for."""
    await _keep(jeton, messages=False, rappels=False, source="desinscription")
    return PlainTextResponse(_("C'est fait : vous ne recevrez plus ces messages."))


async def _keep(jeton: str, *, messages: bool, rappels: bool, source: str) -> None:
    tenant_id, notification_id = read_choix(jeton)
    async with get_database().transaction(tenant_id) as session:
        canal, cle = await _address(session, notification_id)
        preference = Preference(canal=canal, messages=messages, rappels=rappels, source=source)
        await record_preference(session, preference, adresse_cle=cle)


async def _address(session: AsyncSession, notification_id: UUID) -> tuple[Canal, bytes]:
    adresse = await get_address(session, notification_id=notification_id)
    if adresse is None:
        raise _unknown()
    return adresse
