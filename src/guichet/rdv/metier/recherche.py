"""Search for an assignment of appointments to inspectors: filter, ejection chains, exact search, on plain integers.

`faisabilite` turns a day into a `Probleme` and reads the answer. Interval scheduling with eligibility is NP-complete in
general: every search has a budget of steps and says when it ran out.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from guichet.rdv.metier.couplage import bits, prune


class BudgetEpuise(Exception):
    """The steps allowed were used up before an answer."""


@dataclass(slots=True)
class Budget:
    """Steps that may still be taken."""

    reste: int

    def spend(self) -> None:
        """Take one step. Raises `BudgetEpuise`."""
        self.reste -= 1
        if self.reste < 0:
            raise BudgetEpuise


@dataclass(slots=True)
class Probleme:
    """Tasks in order of start, `[debuts[i], fins[i])`; `masques[i]`: who may take it; `actuels[i]`: who has it, or -1.

    The tasks that have somebody do not collide with one another.
    """

    debuts: Sequence[int]
    fins: Sequence[int]
    masques: list[int]
    actuels: Sequence[int]
    voisins: list[int] = field(init=False)
    """For each task, those it overlaps, as a mask."""

    def __post_init__(self) -> None:
        n = len(self.debuts)
        self.voisins = [0] * n
        for i in range(n):
            for j in range(i + 1, n):
                if self.debuts[j] >= self.fins[i]:
                    break
                self.voisins[i] |= 1 << j
                self.voisins[j] |= 1 << i


def filter_masques(p: Probleme) -> bool:
    """Drop from the masks what no assignment can use, instant by instant. False: there is no assignment at all.

    At every instant the tasks under way need different inspectors; each is looked at with all those it meets at its start.
    """
    cliques = _cliques(p)
    a_voir = set(range(len(cliques)))
    while a_voir:
        c = min(a_voir)
        a_voir.discard(c)
        clique = cliques[c]
        gardes = prune([p.masques[i] for i in clique])
        if gardes is None:
            return False
        changes = {i for i, masque in zip(clique, gardes, strict=True) if masque != p.masques[i]}
        for i, masque in zip(clique, gardes, strict=True):
            p.masques[i] = masque
        if changes:
            a_voir |= {d for d, autre in enumerate(cliques) if d != c and not changes.isdisjoint(autre)}
    return True


def _cliques(p: Probleme) -> list[tuple[int, ...]]:
    sortie: list[tuple[int, ...]] = []
    for i, debut in enumerate(p.debuts):
        clique = (*(j for j in bits(p.voisins[i]) if j < i and p.fins[j] > debut), i)
        if sortie and set(sortie[-1]) <= set(clique):
            sortie[-1] = clique
        else:
            sortie.append(clique)
    return sortie


class Chaines:
    """Ejection chains: the new task takes a place, those in its way go elsewhere, and so on, each moved once at most.

    Complete for a number of moves: if an assignment with that many moves exists, it is found.
    """

    def __init__(self, p: Probleme, nouvelle: int, budget: Budget) -> None:
        self._p = p
        self._nouvelle = nouvelle
        self._budget = budget
        self._places = list(p.actuels)
        self._sur = [0] * max(*(m.bit_length() for m in p.masques), *(r + 1 for r in p.actuels))
        for i, r in enumerate(p.actuels):
            if r >= 0:
                self._sur[r] |= 1 << i
        self.coupe = False
        """Whether the last search left something out because it had too many moves."""

    def search(self, deplacements: int) -> list[int] | None:
        """Who has each task after at most that many moves, or None."""
        self.coupe = False
        return list(self._places) if self._place([self._nouvelle], 0, deplacements) else None

    def _place(self, attente: list[int], poses: int, reste: int) -> bool:
        if not attente:
            return True
        self._budget.spend()
        i, suite = attente[0], attente[1:]
        choix = []
        for r in bits(self._p.masques[i]):
            genants = self._sur[r] & self._p.voisins[i]
            if genants & poses:
                continue
            if genants.bit_count() > reste:
                self.coupe = True
                continue
            choix.append((genants.bit_count(), r, genants))
        for cout, r, genants in sorted(choix):
            self._sur[r] ^= genants
            self._sur[r] |= 1 << i
            avant, self._places[i] = self._places[i], r
            if self._place([*bits(genants), *suite], poses | 1 << i, reste - cout):
                return True
            self._places[i] = avant
            self._sur[r] ^= 1 << i
            self._sur[r] |= genants
        return False


class Balayage:
    """Exact search in order of start: a state is who is busy until when; a state that failed is not tried again.

    Inspectors who may take the same tasks from here on are the same one.
    """

    def __init__(self, p: Probleme, budget: Budget) -> None:
        self._p = p
        self._budget = budget
        largeur = max(m.bit_length() for m in p.masques)
        self._peut = [sum(1 << i for i, m in enumerate(p.masques) if m >> r & 1) for r in range(largeur)]
        self._rates: set[tuple[int, tuple[tuple[int, int], ...]]] = set()
        self._choix = [-1] * len(p.masques)

    def search(self) -> list[int] | None:
        """Who has each task, or None: there is no assignment."""
        return list(self._choix) if self._place(0, [0] * len(self._peut)) else None

    def _place(self, i: int, fins: list[int]) -> bool:
        if i == len(self._choix):
            return True
        debut = self._p.debuts[i]
        etat = (i, tuple(sorted((p >> i, f) for p, f in zip(self._peut, fins, strict=True) if f > debut and p >> i)))
        if etat in self._rates:
            return False
        self._budget.spend()
        essayes: set[int] = set()
        for r in self._candidats(i, fins, debut):
            jumeau = self._peut[r] >> (i + 1)
            if jumeau in essayes:
                continue
            essayes.add(jumeau)
            avant, fins[r] = fins[r], self._p.fins[i]
            self._choix[i] = r
            if self._place(i + 1, fins):
                return True
            fins[r] = avant
        self._rates.add(etat)
        return False

    def _candidats(self, i: int, fins: list[int], debut: int) -> list[int]:
        libres = [r for r in bits(self._p.masques[i]) if fins[r] <= debut]
        actuel = self._p.actuels[i]
        apres = i + 1
        return sorted(libres, key=lambda r: (r != actuel, (self._peut[r] >> apres).bit_count(), r))
