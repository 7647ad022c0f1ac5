"""Reading the places and outlines while the web process starts, so that nobody's first search pays for it."""

import asyncio
from collections.abc import Awaitable, Callable

from guichet.reseau.carte import load_contours
from guichet.reseau.lieux import load_table


async def warm() -> Callable[[], Awaitable[None]]:
    """Read them in a thread, without making the start wait. Returns how to stop."""
    # What fails here fails again, and is said, for whoever needs it.
    reading = asyncio.gather(asyncio.to_thread(load_table), asyncio.to_thread(load_contours), return_exceptions=True)

    async def stop() -> None:
        await reading

    return stop
