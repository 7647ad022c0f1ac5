"""How long a newcomer waits: a clean clone of this folder, its first start, its second one, and Ctrl-C.

What is committed is cloned; package caches are those of the machine. `./run bench demarrage [PORT]`.
"""

import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import httpx

ROOT = Path(__file__).parents[1]
PRET = "Guichet est prêt"
PREMIER_MAX_S, SECOND_MAX_S = 120, 10


def start(clone: Path, port: str) -> list[str]:
    """`./run demo` until its address is printed and its first page answers, then Ctrl-C. Returns what it printed.

    Raises RuntimeError with what it said when it ends before.
    """
    begin = time.perf_counter()
    demo = subprocess.Popen(
        ["./run", "demo", "--port", port, "--data-dir", str(clone.parent / "donnees")],
        cwd=clone,
        env={name: value for name, value in os.environ.items() if not name.startswith("GUICHET_")},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    assert demo.stdout is not None
    said: list[str] = []
    for line in demo.stdout:
        said.append(line.rstrip())
        if PRET in line:
            break
    else:
        raise RuntimeError("\n".join(said))
    announced = time.perf_counter() - begin
    httpx.get(f"http://127.0.0.1:{port}/", timeout=30).raise_for_status()
    answered = time.perf_counter() - begin
    os.killpg(demo.pid, signal.SIGINT)
    asked = time.perf_counter()
    demo.communicate()
    stopped = time.perf_counter() - asked
    print(f"  adresse affichée {announced:.1f} s, première page {answered:.1f} s, arrêt par Ctrl-C {stopped:.1f} s")
    return said


def main(arguments: list[str]) -> None:
    """Clone, start twice."""
    port = arguments[0] if arguments else "8391"
    with tempfile.TemporaryDirectory(prefix="guichet-demarrage-") as folder:
        Path(folder).chmod(0o711)
        clone = Path(folder) / "clone"
        subprocess.run(["git", "clone", "-q", str(ROOT), str(clone)], check=True)
        print(f"  premier démarrage (cible {PREMIER_MAX_S} s)")
        for line in start(clone, port):
            if line.startswith("  ") and any(c.isdigit() for c in line) and "@" not in line and "http" not in line:
                print(f"  {line}")
        print(f"  second démarrage (cible {SECOND_MAX_S} s)")
        start(clone, port)


main([a for a in sys.argv[2:] if not a.startswith("-")])
