"""The one clock. Everything that asks what time it is asks here, so that tests and the test mode can set it."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

_offset: timedelta | None = None
_frozen: datetime | None = None


def now() -> datetime:
    """The present instant, aware, in UTC."""
    if _frozen is not None:
        return _frozen
    real = datetime.now(UTC)  # noqa: TID251  the one place that reads the machine's clock
    return real if _offset is None else real + _offset


def today(zone: ZoneInfo) -> date:
    """The local date of a place. `zone` is the centre's own."""
    return now().astimezone(zone).date()


def set_clock(instant: datetime | None) -> None:
    """Move the clock to `instant` (aware), from where it goes on running; None returns to real time."""
    global _offset  # noqa: PLW0603  one clock per process
    if instant is None:
        _offset = None
        return
    if instant.tzinfo is None:
        raise ValueError("an aware instant is needed")
    _offset = instant.astimezone(UTC) - datetime.now(UTC)  # noqa: TID251


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
