"""Children born by fork: what the supervisor has loaded is theirs; their second life is an ordinary one."""

import signal
import subprocess
import sys

import pytest

SUPERVISOR = """
import asyncio, os, sys
from guichet.app.supervision import Patience, Processus, Superviseur, fork, supervise
LOADED = {"by": os.getpid()}

def first():
    print("première", os.environ["GROUPE"], LOADED["by"] == os.getppid(), os.getsid(0) == os.getpid(), flush=True)
    print("sur l'erreur", file=sys.stderr)
    ending = sys.argv[1]
    if ending == "sortie":
        raise SystemExit(3)
    if ending == "mot":
        raise SystemExit("adieu")
    if ending == "erreur":
        raise ValueError("cassé")
    if ending == "tenir":
        while True:
            __import__("signal").pause()

again = [sys.executable, "-c", "import os; print('seconde', os.environ['GROUPE'])"]
group = [Processus("web", again, {"GROUPE": "oui"}, main=first)]
if sys.argv[1] == "tenir":
    sys.exit(supervise(group))
patience = Patience(attentes=(0.0,), essais=3, stable=60.0)
sys.exit(asyncio.run(Superviseur(group, patience=patience, forked={p.nom: fork(p) for p in group}).run()))
"""


def run(ending: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", SUPERVISOR, ending], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )


@pytest.mark.parametrize(
    ("ending", "said"),
    [("sortie", "(code 3)"), ("mot", "(code 1)"), ("erreur", "ValueError: cassé"), ("rien", "(code 0)")],
)
def test_the_first_life_is_forked_and_the_next_ones_are_not(ending: str, said: str):
    process = run(ending)
    output, _ = process.communicate(timeout=60)
    lines = [line for line in output.splitlines() if line.startswith("web")]
    assert lines[0].endswith("première oui True True")
    assert "sur l'erreur" in output
    assert said in output
    assert output.count("seconde oui") == 2
    assert process.returncode == 1


def test_a_forked_child_stops_with_the_group():
    process = run("tenir")
    assert process.stdout is not None
    while "sur l'erreur" not in process.stdout.readline():
        pass
    process.send_signal(signal.SIGTERM)
    output, _ = process.communicate(timeout=60)
    assert "Arrêt…" in output
    assert process.returncode == 0
