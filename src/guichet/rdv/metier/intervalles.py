"""Half-open stretches of time `[debut, fin)`: touching is not overlapping."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass(frozen=True, order=True, slots=True)
class Intervalle:
    """`[debut, fin)`, two aware instants, never empty."""

    debut: datetime
    fin: datetime

    def __post_init__(self) -> None:
        if self.debut >= self.fin:
            raise ValueError(f"empty interval {self.debut} - {self.fin}")

    @property
    def duree(self) -> timedelta:
        """Elapsed time, whatever the clocks on the wall did meanwhile."""
        return self.fin - self.debut

    def overlaps(self, autre: "Intervalle") -> bool:
        """True when at least one instant is in both."""
        return self.debut < autre.fin and autre.debut < self.fin

    def contains(self, autre: "Intervalle") -> bool:
        """True when every instant of the other is in this one."""
        return self.debut <= autre.debut and autre.fin <= self.fin


def merge(intervalles: Iterable[Intervalle]) -> list[Intervalle]:
    """The same instants, sorted, without overlap, touching ones joined."""
    sortie: list[Intervalle] = []
    for i in sorted(intervalles):
        if sortie and i.debut <= sortie[-1].fin:
            sortie[-1] = Intervalle(sortie[-1].debut, max(sortie[-1].fin, i.fin))
        else:
            sortie.append(i)
    return sortie


def subtract(ouverts: Iterable[Intervalle], occupes: Iterable[Intervalle]) -> list[Intervalle]:
    """The instants of `ouverts` that are in none of `occupes`."""
    libres = merge(ouverts)
    for occupe in merge(occupes):
        reste: list[Intervalle] = []
        for libre in libres:
            if not libre.overlaps(occupe):
                reste.append(libre)
                continue
            if libre.debut < occupe.debut:
                reste.append(Intervalle(libre.debut, occupe.debut))
            if occupe.fin < libre.fin:
                reste.append(Intervalle(occupe.fin, libre.fin))
        libres = reste
    return libres
