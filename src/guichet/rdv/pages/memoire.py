"""What a page may show a little late: kept a short while in this process, asked once at a time."""

import asyncio
from collections.abc import Awaitable, Callable, Hashable
from datetime import datetime, timedelta
from typing import Generic, TypeVar

from guichet.socle.horloge import now

C = TypeVar("C", bound=Hashable)
V = TypeVar("V")
TAILLE = 256


class Memoire(Generic[C, V]):
    """Values by key, each kept `duree` by the house's clock; at most `TAILLE` of them."""

    def __init__(self, duree: timedelta) -> None:
        self.duree = duree
        self._valeurs: dict[C, tuple[datetime, V]] = {}
        self._verrous: dict[C, asyncio.Lock] = {}

    async def get(self, cle: C, charger: Callable[[], Awaitable[V]]) -> V:
        """The value of a key, loaded when it is missing or too old; two callers at once load it once."""
        if (connue := self._fresh(cle)) is not None:
            return connue[1]
        verrou = self._verrous.setdefault(cle, asyncio.Lock())
        async with verrou:
            if (connue := self._fresh(cle)) is not None:
                return connue[1]
            valeur = await charger()
            if len(self._valeurs) >= TAILLE:
                self.clear()
            self._valeurs[cle] = (now(), valeur)
            return valeur

    def clear(self) -> None:
        """Forget everything."""
        self._valeurs.clear()
        self._verrous.clear()

    def _fresh(self, cle: C) -> tuple[datetime, V] | None:
        connue = self._valeurs.get(cle)
        if connue is None or not timedelta() <= now() - connue[0] < self.duree:
            return None
        return connue
