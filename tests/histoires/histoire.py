"""One history from beginning to end: the house, its clients, what strikes it, and what is left."""

import json
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from pathlib import Path
from random import Random

import httpx
import psycopg

from guichet.socle.database import Role
from guichet.socle.embarque import EmbeddedServer
from guichet.socle.settings import Mode, Settings
from tests.histoires.client import FIN
from tests.histoires.etat import Etat, pending_notifications, read_mails, read_provider, read_state
from tests.histoires.journal import Fait, read_journals
from tests.histoires.modele import LONGTEMPS, Monde
from tests.histoires.plannings import decided
from tests.histoires.tourmente import HORLOGE, ROLES, Tourmente
from tests.maison_vivante import Maison, drop_database, follow_parent, fresh_database
from tests.serveur import environment, free_port

RACINE = Path(__file__).parents[2]
TRAVAUX = "/api/v1/essai/travaux"
PASSES = 4
OUIE_S = 20.0


@dataclass
class Decor:
    """A house with its world, and where everything is written."""

    maison: Maison
    serveur: EmbeddedServer
    monde: Monde
    dossier: Path
    pile: ExitStack


@dataclass(frozen=True, kw_only=True)
class Bilan:
    """What happened, in numbers: requests by operation and answer, blows by kind."""

    graine: int
    duree: float
    demandes: Counter[str]
    coups: Counter[str]

    def __str__(self) -> str:
        said = ", ".join(f"{nom} {n}" for nom, n in sorted(self.demandes.items()))
        blows = ", ".join(f"{nom} {n}" for nom, n in sorted(self.coups.items())) or "aucun"
        return f"graine {self.graine}, {self.duree:.0f} s, {self.demandes.total()} demandes ({said}) ; coups : {blows}"


