"""How many appointments a local day may hold: nominal capacity, overbooking (rule 5), lanes (rule 12)."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from guichet.rdv.metier.intervalles import Intervalle


def places_surnombre(capacite: int, tolerance_pour_cent: int) -> int:
    """Places beyond the nominal capacity, in integer arithmetic: at 10 %, 9 gives 0, 20 gives 2, 50 gives 5."""
    return max(capacite, 0) * max(tolerance_pour_cent, 0) // 100


def is_nominal_full(pris: int, capacite: int | None) -> bool:
    """True when nominal sales of the day stop; None means the centre sets no limit of its own."""
    return capacite is not None and pris >= capacite


def can_surbook(
    *, nominaux: int, surnombre: int, capacite: int, tolerance_pour_cent: int, reste_une_place: bool
) -> bool:
    """Whether one more appointment beyond the nominal ones may be sold to the public.

    Only once the nominal capacity is reached or no start of the day has a feasible place left for what is asked.
    """
    if nominaux < capacite and reste_une_place:
        return False
    return surnombre < places_surnombre(capacite, tolerance_pour_cent)


@dataclass(frozen=True, slots=True)
class Equipement:
    """A lane: the vehicle types it takes, and whether it is in service."""

    nom: str
    vehicule_types: frozenset[str]
    en_service: bool = True


MASQUES: Final = {"VP": 1, "VU": 2, "Moto": 4, "Cyclo": 8}
"""The bit of each vehicle type; `rdv.masque` in the database says the same."""


def write_masque(vehicule_types: Iterable[str]) -> int:
    """A set of vehicle types as bits."""
    return sum({MASQUES[t] for t in vehicule_types})


def count_voies(equipements: Iterable[Equipement]) -> tuple[int, ...] | None:
    """For each of the 15 sets of vehicle types, how many lanes in service take at least one of them.

    By Hall's theorem vehicles can each have a lane of their own exactly when, for every set of types, there are no more
    vehicles of these types than lanes that take one of them. None for a centre without lanes: it sets no limit.
    """
    lignes = list(equipements)
    if not lignes:
        return None
    masques = [write_masque(e.vehicule_types) for e in lignes if e.en_service]
    return tuple(sum(1 for m in masques if m & ensemble) for ensemble in range(1, 16))


def fits_lanes(
    equipements: Iterable[Equipement], en_cours: Iterable[tuple[Intervalle, str]], voulu: Intervalle, vehicule_type: str
) -> bool:
    """Whether the lanes in service can take one more vehicle at every instant of `voulu`.

    A centre without lanes sets no limit. Vehicles and lanes are matched exactly: at each instant every appointment needs a
    lane of its own that takes its type.
    """
    lignes = list(equipements)
    if not lignes:
        return True
    ouvertes = [e.vehicule_types for e in lignes if e.en_service]
    autres = [(i, t) for i, t in en_cours if i.overlaps(voulu)]
    instants = {voulu.debut} | {i.debut for i, _ in autres if i.debut > voulu.debut}
    return all(
        _matches([t for i, t in autres if i.debut <= instant < i.fin] + [vehicule_type], ouvertes)
        for instant in instants
    )


def _matches(vehicules: list[str], lignes: list[frozenset[str]]) -> bool:
    """Whether each vehicle can have a lane of its own (augmenting paths)."""
    pris: dict[int, int] = {}

    def place(v: int, vues: set[int]) -> bool:
        for n, accepte in enumerate(lignes):
            if vehicules[v] in accepte and n not in vues:
                vues.add(n)
                if n not in pris or place(pris[n], vues):
                    pris[n] = v
                    return True
        return False

    return all(place(v, set()) for v in range(len(vehicules)))
