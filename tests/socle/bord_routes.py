"""The routes the tests of the edge call."""

from typing import Any

from fastapi import APIRouter, File, Request, UploadFile
from fastapi.responses import HTMLResponse, Response, StreamingResponse

from guichet.socle.acces import CONNECTE, PUBLIC
from guichet.socle.errors import Unauthenticated
from guichet.socle.i18n import current_locale
from guichet.socle.origine import current_correlation_id, current_origin
from guichet.socle.web import LOGIN_RATE, UNLIMITED, UPLOAD

router = APIRouter(dependencies=[PUBLIC])


@router.get("/api/v1/qui")
async def qui(request: Request) -> dict[str, Any]:
    origine = current_origin()
    return {
        "correlation": current_correlation_id(),
        "ip": request.client.host if request.client else None,
        "agent": origine.user_agent,
        "locale": current_locale(),
        "hote": request.headers["host"],
        "schema": request.url.scheme,
        "chemin": request.url.path,
    }


@router.post("/api/v1/ecrire")
async def ecrire() -> dict[str, bool]:
    return {"fait": True}


@router.get("/page")
async def page(request: Request) -> HTMLResponse:
    return HTMLResponse(f"<p>{request.state.nonce}</p>" + "é" * 2000)


@router.get("/pdf")
async def pdf() -> Response:
    return Response(b"%PDF" * 1000, media_type="application/pdf", headers={"Cache-Control": "max-age=60"})


@router.get("/direct")
async def direct() -> Response:
    async def events() -> Any:
        yield b"data: 1\n\n"

    return StreamingResponse(events(), media_type="text/event-stream")


@router.get("/objets/{identifiant:int}/notes/{note}")
async def note(identifiant: int, note: str) -> dict[str, Any]:
    return {"identifiant": identifiant, "note": note}


@router.get("/objets/moi")
async def moi() -> str:
    return "moi"


@router.get("/objets/{identifiant}")
async def objet(identifiant: str) -> str:
    return identifiant


@router.post("/objets/{identifiant}")
async def change(identifiant: str) -> str:
    return identifiant


@router.post("/corps")
async def corps(request: Request) -> int:
    return len(await request.body())


@router.post("/envoi", dependencies=[UPLOAD])
async def envoi(fichier: UploadFile = File()) -> int:
    return len(await fichier.read())


@router.post("/connexion", dependencies=[LOGIN_RATE])
async def connexion() -> str:
    return "ok"


@router.get("/sante", dependencies=[UNLIMITED])
async def sante() -> str:
    return "ok"


@router.get("/refus-jeton")
async def refus_jeton() -> None:
    raise Unauthenticated("Non.", code="JETON_INVALIDE")


@router.get("/admin/tenants")
async def admin() -> str:
    return "ok"


prive = APIRouter(dependencies=[CONNECTE])


@prive.get("/prive")
async def lire_prive() -> HTMLResponse:
    return HTMLResponse("secret")
