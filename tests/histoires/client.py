"""One client: `python -m tests.histoires.client MONDE JOURNAL NUMERO GRAINE`, until `fin` is there."""

import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

import httpx

from tests.histoires.journal import Greffe
from tests.histoires.modele import Intention, Memoire, Monde
from tests.histoires.tirage import draw

ESSAIS = 8
PATIENCE = 12.0
PRESSE = 0.02
PAUSE = 0.3
REFLEXION = 0.02
FIN = "fin"
"""The file that says the history is over, beside the journals."""


class Client:
    """Does what the model draws and writes down what it was told."""

    def __init__(self, monde: Monde, greffe: Greffe, rng: Random, numero: int) -> None:
        self._monde = monde
        self._greffe = greffe
        self._rng = rng
        self._memoire = Memoire(numero)
        self._http = httpx.Client(base_url=monde.adresse)

    def live(self, is_over: Callable[[], bool]) -> None:
        """Go on until it is over."""
        while not is_over():
            intention = draw(self._rng, self._monde, self._memoire)
            self._do(intention, is_over)
            time.sleep(self._rng.expovariate(1 / REFLEXION))

    def _do(self, intention: Intention, is_over: Callable[[], bool]) -> None:
        """Send it until it is answered for good; the same key each time."""
        for essai in range(ESSAIS):
            statut, corps = self._send(intention, PRESSE if intention.presse and essai == 0 else PATIENCE)
            if statut is not None and statut < 500 and corps.get("code") != "IDEMPOTENCE_EN_COURS":
                self._memoire.learn(intention, statut, corps)
                return
            if is_over():
                return
            time.sleep(PAUSE * self._rng.random() * 2)

    def _send(self, intention: Intention, patience: float) -> tuple[int | None, dict[str, Any]]:
        rang = self._greffe.begin(
            operation=intention.operation,
            sujet=intention.sujet,
            cle=intention.cle,
            demande=intention.demande,
            envoye=time.monotonic(),
        )
        try:
            answer = self._http.request(
                intention.methode,
                intention.chemin,
                json=intention.corps,
                headers={**intention.entetes, "Idempotency-Key": intention.cle},
                timeout=patience,
            )
            read = answer.json()
        except (httpx.HTTPError, ValueError):
            self._greffe.end(rang, recu=time.monotonic())
            return None, {}
        corps = read if isinstance(read, dict) else {}
        self._greffe.end(rang, recu=time.monotonic(), statut=answer.status_code, corps=_kept(corps, answer))
        return answer.status_code, corps


GARDES = ("id", "statut", "code", "surnombre", "expire_a", "annulation", "message", "raison", "numero")


def _kept(corps: dict[str, Any], answer: httpx.Response) -> dict[str, Any]:
    kept = {nom: corps[nom] for nom in GARDES if nom in corps}
    if "creneau" in corps:
        kept["debut"] = corps["creneau"]["debut"]
        kept["centre_id"] = corps["centre"]["id"]
    if "Idempotency-Replayed" in answer.headers:
        kept["rejoue"] = True
    return kept


def main() -> None:
    """Live."""
    fichier_monde, journal, numero, graine = sys.argv[1:]
    monde = Monde(**json.loads(Path(fichier_monde).read_text()))
    with Path(journal).open("a") as fichier:
        client = Client(monde, Greffe(fichier, int(numero)), Random(f"{graine}:{numero}"), int(numero))
        client.live((Path(journal).parent / FIN).exists)


if __name__ == "__main__":
    main()
