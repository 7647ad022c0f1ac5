"""Told to stop: a process leaves its blocks before it ends, so that what it holds is put away.

Python makes an exception of SIGINT only; SIGTERM and SIGHUP end a process where it stands. Only the main thread hears
signals: elsewhere these blocks change nothing. A signal somebody chose to ignore (`nohup`) stays ignored.
"""

import signal
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from types import FrameType

Entendre = Callable[[int, FrameType | None], object]


@contextmanager
def leaving_on_signal() -> Iterator[None]:
    """For the time of the block SIGTERM raises SystemExit (128 + 15, as shells count), and SIGHUP means SIGTERM."""
    with _listening({signal.SIGTERM: _leave, signal.SIGHUP: _as_term}):
        yield


@contextmanager
def deaf_to_signals(*, later: bool) -> Iterator[None]:
    """What must not be cut short: signals to stop are heard after the block (`later`), or not at all."""
    heard: list[int] = []

    def note(number: int, _frame: FrameType | None) -> None:
        heard.append(number)

    with _listening({signal.SIGINT: note, signal.SIGTERM: note, signal.SIGHUP: note}):
        yield
    if later and heard:
        signal.raise_signal(heard[0])


@contextmanager
def _listening(handlers: Mapping[signal.Signals, Entendre]) -> Iterator[None]:
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.getsignal(number) for number in handlers}
    heeded = [number for number in handlers if before[number] != signal.SIG_IGN]
    for number in heeded:
        # A handler of Python's, never SIG_IGN: programs started meanwhile must not inherit deafness.
        signal.signal(number, handlers[number])
    try:
        yield
    finally:
        for number in heeded:
            signal.signal(number, before[number] or signal.SIG_DFL)


def _leave(number: int, _frame: FrameType | None) -> None:
    raise SystemExit(128 + number)


def _as_term(_number: int, _frame: FrameType | None) -> None:
    signal.raise_signal(signal.SIGTERM)
