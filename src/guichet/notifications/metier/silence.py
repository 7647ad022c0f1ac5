"""Quiet hours: when a person is not disturbed, on the clock of the centre's wall."""

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo


@dataclass(frozen=True, slots=True)
class Silence:
    """From `debut` (included) to `fin` (excluded), over midnight when `debut` is later. Equal: never quiet.

    Whole minutes.
    """

    debut: time = time(21)
    fin: time = time(8)

    def covers(self, heure: time) -> bool:
        """True when nobody is disturbed at that hour of the wall clock."""
        if self.debut == self.fin:
            return False
        if self.debut < self.fin:
            return self.debut <= heure < self.fin
        return heure >= self.debut or heure < self.fin


def is_quiet(instant: datetime, *, fuseau: ZoneInfo, silence: Silence) -> bool:
    """Whether nobody is disturbed at an aware instant, by the wall clock of `fuseau`."""
    return silence.covers(instant.astimezone(fuseau).time())


def leave_quiet(instant: datetime, *, fuseau: ZoneInfo, silence: Silence) -> datetime:
    """The first instant from `instant` (aware) on that is not quiet, in UTC: itself, or the start of a minute.

    Minute by minute on the wall clock, so that the days the clock changes need no rule of their own: an end of the
    silence that the clock jumps over is the jump, one that comes twice is its first coming.
    """
    suivant = instant.astimezone(UTC)
    while is_quiet(suivant, fuseau=fuseau, silence=silence):
        suivant = suivant.replace(second=0, microsecond=0) + timedelta(minutes=1)
    return suivant
