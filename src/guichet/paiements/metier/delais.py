"""When to ask a provider again. Short steps first, then long ones; nothing is ever asked in a tight loop."""

from datetime import datetime, timedelta
from typing import Final

PREMIERE_VERIFICATION: Final = timedelta(minutes=2)
ECHELLE: Final = (
    timedelta(seconds=30),
    timedelta(minutes=2),
    timedelta(minutes=5),
    timedelta(minutes=15),
    timedelta(hours=1),
    timedelta(hours=6),
    timedelta(hours=24),
)
# Longer than any exchange with a provider may last: found under way after that, it is asked again under the same key.
DELAI_ORPHELIN: Final = timedelta(minutes=5)
# How long after its deadline a payment whose page the provider still calls open is given up.
GRACE: Final = timedelta(minutes=2)


def next_try(essais: int, maintenant: datetime) -> datetime:
    """When to ask again after `essais` tries (>= 1): the last step repeats for ever, money is never forgotten."""
    return maintenant + ECHELLE[min(essais, len(ECHELLE)) - 1]
