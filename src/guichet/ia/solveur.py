"""The warm worker process: started once, asked one question at a time, ended and started again when it fails or overruns."""

import asyncio
import contextlib
import json
import sys
from collections.abc import Sequence
from importlib.util import find_spec
from typing import Any, Final

COMMANDE: Final = (sys.executable, "-m", "guichet.ia.ouvrier")
LIGNE_MAX: Final = 4 * 1024 * 1024
"""Bytes of the longest answer."""


class Solveur:
    """One worker process of one event loop."""

    def __init__(self, commande: Sequence[str] = COMMANDE) -> None:
        self._commande = tuple(commande)
        self._processus: asyncio.subprocess.Process | None = None
        self._demarrage: asyncio.Task[asyncio.subprocess.Process] | None = None
        self._tour = asyncio.Lock()
        self._neuf: asyncio.subprocess.Process | None = None
        self._ferme = False

    async def ask(self, question: dict[str, Any], *, delai: float) -> dict[str, Any] | None:
        """The answer to a question, or None when it does not come within `delai` seconds.

        A cold process goes on warming up for the next one; a process that overruns or dies is replaced.
        """
        try:
            async with asyncio.timeout(delai), self._tour:
                return await self._exchange(await self.warm(), question)
        except TimeoutError:
            return None
        except (OSError, ValueError):
            self._forget()
            return None

    async def warm(self) -> asyncio.subprocess.Process:
        """The process, ready to answer. Raises `OSError` when it cannot be started."""
        if self._processus is not None and self._processus.returncode is None:
            return self._processus
        if self._demarrage is None:
            self._demarrage = asyncio.create_task(self._start())
            self._demarrage.add_done_callback(_seen)
        try:
            self._processus = await asyncio.shield(self._demarrage)
        finally:
            if self._demarrage.done():
                self._demarrage = None
        return self._processus

    async def close(self) -> None:
        """End the process, even while it is starting. The worker is of no use afterwards."""
        self._ferme = True
        processus = self._processus
        self._forget()
        if self._demarrage is not None:
            with contextlib.suppress(OSError):
                await self._demarrage
        if processus is not None:
            await processus.communicate()

    async def _start(self) -> asyncio.subprocess.Process:
        processus = await asyncio.create_subprocess_exec(
            *self._commande,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
            limit=LIGNE_MAX,
        )
        self._neuf = processus
        assert processus.stdout is not None
        if self._ferme:
            self._forget()
        if not await processus.stdout.readline():
            await processus.communicate()
            raise ConnectionError("the solver did not start")
        return processus

    async def _exchange(self, processus: asyncio.subprocess.Process, question: dict[str, Any]) -> dict[str, Any]:
        assert processus.stdin is not None
        assert processus.stdout is not None
        fini = False
        try:
            processus.stdin.write(json.dumps(question).encode() + b"\n")
            await processus.stdin.drain()
            ligne = await processus.stdout.readline()
            reponse: dict[str, Any] = json.loads(ligne)
            fini = True
        finally:
            if not fini:
                self._forget()
        return reponse

    def _forget(self) -> None:
        """Kill the process that answers, or the one that starts."""
        processus, self._processus, self._neuf = self._processus or self._neuf, None, None
        if processus is not None and processus.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                processus.kill()


def _seen(tache: "asyncio.Task[asyncio.subprocess.Process]") -> None:
    if not tache.cancelled():
        tache.exception()


def is_installed() -> bool:
    """Whether the extra `solveur` is there, without importing it."""
    return find_spec("ortools") is not None


_courant: dict[asyncio.AbstractEventLoop, Solveur] = {}


def current() -> Solveur:
    """The worker of the running loop."""
    boucle = asyncio.get_running_loop()
    if boucle not in _courant:
        _courant[boucle] = Solveur()
    return _courant[boucle]


async def close_current() -> None:
    """End the worker of the running loop, if there is one."""
    solveur = _courant.pop(asyncio.get_running_loop(), None)
    if solveur is not None:
        await solveur.close()
