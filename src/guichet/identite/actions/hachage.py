"""Password hashing beside the event loop: it costs tens of milliseconds, and at most a few may run at once."""

import asyncio
from functools import lru_cache

from guichet.identite.metier.mots_de_passe import COUT_ESSAI, COUT_NORMAL, Hacheur
from guichet.socle.settings import Mode, get_settings

SIMULTANES = 4


class HacheurAsync:
    """A `Hacheur` that works in threads."""

    def __init__(self, hacheur: Hacheur) -> None:
        self._hacheur = hacheur
        self._places: asyncio.Semaphore | None = None
        self._loop: asyncio.AbstractEventLoop | None = None

    def _turn(self) -> asyncio.Semaphore:
        loop = asyncio.get_running_loop()
        if self._places is None or self._loop is not loop:
            self._places, self._loop = asyncio.Semaphore(SIMULTANES), loop
        return self._places

    async def hash(self, mot_de_passe: str) -> str:
        """The hash to keep."""
        async with self._turn():
            return await asyncio.to_thread(self._hacheur.hash, mot_de_passe)

    async def verify(self, empreinte: str | None, mot_de_passe: str) -> bool:
        """True when the password is right; None does the same work and is never right."""
        async with self._turn():
            return await asyncio.to_thread(self._hacheur.verify, empreinte, mot_de_passe)

    def is_stale(self, empreinte: str) -> bool:
        """True when the hash should be made again."""
        return self._hacheur.is_stale(empreinte)


@lru_cache(maxsize=2)
def _of(essai: bool) -> HacheurAsync:
    return HacheurAsync(Hacheur(COUT_ESSAI if essai else COUT_NORMAL))


def get_hacheur() -> HacheurAsync:
    """The hasher of this process: cheap in test mode only."""
    return _of(get_settings().mode is Mode.ESSAI)