@contextmanager
def open_server() -> Iterator[EmbeddedServer]:
    """A PostgreSQL that may be killed: nobody else's."""
    folder = Path(tempfile.mkdtemp(prefix="guichet-histoires-"))
    folder.chmod(0o711)
    try:
        with EmbeddedServer(Settings(mode=Mode.ESSAI, data_dir=folder)).running() as server:
            yield server
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def open_decor(server: EmbeddedServer, nom: str) -> Iterator[Decor]:
    """A house on a fresh database of that server, with its world; stopped and dropped at the end."""
    with ExitStack() as pile:
        dossier = server.folder.parent / nom
        dossier.mkdir()
        urls = fresh_database(server, nom)
        pile.callback(drop_database, server, nom)
        port, courrier, banque = free_port(), free_port(), free_port()
        surroundings = environment(
            urls,
            Settings(data_dir=dossier),
            GUICHET_MODE="essai",
            GUICHET_PORT=str(port),
            GUICHET_DEMO_SMTP_PORT=str(courrier),
            GUICHET_DEMO_PAYMENT_PORT=str(banque),
            GUICHET_RATE_PUBLIC_PER_MINUTE="0",
            GUICHET_LOG_LEVEL="WARNING",
        )
        maison = Maison(f"http://127.0.0.1:{port}", urls, surroundings, dossier)
        pile.callback(maison.stop)
        built = subprocess.run(
            [sys.executable, "-m", "tests.histoires.monde"],
            env=surroundings, cwd=RACINE, capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert built.returncode == 0, built.stderr[-3000:]
        for role in ("notifications boite", *ROLES):
            maison.start(role)
        maison.wait_until_ready()
        paths = httpx.get(f"{maison.adresse}/openapi.json", timeout=30).json()["paths"]
        chemins = [f"{methode.upper()} {chemin}" for chemin, methodes in paths.items() for methode in methodes]
        monde = Monde(adresse=maison.adresse, chemins=chemins, **json.loads(built.stdout.splitlines()[-1]))
        yield Decor(maison, server, monde, dossier, pile)


def live(decor: Decor, *, graine: int, duree: float, clients: int = 3, tourmente: bool = True) -> tuple[Etat, Bilan]:
    """A history of that many seconds; then everything is finished and read."""
    (decor.dossier / "monde.json").write_text(json.dumps(asdict(decor.monde)))
    blows = Tourmente(decor.maison, decor.serveur, Random(f"{graine}:tourmente"), decor.pile)
    running = [
        subprocess.Popen(
            [sys.executable, "-m", "tests.histoires.client", decor.dossier / "monde.json",
             decor.dossier / f"client-{n}.jsonl", str(n), str(graine)],
            env=decor.maison.environnement, cwd=RACINE, preexec_fn=follow_parent,  # noqa: PLW1509  no thread here
        )
        for n in range(clients)
    ]  # fmt: skip
    if tourmente:
        blows.rage(duree)
    else:
        time.sleep(duree)
    (decor.dossier / FIN).touch()
    for client in running:
        assert client.wait(120) == 0, "a client of the history failed: see above"
    blows.mend()
    faits = read_journals(decor.dossier)
    bilan = Bilan(graine=graine, duree=duree, demandes=_count(faits), coups=blows.coups)
    return settle(decor, faits), bilan


def _count(faits: list[Fait]) -> Counter[str]:
    def outcome(fait: Fait) -> str:
        if fait.accepte:
            return "oui"
        return str((fait.corps or {}).get("code", fait.statut or "sans réponse"))

    return Counter(f"{f.operation} {outcome(f)}" for f in faits)


def settle(decor: Decor, faits: list[Fait]) -> Etat:
    """Let every delay pass and everything be done, then read what is left."""
    decor.maison.wait_until_ready()
    with httpx.Client(base_url=decor.maison.adresse, timeout=120) as http:
        for _passe in range(PASSES):
            lue = datetime.fromisoformat(http.get(HORLOGE).raise_for_status().json()["maintenant"])
            plus_tard = lue + LONGTEMPS
            corps = {"maintenant": plus_tard.isoformat(), "avance": True}
            http.put(HORLOGE, json=corps).raise_for_status()
            said = http.post(TRAVAUX, params={"delai_s": 60}).raise_for_status().json()
            assert said["termine"], said
            hear_the_provider(decor, plus_tard)
    return read(decor, faits)


def hear_the_provider(decor: Decor, maintenant: datetime) -> None:
    """Wait until the provider has told all it has to tell; what it cannot deliver it keeps for itself."""
    limit = time.monotonic() + OUIE_S
    while pending_notifications(books_of(decor), maintenant) and time.monotonic() < limit:
        time.sleep(0.1)


def books_of(decor: Decor) -> Path:
    """Where the sandbox provider keeps its books."""
    return decor.dossier / "bac-a-sable" / "paiements.sqlite"


def read(decor: Decor, faits: list[Fait]) -> Etat:
    """The state as it is now."""
    instant = httpx.get(f"{decor.maison.adresse}{HORLOGE}", timeout=30).raise_for_status().json()["maintenant"]
    with psycopg.connect(decor.maison.urls[Role.MAINTENANCE]) as connection:
        etat = read_state(connection, maintenant=datetime.fromisoformat(instant), monde=decor.monde, faits=faits)
    prestataire = read_provider(books_of(decor))
    etat = replace(etat, faits=[*faits, *decided(faits, etat.rdvs)])
    return replace(
        etat, prestataire=prestataire, mails=read_mails(decor.dossier / "boite"), audit=verify_audit(decor.maison)
    )


def verify_audit(maison: Maison) -> list[str]:
    """What the operator's own command says against the audit journal; nothing when it is intact."""
    command = [Path(sys.executable).with_name("guichet"), "audit", "verifier"]
    said = subprocess.run(command, env=maison.environnement, capture_output=True, text=True, check=False)
    return [] if said.returncode == 0 else [*said.stdout.splitlines(), *said.stderr.splitlines()[-3:]]
