"""What measures share: a scratch instance, a clock, percentiles."""

import os
import shutil
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from guichet.socle.settings import Settings, forget_settings, get_settings


@contextmanager
def scratch_instance(mode: str = "demo") -> Iterator[Settings]:
    """Settings of an instance of its own, in a folder that is removed afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="guichet-bench-"))
    folder.chmod(0o711)
    os.environ.update(GUICHET_MODE=mode, GUICHET_DATA_DIR=str(folder))
    forget_settings()
    try:
        yield get_settings()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def chronometer(action: Callable[[], object]) -> float:
    """How long an action takes, in seconds."""
    begin = time.perf_counter()
    action()
    return time.perf_counter() - begin


def percentiles(seconds: list[float]) -> str:
    """p50, p95 and p99 of a series, in milliseconds, as text."""
    cuts = statistics.quantiles(seconds, n=100, method="inclusive")
    return f"p50 {cuts[49] * 1000:.1f} ms, p95 {cuts[94] * 1000:.1f} ms, p99 {cuts[98] * 1000:.1f} ms"
