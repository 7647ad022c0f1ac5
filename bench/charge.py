"""What the measures under load share: the processes of the house, a token, wrk and pgbench."""

import json
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import psycopg
from tests.serveur import environment, live_server

from bench.donnees import Jeu
from guichet.socle.database import Role

CLIENTS = 16
SANS_LIMITE = {
    "GUICHET_RATE_PUBLIC_PER_MINUTE": "0",
    "GUICHET_RATE_LOGIN_PER_MINUTE": "0",
    "GUICHET_LOG_LEVEL": "WARNING",
}

# The statuses that were seen, and the latencies wrk measured, as one line of JSON.
COMPTE = """
local fils = {}
function setup(fil) fil:set("rang", #fils); table.insert(fils, fil) end
function response(statut) statuts[statut] = (statuts[statut] or 0) + 1 end
function done(resume, latence, _)
  local vus = {}
  for _, fil in ipairs(fils) do
    for statut, n in pairs(fil:get("statuts")) do vus[statut] = (vus[statut] or 0) + n end
  end
  local parts = {}
  for statut, n in pairs(vus) do table.insert(parts, string.format('"%d":%d', statut, n)) end
  print(string.format('MESURE {"s":%f,"n":%d,"p50":%f,"p95":%f,"p99":%f,"perdus":%d,"statuts":{%s}}',
    resume.duration / 1e6, resume.requests, latence:percentile(50) / 1e3, latence:percentile(95) / 1e3,
    latence:percentile(99) / 1e3, resume.errors.connect + resume.errors.read + resume.errors.write + resume.errors.timeout,
    table.concat(parts, ",")))
end
"""
# Each thread sends its share of the lines of a file, in order, then again from its beginning.
LIGNES = """
function init(_)
  statuts, lignes, suivante = {}, {}, 0
  local n = 0
  for ligne in io.lines("@FICHIER@") do
    if n % @FILS@ == rang then table.insert(lignes, ligne) end
    n = n + 1
  end
end
"""
LIRE = (
    COMPTE
    + LIGNES
    + """
function request()
  suivante = suivante % #lignes + 1
  return wrk.format("GET", lignes[suivante])
end
"""
)
ECRIRE = (
    COMPTE
    + LIGNES
    + """
function request()
  suivante = suivante + 1
  local ligne = lignes[suivante]
  if ligne == nil then return wrk.format("GET", "/plus-de-lignes") end
  wrk.headers["Idempotency-Key"] = string.format("mesure-@SERIE@-%d-%d", rang, suivante)
  return wrk.format("POST", "@CHEMIN@", nil, ligne)
end
"""
)


@dataclass(frozen=True)
class Tir:
    """What one run of wrk saw; times in milliseconds."""

    secondes: float
    statuts: Mapping[int, int]
    p50: float
    p95: float
    p99: float
    perdus: int

    def par_seconde(self, statut: int = 200) -> float:
        """Answers of that status a second."""
        return self.statuts.get(statut, 0) / self.secondes

    def __str__(self) -> str:
        autres = ", ".join(f"{statut} : {n}" for statut, n in sorted(self.statuts.items()))
        perdus = f", {self.perdus} perdues" if self.perdus else ""
        return f"p50 {self.p50:.1f} ms, p95 {self.p95:.1f} ms, p99 {self.p99:.1f} ms (réponses {autres}{perdus})"


def shoot(
    address: str,
    lignes: Sequence[str],
    *,
    script: str = LIRE,
    secondes: float = 10,
    clients: int = CLIENTS,
    fils: int = 2,
    en_tetes: Mapping[str, str] | None = None,
    **trous: str,
) -> Tir:
    """Send these lines (addresses, or bodies) with wrk for a while."""
    with tempfile.TemporaryDirectory() as folder:
        fichier, lua = Path(folder) / "lignes.txt", Path(folder) / "tir.lua"
        fichier.write_text("\n".join(lignes) + "\n")
        for nom, valeur in {"FICHIER": str(fichier), "FILS": str(fils), **trous}.items():
            script = script.replace(f"@{nom}@", valeur)
        lua.write_text(script)
        headers = [part for k, v in (en_tetes or {}).items() for part in ("-H", f"{k}: {v}")]
        command = ["wrk", f"-t{fils}", f"-c{clients}", f"-d{secondes:g}s", "-s", str(lua), *headers, address]
        said = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    found = re.search(r"^MESURE (.*)$", said, re.MULTILINE)
    assert found, said
    seen = json.loads(found[1])
    statuts = {int(k): n for k, n in seen["statuts"].items()}
    return Tir(seen["s"], statuts, seen["p50"], seen["p95"], seen["p99"], seen["perdus"])


