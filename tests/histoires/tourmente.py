"""What goes wrong meanwhile: the processes, the database and the provider killed and started again, the clock moved forward."""

import os
import signal
import time
from collections import Counter
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from random import Random

import httpx

from guichet.socle.embarque import EmbeddedServer
from guichet.socle.settings import Settings
from tests.maison_vivante import Maison

HORLOGE = "/api/v1/essai/horloge"
BANQUE = "paiements bac-a-sable"
ROLES = ("serve", "work", "relay", BANQUE)
COUPS = (("horloge", 4), ("serve", 2), ("work", 2), ("relay", 2), ("base", 1), (BANQUE, 1))
ENTRE = 3.5  # seconds between two blows, on average
PATIENCE = 4


@dataclass
class Tourmente:
    """Strikes a house at random, from a seed."""

    maison: Maison
    serveur: EmbeddedServer
    rng: Random
    pile: ExitStack
    coups: Counter[str] = field(default_factory=Counter)

    def rage(self, duree: float) -> None:
        """Strike during `duree` seconds in which the house can be reached; what has died is up again at the end.

        The time a dead web takes to come back is not counted (`PATIENCE` times the duration at the most): on a busy
        machine nothing else would be left to judge.
        """
        vecu, limite = 0.0, time.monotonic() + PATIENCE * duree
        while vecu < duree and time.monotonic() < limite:
            pause = min(duree - vecu, 0.5 + self.rng.expovariate(1 / ENTRE))
            time.sleep(pause)
            vecu += pause
            (coup,) = self.rng.choices([c for c, _ in COUPS], [poids for _, poids in COUPS])
            self.strike(coup)
            self.mend()
            while coup in {"serve", "base"} and not self._answers() and time.monotonic() < limite:
                time.sleep(0.1)
                self.mend()
        self.mend()

    def _answers(self) -> bool:
        with suppress(httpx.HTTPError):
            return httpx.get(f"{self.maison.adresse}/health/ready", timeout=2).status_code == 200
        return False

    def strike(self, coup: str) -> None:
        """One blow."""
        if coup == "horloge":
            if not self._advance(timedelta(minutes=self.rng.randrange(2, 20))):
                return
        elif coup == "base":
            kill_server(self.serveur)
            time.sleep(self.rng.random())
            self.pile.enter_context(EmbeddedServer(Settings(data_dir=self.serveur.folder.parent)).running())
        else:
            self.maison.kill(coup)
        self.coups[coup] += 1

    def mend(self) -> None:
        """Start again what is dead, as a supervisor does."""
        for role in ROLES:
            if self.maison.processus[role].poll() is not None:
                self.maison.start(role)

    def _advance(self, combien: timedelta) -> bool:
        with suppress(httpx.HTTPError, KeyError, ValueError):
            adresse = self.maison.adresse + HORLOGE
            lue = datetime.fromisoformat(httpx.get(adresse, timeout=5).json()["maintenant"])
            corps = {"maintenant": (lue + combien).isoformat(), "avance": True}
            return httpx.put(adresse, json=corps, timeout=5).status_code == 200
        return False


def kill_server(server: EmbeddedServer) -> None:
    """What a power cut leaves of the database: no process, and the files of a running server."""
    folder = server.cluster.resolve()
    while server.is_alive():
        for process in Path("/proc").iterdir():
            with suppress(OSError):
                if process.name.isdigit() and (process / "cwd").readlink() == folder:
                    os.kill(int(process.name), signal.SIGKILL)
        time.sleep(0.01)
