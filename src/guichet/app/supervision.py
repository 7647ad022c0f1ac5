"""One supervised group of processes: the web, the worker, the relay and the demonstration's own, started and stopped together.

What a child says is shown behind its name; a child that dies is started again, a little later each time; one that never
stays up stops the whole. On Ctrl-C or SIGTERM all of them stop within five seconds. A child never outlives its
supervisor, even a killed one.

A process that names a `main` is forked, the first time, from this one: what is already loaded here is not loaded again,
which is most of the time a start takes. Its later lives are ordinary ones.
"""

import asyncio
import ctypes
import io
import os
import signal
import sys
import time
import traceback
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

PR_SET_PDEATHSIG = 1
STOP_AFTER = 4.0  # seconds between asking and killing
LINE_LIMIT = 1 << 20
COLOURS = (36, 35, 33, 32, 34, 31)


@dataclass(frozen=True)
class Processus:
    """A program to keep up: its name in the output, its command, what it adds to the environment.

    `main`, when given, does the same as the command, in a fork of the supervisor, for the first life only.
    """

    nom: str
    argv: Sequence[str]
    env: Mapping[str, str] = field(default_factory=dict)
    main: Callable[[], object] | None = None


@dataclass(frozen=True)
class Enfant:
    """A child born by fork: its identifier and the end of its output to read."""

    pid: int
    sortie: int


@dataclass(frozen=True)
class Patience:
    """How long to wait before starting again, and when to give up: `essais` deaths in a row, none after `stable` s."""

    attentes: tuple[float, ...] = (0.5, 1.0, 2.0, 5.0, 10.0)
    stable: float = 10.0
    essais: int = 5