def pgbench(jeu: Jeu, script: str, *, secondes: float = 10, clients: int = CLIENTS) -> float:
    """Transactions a second of a script, prepared, as the application's role."""
    with tempfile.NamedTemporaryFile("w", suffix=".sql") as fichier:
        fichier.write(script)
        fichier.flush()
        command = ["pgbench", "-n", "-M", "prepared", "-c", str(clients), "-j", "2", "-T", f"{secondes:g}",
                   "-f", fichier.name, "-d", jeu.urls[Role.APP]]  # fmt: skip
        done = subprocess.run(command, check=False, capture_output=True, text=True)
    found = re.search(r"^tps = ([0-9.]+)", done.stdout, re.MULTILINE)
    assert done.returncode == 0, done.stderr
    assert found, done.stdout
    return float(found[1])


@contextmanager
def web(jeu: Jeu, **more: str) -> Iterator[str]:
    """The address of a web process on these data."""
    with live_server(jeu.urls, jeu.settings, **SANS_LIMITE, **more) as address:
        yield address


@contextmanager
def relay(jeu: Jeu) -> Iterator[None]:
    """A relay on these data."""
    with background(jeu, "relay"):
        yield


@contextmanager
def background(jeu: Jeu, *words: str) -> Iterator[None]:
    """A process of the house on these data."""
    process = subprocess.Popen(
        [Path(sys.executable).with_name("guichet"), *words],
        env=environment(jeu.urls, jeu.settings, **SANS_LIMITE),
        stderr=subprocess.DEVNULL,
    )
    try:
        yield
    finally:
        process.terminate()
        process.wait(30)


def token(address: str, jeu: Jeu) -> str:
    """An access token (RS256) of somebody who books for customers in the big network."""
    answer = httpx.post(
        f"{address}/api/v1/auth/login",
        json={"email": f"appels1@{jeu.monde.tenant.domaine}", "mot_de_passe": "CallCenter123!", "tenant": jeu.monde.tenant.slug},
        timeout=30,
    )  # fmt: skip
    assert answer.status_code == 200, answer.text
    return str(answer.json()["access_token"])


def rows(jeu: Jeu, query: str, parameters: Mapping[str, Any] | None = None) -> list[tuple[Any, ...]]:
    """Read as the superuser."""
    with psycopg.connect(jeu.admin, autocommit=True) as connection:
        return connection.execute(query.encode(), parameters).fetchall()


def execute(jeu: Jeu, query: str) -> None:
    """Do as the superuser."""
    with psycopg.connect(jeu.admin, autocommit=True) as connection:
        connection.execute(query.encode())


def warm(address: str, jeu: Jeu, centres: Sequence[str]) -> None:
    """Ask every centre once: a process that has served for some time knows them all."""
    with httpx.Client(base_url=address, timeout=60) as client:
        for centre in centres:
            answer = client.get("/api/v1/disponibilites", params={"centre_id": centre, "date": str(jeu.jour)})
            assert answer.status_code == 200, answer.text


def option(arguments: Sequence[str], name: str, default: int) -> int:
    """`--name=N` among the arguments."""
    found = [a.partition("=")[2] for a in arguments if a.startswith(f"--{name}=")]
    return int(found[-1]) if found else default


def versions(jeu: Jeu) -> str:
    """What was measured on."""
    return f"{os.cpu_count()} cœurs, PostgreSQL {rows(jeu, 'show server_version')[0][0]}, {jeu.titre}"
