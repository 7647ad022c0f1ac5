"""How often one address may ask: a counter per minute, kept here or wherever several machines share it."""

from collections.abc import Callable
from dataclasses import dataclass, field
from math import ceil
from time import monotonic
from typing import Any, Protocol

from fastapi import Depends

from guichet.socle.errors import TooMany
from guichet.socle.i18n import ngettext

MINUTE = 60.0


class Debit(Protocol):
    """The port: in process by default, shared by several machines with another adapter."""

    async def take(self, cle: str, limite: int, periode: float = MINUTE) -> float | None:
        """Count one more for `cle`. None while under `limite` a `periode` (seconds), else the seconds to wait."""

    async def peek(self, cle: str, limite: int, periode: float = MINUTE) -> float | None:
        """The same without counting."""


@dataclass
class DebitLocal:
    """Counters of this process. A window opens at the first request of a key; closed ones are swept now and then."""

    horloge: Callable[[], float] = monotonic
    _fenetres: dict[str, tuple[float, int]] = field(default_factory=dict)
    _balayage: float = 0.0

    async def take(self, cle: str, limite: int, periode: float = MINUTE) -> float | None:
        """Count one more for `cle`."""
        instant = self.horloge()
        if instant >= self._balayage:
            self._sweep(instant, periode)
        end, count = self._fenetres.get(cle, (0.0, 0))
        if instant >= end:
            end, count = instant + periode, 0
        self._fenetres[cle] = (end, count + 1)
        return end - instant if count >= limite else None

    async def peek(self, cle: str, limite: int, periode: float = MINUTE) -> float | None:
        """Whether `cle` is already at its limit."""
        del periode
        end, count = self._fenetres.get(cle, (0.0, 0))
        remaining = end - self.horloge()
        return remaining if remaining > 0 and count >= limite else None

    def _sweep(self, instant: float, periode: float) -> None:
        self._balayage = instant + periode
        self._fenetres = {k: w for k, w in self._fenetres.items() if w[0] > instant}


_debit: Debit = DebitLocal()


def get_debit() -> Debit:
    """The counters of this process."""
    return _debit


def set_debit(debit: Debit) -> None:
    """Used by the assembly (another adapter) and by tests."""
    global _debit  # noqa: PLW0603  one per process
    _debit = debit


def too_many(attente: float) -> TooMany:
    """The refusal, with the seconds to wait."""
    seconds = max(1, ceil(attente))
    return TooMany(
        ngettext(
            "Trop de demandes en peu de temps. Réessayez dans {n} seconde.",
            "Trop de demandes en peu de temps. Réessayez dans {n} secondes.",
            seconds,
        ),
        code="TROP_DE_REQUETES",
        retry_after=seconds,
    )


@dataclass(frozen=True)
class Marque:
    """A word the router reads on a route. It asks nothing of the request."""

    nom: str

    async def __call__(self) -> None:
        """Do nothing: the edge has already acted on the mark."""


LOGIN_RATE: Any = Depends(Marque("connexion"))
"""On sign-in and reset routes: the lower limit."""
UPLOAD: Any = Depends(Marque("envoi"))
"""On upload and intake routes: the larger body limit."""
UNLIMITED: Any = Depends(Marque("sans_limite"))
"""On health and metrics: never counted."""