class Superviseur:
    """A group of processes, kept up until told to stop."""

    def __init__(
        self,
        processes: Sequence[Processus],
        *,
        patience: Patience | None = None,
        forked: Mapping[str, Enfant] | None = None,
    ) -> None:
        self._processes = processes
        self._patience = patience or Patience()
        self._width = max((len(p.nom) for p in processes), default=0)
        self._forked = dict(forked or {})
        self._alive: dict[str, int] = {}
        self._stopping = asyncio.Event()
        self._code = 0

    async def run(self, meanwhile: Callable[[], Awaitable[None]] | None = None) -> int:
        """Keep the group up; `meanwhile` runs beside it (to say when it is ready). Returns the exit code."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            loop.add_signal_handler(number, self.stop)
        beside = asyncio.ensure_future(meanwhile()) if meanwhile else None
        keepers = [asyncio.create_task(self._keep(p, n)) for n, p in enumerate(self._processes)]
        await self._stopping.wait()
        if beside is not None:
            beside.cancel()
            await asyncio.gather(beside, return_exceptions=True)
        await self._stop_all(keepers)
        return self._code

    def stop(self) -> None:
        """Stop all of them; asked twice, at once."""
        if self._stopping.is_set():
            self._signal_all(signal.SIGKILL)
        else:
            self._say("Arrêt…")
        self._stopping.set()

    async def _keep(self, processus: Processus, number: int) -> None:
        deaths = 0
        while not self._stopping.is_set():
            start = time.monotonic()
            code = await self._live(processus, number)
            if self._stopping.is_set():
                return
            deaths = 1 if time.monotonic() - start >= self._patience.stable else deaths + 1
            if deaths >= self._patience.essais:
                self._give_up(f"« {processus.nom} » ne tient pas ({_ending(code)}) : tout s'arrête.")
                return
            wait = self._patience.attentes[min(deaths, len(self._patience.attentes)) - 1]
            self._say(f"« {processus.nom} » s'est arrêté ({_ending(code)}), nouveau départ dans {wait:g} s.")
            with suppress(TimeoutError):
                await asyncio.wait_for(self._stopping.wait(), wait)

    async def _live(self, processus: Processus, number: int) -> int:
        """One life of a child, from start to end. Returns its exit code."""
        forked = self._forked.pop(processus.nom, None)
        if forked is not None:
            return await self._watch(processus.nom, number, forked, _wait_for(forked.pid))
        output, its_output = os.pipe()  # a pipe of ours: the end of the child is told by the child alone
        try:
            child = await asyncio.create_subprocess_exec(
                *processus.argv,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=its_output,
                stderr=asyncio.subprocess.STDOUT,
                env={**os.environ, **processus.env, "PYTHONUNBUFFERED": "1"},
                start_new_session=True,  # the terminal's Ctrl-C comes to us alone: we say when to stop
                preexec_fn=_follow_parent(os.getpid()),
            )
        except OSError as error:
            os.close(output)
            self._say(f"« {processus.nom} » ne démarre pas : {error.strerror} ({Path(processus.argv[0]).name}).")
            return 127
        finally:
            os.close(its_output)
        return await self._watch(processus.nom, number, Enfant(child.pid, output), child.wait())

    async def _watch(self, nom: str, number: int, enfant: Enfant, end: Awaitable[int]) -> int:
        self._alive[nom] = enfant.pid
        shown = asyncio.create_task(self._show(nom, number, enfant.sortie))
        try:
            return await end
        finally:
            _signal_group(enfant.pid, signal.SIGKILL)  # whatever the child itself had started
            del self._alive[nom]
            await shown

    async def _show(self, nom: str, number: int, output: int) -> None:
        reader = asyncio.StreamReader(limit=LINE_LIMIT)
        transport, _protocol = await asyncio.get_running_loop().connect_read_pipe(
            lambda: asyncio.StreamReaderProtocol(reader), os.fdopen(output, "rb", buffering=0)
        )
        prefix = self._prefix(nom, number)
        try:
            while line := await _read_line(reader):
                _write(prefix + line.decode(errors="replace").rstrip("\n"))
        finally:
            transport.close()

    async def _stop_all(self, keepers: Sequence["asyncio.Task[None]"]) -> None:
        self._signal_all(signal.SIGTERM)
        _done, late = await asyncio.wait(keepers, timeout=STOP_AFTER)
        if late:
            self._signal_all(signal.SIGKILL)
            await asyncio.wait(late, timeout=1.0)

    def _signal_all(self, number: int) -> None:
        for pid in self._alive.values():
            _signal_group(pid, number)

    def _give_up(self, sentence: str) -> None:
        self._say(sentence)
        self._code = 1
        self._stopping.set()

    def _say(self, sentence: str) -> None:
        _write(f"{'guichet':<{self._width}} │ {sentence}")

    def _prefix(self, nom: str, number: int) -> str:
        label = f"{nom:<{self._width}} │ "
        return f"\033[{COLOURS[number % len(COLOURS)]}m{label}\033[0m" if sys.stdout.isatty() else label


def supervise(processes: Sequence[Processus], *, meanwhile: Callable[[], Awaitable[None]] | None = None) -> int:
    """Keep a group of processes up until Ctrl-C, SIGTERM or SIGHUP. Returns 0, or 1 when one of them never stays up.

    Call it from the main thread. `meanwhile` is a coroutine function run beside the group, cancelled when it stops.
    """

    forked = {p.nom: fork(p) for p in processes if p.main is not None}

    async def run() -> int:
        return await Superviseur(processes, forked=forked).run(meanwhile)

    return asyncio.run(run())


def fork(processus: Processus) -> Enfant:
    """Give a process its first life by fork. Only while this one has no other thread and no event loop."""
    assert processus.main is not None
    supervisor = os.getpid()
    follow = _follow_parent(supervisor)
    sys.stdout.flush()
    sys.stderr.flush()
    output, its_output = os.pipe()
    pid = os.fork()
    if pid:
        os.close(its_output)
        return Enfant(pid, output)
    code = 1
    try:
        follow()
        os.setsid()
        _redirect(its_output)
        os.environ.update({**processus.env, "PYTHONUNBUFFERED": "1"})
        code = _exit_code(processus.main)
    finally:
        os._exit(code)


def _redirect(output: int) -> None:
    """Standard input from nowhere, standard output and error into the pipe, a line at a time."""
    nothing = os.open(os.devnull, os.O_RDONLY)
    for source, target in ((nothing, 0), (output, 1), (output, 2)):
        os.dup2(source, target)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(line_buffering=True)


def _exit_code(main: Callable[[], object]) -> int:
    try:
        main()
    except SystemExit as left:
        return left.code if isinstance(left.code, int) else int(left.code is not None)
    except BaseException:  # noqa: BLE001  the last thing this process does is to say why it ends
        traceback.print_exc()
        return 1
    else:
        return 0


async def _wait_for(pid: int) -> int:
    _pid, status = await asyncio.to_thread(os.waitpid, pid, 0)
    return os.waitstatus_to_exitcode(status)


async def _read_line(reader: asyncio.StreamReader) -> bytes:
    try:
        return await reader.readline()
    except ValueError:
        return "[…]\n".encode()  # one line too long to show; the next one may be readable


def _follow_parent(parent: int) -> Callable[[], None]:
    """What a child does first: ask to be told (SIGTERM) when its parent dies; leave if it already has."""
    prctl = ctypes.CDLL(None).prctl

    def follow() -> None:
        prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
        if os.getppid() != parent:
            os._exit(1)

    return follow


def _signal_group(pid: int, number: int) -> None:
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, number)


def _ending(code: int) -> str:
    return f"signal {-code}" if code < 0 else f"code {code}"


def _write(line: str) -> None:
    with suppress(BrokenPipeError):
        sys.stdout.write(line + "\n")
        sys.stdout.flush()
