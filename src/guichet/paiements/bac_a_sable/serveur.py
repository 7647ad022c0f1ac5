"""The sandbox's own server."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import uvicorn
from fastapi import FastAPI, Request
from fastapi.responses import FileResponse, HTMLResponse, JSONResponse, Response

from guichet.paiements.bac_a_sable import controle, marchands, pages
from guichet.paiements.bac_a_sable.livraison import Livreur
from guichet.paiements.bac_a_sable.magasin import Magasin
from guichet.paiements.bac_a_sable.marchands import Refus
from guichet.socle.i18n import load_catalogues
from guichet.socle.settings import Settings

POLICES = Path(__file__).parents[2] / "ui" / "static"


def build_app(magasin: Magasin, settings: Settings, *, deliver: bool = True) -> FastAPI:
    """The provider, on this memory. With `deliver`, its notifications leave by themselves as long as it runs."""

    @asynccontextmanager
    async def life(app: FastAPI) -> AsyncIterator[None]:
        del app
        task = asyncio.create_task(Livreur(magasin, settings).run()) if deliver else None
        yield
        if task is not None:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task

    app = FastAPI(openapi_url=None, docs_url=None, redoc_url=None, lifespan=life)
    app.state.magasin, app.state.settings = magasin, settings
    for router in (marchands.router, pages.router, controle.router):
        app.include_router(router)
    app.add_api_route("/figtree.woff2", send_font, methods=["GET"])
    app.add_api_route("/sante", say_alive, methods=["GET"])
    app.add_exception_handler(Refus, _refuse)
    return app


async def send_font() -> Response:
    """The type of the house."""
    found = next(POLICES.glob("figtree-latin-[!e]*.woff2"))
    return FileResponse(found, media_type="font/woff2", headers={"Cache-Control": "public, max-age=86400"})


async def say_alive() -> Response:
    """The server answers."""
    return JSONResponse({"etat": "ok"})


async def _refuse(request: Request, error: Exception) -> Response:
    assert isinstance(error, Refus)
    if "text/html" in request.headers.get("accept", ""):
        return HTMLResponse(f"<!doctype html><title>{error.statut}</title><p>{error.erreur}", error.statut)
    return JSONResponse({"erreur": error.erreur}, error.statut)


def run(settings: Settings, announce: Callable[[str], None]) -> None:
    """Serve until stopped, on loopback and `demo_payment_port`; its memory is a file of the data folder."""
    load_catalogues()
    magasin = Magasin(settings.data_dir / "bac-a-sable" / "paiements.sqlite")
    try:
        announce(f"Bac à sable de paiement à l'écoute : http://127.0.0.1:{settings.demo_payment_port}")
        uvicorn.run(
            build_app(magasin, settings),
            host="127.0.0.1",
            port=settings.demo_payment_port,
            log_level="warning",
            access_log=False,
        )
    finally:
        magasin.close()
