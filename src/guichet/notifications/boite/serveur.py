"""The servers of the demo: mail accepted from everyone, delivered nowhere, kept as files; text messages beside it."""

import asyncio
import socket
from collections.abc import Callable
from contextlib import suppress
from email.utils import format_datetime
from pathlib import Path

import uvicorn
from aiosmtpd.smtp import SMTP, Envelope, Session

from guichet.notifications.boite.sms import build_platform
from guichet.socle.horloge import now
from guichet.socle.ids import new_id

TAILLE_MAX = 36 * 1024 * 1024


class Reception:
    """What the server does with a message: write it, then say 250."""

    def __init__(self, dossier: Path) -> None:
        self.dossier = dossier
        self.dossier.mkdir(parents=True, exist_ok=True)

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802  the library's name
        """Keep the message with its envelope in trace headers, as a delivering server would write them."""
        del server, session
        contenu = envelope.original_content or b""
        traces = [
            f"Return-Path: <{envelope.mail_from or ''}>",
            *(f"Delivered-To: {adresse}" for adresse in envelope.rcpt_tos),
            f"Received: by boite (Guichet); {format_datetime(now())}",
        ]
        await asyncio.to_thread(self._write, "".join(f"{t}\r\n" for t in traces).encode() + contenu)
        return "250 2.0.0 Recu"

    def _write(self, contenu: bytes) -> None:
        nom = new_id().hex
        brouillon = self.dossier / f".{nom}"
        brouillon.write_bytes(contenu)
        brouillon.replace(self.dossier / f"{nom}.eml")  # a reader never sees half a message


async def listen(dossier: Path, port: int) -> asyncio.Server:
    """Open the server on loopback; port 0 takes a free one (`server.sockets[0].getsockname()[1]`)."""
    reception = Reception(dossier)
    fabrique: Callable[[], SMTP] = lambda: SMTP(  # noqa: E731  asyncio wants a factory
        reception, data_size_limit=TAILLE_MAX, enable_SMTPUTF8=True, hostname="boite.guichet.example", ident="Guichet"
    )
    return await asyncio.get_running_loop().create_server(fabrique, host="127.0.0.1", port=port)


async def serve(dossier: Path, port: int, announce: Callable[[int, int], None], *, port_sms: int = 0) -> None:
    """Run both until cancelled; `announce` is told the port of the mail server, then that of the text messages."""
    mails = await listen(dossier, port)
    sms, ecoute = await open_platform(dossier / "sms", port_sms)
    announce(mails.sockets[0].getsockname()[1], ecoute.getsockname()[1])
    with suppress(asyncio.CancelledError):
        await asyncio.gather(mails.serve_forever(), sms.serve(sockets=[ecoute]))


async def open_platform(dossier: Path, port: int) -> tuple[uvicorn.Server, socket.socket]:
    """The platform of text messages, ready to be served on loopback, and its socket; port 0 takes a free one."""
    ecoute = socket.socket()
    ecoute.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    ecoute.bind(("127.0.0.1", port))
    ecoute.listen()
    application = await asyncio.to_thread(build_platform, dossier)
    config = uvicorn.Config(application, log_level="warning", access_log=False, timeout_graceful_shutdown=1)
    return uvicorn.Server(config), ecoute
