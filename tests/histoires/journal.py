"""What clients sent and what they were told: two lines per request, so that one cut short by a crash is known too."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

OUBLI_S = 30.0
"""A request nobody answered is over after that long: the house gives up before."""


@dataclass(frozen=True, kw_only=True)
class Fait:
    """One request. `envoye` and `recu` are the machine's monotonic seconds, the same for every process.

    `statut` None: nobody knows (the connection died, or the answer was not waited for). `sujet` is the plate, or what a
    setting is about; `cle` is shared by the attempts at one intention.
    """

    client: int
    rang: int
    operation: str
    sujet: str
    cle: str
    demande: dict[str, Any]
    envoye: float
    recu: float | None = None
    statut: int | None = None
    corps: dict[str, Any] | None = None

    @property
    def accepte(self) -> bool:
        """It was acknowledged."""
        return self.statut is not None and 200 <= self.statut < 300

    @property
    def refuse(self) -> bool:
        """It was refused for good: nothing may be written. A server's failure (5xx) promises nothing."""
        en_cours = (self.corps or {}).get("code") == "IDEMPOTENCE_EN_COURS"
        return self.statut is not None and 400 <= self.statut < 500 and not en_cours

    @property
    def inconnu(self) -> bool:
        """It may or may not have happened."""
        return not self.accepte and not self.refuse

    @property
    def fini(self) -> float:
        """When it was certainly over."""
        return self.recu if self.recu is not None and not self.inconnu else self.envoye + OUBLI_S


@dataclass(frozen=True, kw_only=True)
class Geste:
    """What one key may have done, between two instants: it does so once, and an answer repeated later does nothing."""

    fait: Fait
    """One of its attempts: they all ask for the same."""
    envoye: float
    fini: float
    accepte: bool


def gestes_of(faits: Iterable[Fait]) -> list[Geste]:
    """The attempts of each key as one deed; a key that was refused, and nothing else, did nothing."""
    par_cle: dict[str, list[Fait]] = {}
    for fait in faits:
        if not fait.refuse:
            par_cle.setdefault(fait.cle, []).append(fait)
    gestes = []
    for essais in par_cle.values():
        accordes = [f.fini for f in essais if f.accepte]
        fini = min(accordes) if accordes else max(f.fini for f in essais)
        envoye = min(f.envoye for f in essais)
        gestes.append(Geste(fait=essais[0], envoye=envoye, fini=fini, accepte=bool(accordes)))
    return gestes


class Greffe:
    """Writes the journal of one client."""

    def __init__(self, fichier: IO[str], client: int) -> None:
        self._fichier = fichier
        self._client = client
        self._rang = 0

    def begin(self, **champs: Any) -> int:
        """A request is about to leave. Returns its number."""
        self._rang += 1
        self._write({"client": self._client, "rang": self._rang, **champs})
        return self._rang

    def end(self, rang: int, **champs: Any) -> None:
        """It was answered, or lost."""
        self._write({"client": self._client, "rang": rang, **champs})

    def _write(self, ligne: dict[str, Any]) -> None:
        self._fichier.write(json.dumps(ligne) + "\n")
        self._fichier.flush()


def read_journal(lignes: Iterable[str]) -> list[Fait]:
    """The requests of one journal, in order; a last line cut short is left out."""
    vus: dict[tuple[int, int], dict[str, Any]] = {}
    for ligne in lignes:
        if not ligne.endswith("\n"):
            break
        lu = json.loads(ligne)
        vus.setdefault((lu["client"], lu["rang"]), {}).update(lu)
    return [Fait(**champs) for champs in vus.values()]


def read_journals(dossier: Path) -> list[Fait]:
    """Every client's requests, by the time they left."""

    def each() -> Iterator[Fait]:
        for chemin in sorted(dossier.glob("client-*.jsonl")):
            with chemin.open() as fichier:
                yield from read_journal(fichier)

    return sorted(each(), key=lambda f: f.envoye)
