"""When a customer is reminded of an appointment: at ten the day before, on the clock of the centre."""

from datetime import UTC, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

HEURE: Final = time(10)
DELAI: Final = timedelta(hours=24)


def reminder_at(debut: datetime, reserve_le: datetime, zone: ZoneInfo) -> datetime | None:
    """The instant (UTC) of the reminder of an appointment at `debut` (aware), booked or moved at `reserve_le`.

    None when it was booked less than 24 hours before, or after that hour had passed: whoever has just booked knows.
    """
    if debut - reserve_le < DELAI:
        return None
    veille = debut.astimezone(zone).date() - timedelta(days=1)
    instant = datetime.combine(veille, HEURE, zone).astimezone(UTC)
    return instant if instant > reserve_le else None
