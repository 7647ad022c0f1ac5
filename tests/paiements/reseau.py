"""Servers of the test's own loop, on real ports: what travels between Guichet and its provider travels over the wire."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import Any

import uvicorn


class Serveur(uvicorn.Server):
    """A server that leaves the signals of the run alone."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


@asynccontextmanager
async def serving(app: Any) -> AsyncIterator[str]:
    """The address of an application, as long as the block lasts."""
    config = uvicorn.Config(app, host="127.0.0.1", port=0, log_level="error", access_log=False, lifespan="on")
    serveur = Serveur(config)
    tache = asyncio.create_task(serveur.serve())
    while not serveur.started:
        assert not tache.done(), "the server did not start"
        await asyncio.sleep(0)
    try:
        yield f"http://127.0.0.1:{serveur.servers[0].sockets[0].getsockname()[1]}"
    finally:
        serveur.should_exit = True
        await tache
