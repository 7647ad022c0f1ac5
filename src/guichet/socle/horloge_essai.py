"""The clock of the test mode: one row of the database, read by every process where a unit of work begins.

`follow` makes a process obey it; only the mode `essai` calls it. While the database is away a process keeps the time it
last read.
"""

import logging
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.exc import SQLAlchemyError

from guichet.socle import horloge
from guichet.socle.database import Database, Role, get_database, raw

logger = logging.getLogger(__name__)

READ = "select version, instant, avance, posee_le from socle.horloge"
WRITE = """
update socle.horloge set version = version + 1, instant = %s, avance = %s, posee_le = %s
returning version, instant, avance, posee_le
"""


@dataclass(frozen=True)
class HorlogeEssai:
    """How the clock stands. `instant` None: real time. `avance`: it runs from `instant`, set at the real `posee_le`."""

    version: int
    instant: datetime | None
    avance: bool
    posee_le: datetime

    def apply(self) -> None:
        """Set this process's clock."""
        horloge.set_clock(self.instant, avance=self.avance, posee_le=self.posee_le)


class _Suiveur:
    """What one process has obeyed so far: answers that cross on the way never bring an older clock back."""

    def __init__(self) -> None:
        self._version = -1

    async def __call__(self) -> None:
        try:
            found = await read_clock(get_database())
        except (SQLAlchemyError, OSError):
            logger.warning("the test clock could not be read, the last one is kept", exc_info=True)
            return
        if found.version > self._version:
            self._version = found.version
            found.apply()


def follow() -> None:
    """From now on this process's clock is the shared one."""
    horloge.set_source(_Suiveur())


async def read_clock(database: Database) -> HorlogeEssai:
    """The shared clock as it stands."""
    async with database.transaction(read_only=True) as session:
        row = await (await (await raw(session)).execute(READ)).fetchone()
    assert row is not None
    return HorlogeEssai(*row)


async def write_clock(database: Database, instant: datetime | None, *, avance: bool) -> HorlogeEssai:
    """Set the shared clock (None: back to real time); obeyed everywhere once this has returned."""
    async with database.transaction(role=Role.APP) as session:
        row = await (await (await raw(session)).execute(WRITE, (instant, avance, horloge.real_now()))).fetchone()
    assert row is not None
    return HorlogeEssai(*row)
