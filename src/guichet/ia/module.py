"""What the computations bring to the house: a worker process that is warm when it is needed."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable

from guichet.ia.solveur import Solveur, close_current, current, is_installed
from guichet.socle.registre import Module


async def start_warming() -> Callable[[], Awaitable[None]] | None:
    """Begin to warm the solver's process without waiting for it; nothing where the extra is not installed."""
    if not is_installed():
        return None
    solveur = current()
    chauffe = asyncio.create_task(_warm(solveur))

    async def stop() -> None:
        await close_current()
        await chauffe

    return stop


async def _warm(solveur: Solveur) -> None:
    with contextlib.suppress(OSError):
        await solveur.warm()


MODULE = Module(nom="ia", extensions={"demarrage": start_warming})
