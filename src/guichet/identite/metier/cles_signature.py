"""When a signing key is announced, signs, and is forgotten.

A key is announced before it signs, so that programs that keep the JWKS for a while know it in time, and stays announced
until the last token it signed has expired.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

ANNONCE = timedelta(hours=24)
ROTATION = timedelta(days=90)
SURVIE = timedelta(hours=2)  # access tokens live one


@dataclass(frozen=True)
class Calendrier:
    """The life of one key."""

    kid: str
    signe_depuis: datetime
    signe_jusqua: datetime

    @property
    def oubliee_le(self) -> datetime:
        """From when nothing signed with it can be alive."""
        return self.signe_jusqua + SURVIE


def first(kid: str, now: datetime) -> Calendrier:
    """The very first key signs at once: nobody keeps an older list."""
    return Calendrier(kid, now, now + ROTATION)


def following(kid: str, before: Calendrier, now: datetime) -> Calendrier:
    """The key after `before`, announced now: it takes over when the other stops, but not before a day has passed."""
    start = max(before.signe_jusqua, now + ANNONCE)
    return Calendrier(kid, start, start + ROTATION)


def signing(keys: list[Calendrier], now: datetime) -> Calendrier | None:
    """The key that signs now, the newest of those whose time it is; None: a first one is needed."""
    started = [k for k in keys if k.signe_depuis <= now < k.signe_jusqua]
    return max(started, key=lambda k: k.signe_depuis, default=None)


def needs_following(keys: list[Calendrier], now: datetime) -> bool:
    """True when the next key should be announced now."""
    return bool(keys) and max(k.signe_jusqua for k in keys) - now <= ANNONCE
