"""The cost of a booking and of a reading against the number of appointments already there: 10,000 to 7 million.

Each size is the same network with more appointments. The measure is the p95 of a booking and of a live reading, few clients
at once so that it is the work that is timed and not the queue; sizes take turns, three times, and the best of each is
compared. `./run bench scale [--max=N] [--secondes=N]`.
"""

import sys
import time
from collections import defaultdict
from collections.abc import Sequence

from bench.charge import ECRIRE, option, relay, shoot, token, versions, warm, web
from bench.donnees import RDV, Jeu, prepare, serving
from bench.places import free_places, list_centres, write_bodies

TAILLES = (10_000, 100_000, 1_000_000, RDV)
CLIENTS, TOURS = 4, 3


def measure(jeu: Jeu, secondes: int, tour: int) -> tuple[float, float]:
    """p95 of a booking and of a live reading, in milliseconds."""
    places = free_places(jeu, 1_500 * (secondes + 1))
    serie = f"{tour}{time.time_ns():x}"[-7:]
    bodies = write_bodies(places, serie)
    questions = [f"/api/v1/disponibilites?centre_id={p.centre}&date={p.debut.date()}" for p in places[:3_000]]
    with relay(jeu), web(jeu) as address:
        headers = {"Authorization": f"Bearer {token(address, jeu)}", "Content-Type": "application/json"}
        options = {"script": ECRIRE, "clients": CLIENTS, "en_tetes": headers, "CHEMIN": "/api/v1/rdv"}
        warm(address, jeu, list_centres(jeu))
        shoot(address, bodies[:1_500], secondes=1, SERIE=f"{serie}a", **options)  # type: ignore[arg-type]
        booked = shoot(address, bodies[1_500:], secondes=secondes, SERIE=f"{serie}b", **options)  # type: ignore[arg-type]
        live = {"Cache-Control": "no-cache"}
        shoot(address, questions, secondes=1, clients=CLIENTS, en_tetes=live)
        read = shoot(address, questions, secondes=secondes, clients=CLIENTS, en_tetes=live)
    assert not {s for s in (*booked.statuts, *read.statuts) if s >= 500}, (booked, read)
    return booked.p95, read.p95


def main(arguments: Sequence[str]) -> None:
    """Every size, in turn."""
    secondes, largest = option(arguments, "secondes", 4), option(arguments, "max", RDV)
    sizes = [n for n in TAILLES if n <= largest]
    best: dict[int, list[tuple[float, float]]] = defaultdict(list)
    with serving() as (settings, server):
        jeux = {n: prepare(settings, server, rdv=n) for n in sizes}
        print(f"  {versions(jeux[sizes[-1]])}")
        for tour in range(TOURS):
            for n, jeu in jeux.items():
                best[n].append(measure(jeu, secondes, tour))
    first = tuple(min(column) for column in zip(*best[sizes[0]], strict=True))
    for n in sizes:
        book, read = (min(column) for column in zip(*best[n], strict=True))
        print(
            f"  {n:>9,} rendez-vous : réservation p95 {book:.1f} ms ({book / first[0]:.2f} fois la plus petite),"
            f" lecture p95 {read:.1f} ms ({read / first[1]:.2f} fois)"
        )


main(sys.argv[1:])
