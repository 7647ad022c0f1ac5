"""The supervised group: seen behind their names, started again when they die, gone together.

Each test runs a supervisor in a process of its own and holds a pipe (FIFO) that its children open: the end of the file
says that they are all gone.
"""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from guichet.app.supervision import _ending

SUPERVISOR = """
import asyncio, json, sys
from guichet.app.supervision import Patience, Processus, Superviseur
patience = Patience(attentes=(0.0,), essais=3, stable=60.0)
group = [Processus(nom, [sys.executable, "-c", code, *rest], {"GROUPE": "oui"}) for nom, code, *rest in json.loads(sys.argv[1])]
async def meanwhile():
    print("prêt", flush=True)
    await asyncio.Event().wait()
sys.exit(asyncio.run(Superviseur(group, patience=patience).run(meanwhile)))
"""
# Opens the FIFO, says so, and waits; without the second argument it stops politely when asked to.
CHILD = """
import os, signal, sys
if len(sys.argv) > 2:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
os.open(sys.argv[1], os.O_WRONLY)
print("debout", os.getpid(), os.environ["GROUPE"])
while True:
    signal.pause()
"""


@dataclass
class Group:
    """A supervisor, and the pipe its children hold open."""

    process: subprocess.Popen[str]
    fifo: int

    def line(self) -> str:
        assert self.process.stdout is not None
        return self.process.stdout.readline().rstrip("\n")

    def lines_until(self, word: str) -> list[str]:
        seen: list[str] = []
        while True:
            line = self.line()
            assert line or self.process.poll() is None, seen
            seen.append(line)
            if word in line:
                return seen

    def children_are_gone(self) -> bool:
        os.set_blocking(self.fifo, True)
        return os.read(self.fifo, 1) == b""

    def end(self) -> tuple[int, str]:
        output, _ = self.process.communicate(timeout=30)
        return self.process.returncode, output


@pytest.fixture
def group(tmp_path: Path) -> Iterator[object]:
    started: list[Group] = []

    def start(*children: tuple[str, ...]) -> Group:
        path = tmp_path / "tuyau"
        os.mkfifo(path)
        fifo = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
        named = [(nom, code, *(str(path) if a == "FIFO" else a for a in rest)) for nom, code, *rest in children]
        process = subprocess.Popen(
            [sys.executable, "-c", SUPERVISOR, json.dumps(named)],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        started.append(Group(process, fifo))
        return started[-1]

    yield start
    for each in started:
        each.process.kill()
        each.process.communicate()
        os.close(each.fifo)


def test_what_each_child_says_is_shown_behind_its_name(group):
    house = group(("web", CHILD, "FIFO"), ("relais", CHILD, "FIFO"))
    seen = sorted([*house.lines_until("debout"), *house.lines_until("debout")])
    assert [line.split(" │ ")[0] for line in seen] == ["prêt", "relais", "web   "]
    assert all(line.endswith("oui") for line in seen[1:])


@pytest.mark.parametrize("asked", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_asked_to_stop_it_stops_every_child_and_ends_well(group, asked: signal.Signals):
    house = group(("web", CHILD, "FIFO"), ("relais", CHILD, "FIFO"))
    house.lines_until("debout")
    house.lines_until("debout")
    house.process.send_signal(asked)
    code, _output = house.end()
    assert code == 0
    assert house.children_are_gone()


def test_a_child_that_will_not_stop_is_killed(group):
    house = group(("sourd", CHILD, "FIFO", "sourd"))
    house.lines_until("debout")
    house.process.send_signal(signal.SIGTERM)
    code, _output = house.end()
    assert code == 0
    assert house.children_are_gone()


def test_asked_twice_it_does_not_wait(group):
    house = group(("sourd", CHILD, "FIFO", "sourd"))
    house.lines_until("debout")
    house.process.send_signal(signal.SIGINT)
    house.lines_until("Arrêt…")
    house.process.send_signal(signal.SIGINT)
    house.end()
    assert house.children_are_gone()


def test_the_children_of_a_killed_supervisor_do_not_outlive_it(group):
    house = group(("web", CHILD, "FIFO"), ("relais", CHILD, "FIFO"))
    house.lines_until("debout")
    house.lines_until("debout")
    house.process.kill()
    house.process.wait()
    assert house.children_are_gone()


def test_what_a_child_had_started_goes_with_it(group):
    parent = f"import subprocess, sys; subprocess.Popen([sys.executable, '-c', {CHILD!r}, sys.argv[1], 'sourd']); sys.stdin.read(); import signal; signal.pause()"
    house = group(("web", parent, "FIFO"))
    house.lines_until("debout")
    house.process.send_signal(signal.SIGTERM)
    house.end()
    assert house.children_are_gone()


def test_a_child_that_dies_is_started_again(group, tmp_path: Path):
    mark = tmp_path / "une-fois"
    once = f"import os, pathlib; p = pathlib.Path({str(mark)!r}); first = not p.exists(); p.touch(); first and os.kill(os.getpid(), 9)"
    house = group(("web", f"{once}\n{CHILD}", "FIFO"))
    seen = house.lines_until("debout")
    assert "guichet │ « web » s'est arrêté (signal 9), nouveau départ dans 0 s." in seen


def test_a_child_that_never_stays_up_stops_the_whole_with_a_sentence(group):
    house = group(("web", "raise SystemExit('port déjà pris')"), ("relais", CHILD, "FIFO"))
    code, output = house.end()
    assert code == 1
    assert "web    │ port déjà pris" in output
    assert "« web » ne tient pas (code 1) : tout s'arrête." in output


def test_a_program_that_is_not_there_is_said():
    program = """
import asyncio, sys
from guichet.app.supervision import Patience, Processus, Superviseur
group = Superviseur([Processus("web", ["/nulle/part"])], patience=Patience((0.0,), 9.0, 2))
sys.exit(asyncio.run(group.run()))
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert (done.returncode, "« web » ne démarre pas : No such file or directory (part)." in done.stdout) == (1, True)


def test_a_very_long_line_does_not_stop_the_show(group):
    house = group(("web", f"print('x' * 3_000_000)\n{CHILD}", "FIFO"))
    assert any("[…]" in line for line in house.lines_until("debout"))


def test_an_ending_is_a_code_or_a_signal():
    assert (_ending(3), _ending(-9)) == ("code 3", "signal 9")
