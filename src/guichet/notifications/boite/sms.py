"""A platform of text messages on this machine: it speaks SMSMode's REST v1, keeps what it takes, sends its receipts.

What it does depends on the end of the number, so that a demonstration and the tests see every case:
`0400` refuses the number, `0429` says too many, `0503` says it is away, `0504` takes the message and never answers,
`0404` takes it and says later that the phone was never reached; every other number is delivered.
"""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from guichet.notifications.metier import weigh
from guichet.socle.horloge import now
from guichet.socle.ids import new_id

LIMITE = 200
ATTENTE_ACCUSE_S = 1.0
REFUS = {
    "0400": (400, "INVALID_RECIPIENT", "The recipient number is invalid."),
    "0429": (429, "TOO_MANY_REQUESTS", "Too many requests."),
    "0503": (503, "UNAVAILABLE", "The platform is under maintenance."),
}
MUET, JAMAIS_JOINT = "0504", "0404"


@dataclass(frozen=True, kw_only=True)
class SmsVue:
    """A text message in the list: its parts as they are billed, what became of it."""

    id: str
    de: str
    a: str
    texte: str
    encodage: str
    segments: int
    etat: str
    recu: datetime


def list_sms(dossier: Path, *, cherche: str = "", limite: int = LIMITE) -> list[SmsVue]:
    """The latest messages, newest first; with `cherche`, those whose number, sender or text contain it."""
    mot = cherche.strip().casefold()
    vues = []
    for fichier in sorted(dossier.glob("*.json"), reverse=True):
        vue = _view(json.loads(fichier.read_text()))
        if not mot or any(mot in champ.casefold() for champ in (vue.de, vue.a, vue.texte)):
            vues.append(vue)
        if len(vues) == limite:
            break
    return vues


def empty_sms(dossier: Path) -> int:
    """Throw every message away; how many there were."""
    fichiers = list(dossier.glob("*.json"))
    for fichier in fichiers:
        fichier.unlink(missing_ok=True)
    return len(fichiers)


def _view(message: dict[str, Any]) -> SmsVue:
    return SmsVue(
        id=message["messageId"],
        de=message["from"],
        a=f"+{message['recipient']['to']}",
        texte=message["body"]["text"],
        encodage=message["body"]["encoding"],
        segments=message["body"]["messagePartCount"],
        etat=message["status"]["value"],
        recu=datetime.fromisoformat(message["acceptedAt"]),
    )


class Plateforme:
    """What the platform does with what it is asked."""

    def __init__(self, dossier: Path, *, attente: float = ATTENTE_ACCUSE_S) -> None:
        self.dossier = dossier
        self.dossier.mkdir(parents=True, exist_ok=True)
        self._attente = attente
        self._taches: set[asyncio.Task[None]] = set()

    async def create(self, request: Request) -> Response:
        """`POST /sms/v1/messages`."""
        if not request.headers.get("x-api-key"):
            return _error(401, "UNAUTHORIZED", "An API key is needed.")
        try:
            demande = await request.json()
            numero, texte = str(demande["recipient"]["to"]), str(demande["body"]["text"])
        except (ValueError, KeyError, TypeError):
            return _error(400, "BAD_REQUEST", "recipient.to and body.text are needed.")
        if not numero.isdecimal() or not texte:
            return _error(400, "INVALID_RECIPIENT", "The recipient number is invalid.")
        if refus := REFUS.get(numero[-4:]):
            return _error(*refus)
        message = _accepted(demande, numero, texte)
        await asyncio.to_thread(self._write, message)
        if numero.endswith(MUET):
            await request.receive()  # nothing more comes but the end of the caller's patience
        self._later(message, "UNDELIVERABLE" if numero.endswith(JAMAIS_JOINT) else "DELIVERED")
        return JSONResponse(message, 201)

    async def read(self, request: Request) -> Response:
        """`GET /sms/v1/messages/{id}`."""
        fichier = self.dossier / f"{request.path_params['identifiant']}.json"
        if not fichier.is_file():
            return _error(404, "NOT_FOUND", "Message not found.")
        return Response(await asyncio.to_thread(fichier.read_text), media_type="application/json")

    async def settle(self, message: dict[str, Any], etat: str) -> None:
        """What became of a message: kept, and said to who asked to know."""
        message = message | {"status": {"deliveryDate": now().isoformat(), "value": etat}}
        await asyncio.to_thread(self._write, message)
        if message["callbackUrlStatus"]:
            async with httpx.AsyncClient(timeout=5) as client:
                with suppress(httpx.HTTPError):
                    await client.post(message["callbackUrlStatus"], json=message)

    def close(self) -> None:
        """Receipts not sent yet never are."""
        for tache in self._taches:
            tache.cancel()

    def _later(self, message: dict[str, Any], etat: str) -> None:
        async def wait() -> None:
            await asyncio.sleep(self._attente)
            await self.settle(message, etat)

        tache = asyncio.create_task(wait())
        self._taches.add(tache)
        tache.add_done_callback(self._taches.discard)

    def _write(self, message: dict[str, Any]) -> None:
        brouillon = self.dossier / f".{message['messageId']}"
        brouillon.write_text(json.dumps(message, ensure_ascii=False))
        brouillon.replace(self.dossier / f"{message['messageId']}.json")


def build_platform(dossier: Path, *, attente: float = ATTENTE_ACCUSE_S) -> Starlette:
    """The platform as an application; receipts leave `attente` seconds after the message."""
    plateforme = Plateforme(dossier, attente=attente)

    @asynccontextmanager
    async def life(_app: Starlette) -> AsyncIterator[None]:
        yield
        plateforme.close()

    routes = [
        Route("/sms/v1/messages", plateforme.create, methods=["POST"]),
        Route("/sms/v1/messages/{identifiant:str}", plateforme.read),
    ]
    return Starlette(routes=routes, lifespan=life)


def _accepted(demande: dict[str, Any], numero: str, texte: str) -> dict[str, Any]:
    poids = weigh(texte)
    identifiant = str(new_id())
    return {
        "messageId": identifiant,
        "acceptedAt": now().isoformat(),
        "channel": {"channelId": str(new_id()), "name": "Guichet", "type": "SMS", "flow": "TRANSACTIONAL"},
        "type": "SMS",
        "direction": "MT",
        "from": str(demande.get("from") or "36180"),
        "recipient": {"to": numero},
        "body": {
            "text": texte,
            "encoding": poids.encodage.value,
            "length": poids.unites,
            "messagePartCount": poids.segments,
            "stop": False,
        },
        "refClient": demande.get("refClient"),
        "status": {"deliveryDate": now().isoformat(), "value": "ENROUTE"},
        "callbackUrlStatus": demande.get("callbackUrlStatus") or "",
        "callbackUrlMo": demande.get("callbackUrlMo") or "",
        "href": f"/sms/v1/messages/{identifiant}",
    }


def _error(status: int, code: str, message: str) -> JSONResponse:
    return JSONResponse({"status": status, "errorCode": code, "message": message, "detail": ""}, status)
