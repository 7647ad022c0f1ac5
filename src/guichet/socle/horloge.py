"""The one clock. Everything that asks what time it is asks here, so that tests and the test mode can set it."""

from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

_offset: timedelta | None = None
_frozen: datetime | None = None
_source: Callable[[], Awaitable[None]] | None = None


def real_now() -> datetime:
    """What the machine says, aware, in UTC: only for the test mode, which sets the clock from it."""
    return datetime.now(UTC)  # noqa: TID251  the one place that reads the machine's clock


def now() -> datetime:
    """The present instant, aware, in UTC."""
    if _frozen is not None:
        return _frozen
    real = real_now()
    return real if _offset is None else real + _offset


def today(zone: ZoneInfo) -> date:
    """The local date of a place. `zone` is the centre's own."""
    return now().astimezone(zone).date()


def set_clock(instant: datetime | None, *, avance: bool = True, posee_le: datetime | None = None) -> None:
    """Set this process's clock to `instant` (aware); None returns to real time.

    `avance`: from there it goes on running, from the real instant `posee_le` (default: now); else it stands still.
    """
    global _offset, _frozen  # noqa: PLW0603  one clock per process
    if instant is not None and instant.tzinfo is None:
        raise ValueError("an aware instant is needed")
    _offset = instant - (posee_le or real_now()) if instant is not None and avance else None
    _frozen = instant.astimezone(UTC) if instant is not None and not avance else None


def set_source(source: Callable[[], Awaitable[None]] | None) -> None:
    """Name what sets this process's clock at each `synchronise`: the test mode's shared clock. None: the clock is free."""
    global _source  # noqa: PLW0603  one clock per process
    _source = source


async def synchronise() -> None:
    """Called where a unit of work begins (request, job, routines, batch of messages): does nothing outside the test mode."""
    if _source is not None:
        await _source()


@contextmanager
def frozen(instant: datetime) -> Iterator[None]:
    """Hold the clock still at `instant` (aware) for the time of a block."""
    global _frozen  # noqa: PLW0603  one clock per process
    if instant.tzinfo is None:
        raise ValueError("an aware instant is needed")
    before = _frozen
    _frozen = instant.astimezone(UTC)
    try:
        yield
    finally:
        _frozen = before
