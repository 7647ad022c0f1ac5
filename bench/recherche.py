"""The public search around a town among all imported centres, over HTTP: the API and the page people see.

`./run bench recherche [DOSSIER]`: the folder of the official CSV pair; without one, a generated set of the same shape.
"""

import random
import sys

import httpx
from tests.serveur import live_server

from bench._officiel import VILLES, import_once, network
from bench.cadre import chronometer, percentiles

APPELS = 200
RODAGE = 20
CIBLE_MS = 60


def series(client: httpx.Client, chemin: str, villes: tuple[str, ...], rayon: str) -> list[float]:
    """Seconds of each call, one after the other; the first ones, which wake the process, are left out."""
    draw = random.Random(3)
    times: list[float] = []
    for _ in range(RODAGE + APPELS):
        params: dict[str, str | int] = {"lieu": draw.choice(villes), rayon: draw.choice((10, 20, 30))}

        def ask(params: dict[str, str | int] = params) -> None:
            client.get(chemin, params=params).raise_for_status()

        times.append(chronometer(ask))
    return times[RODAGE:]


def main(arguments: list[str]) -> None:
    """Import, then search."""
    with network(arguments) as reseau:
        print("  " + import_once(reseau.dossier, reseau.settings.data_dir / "rejets.csv").split("\n")[0])
        with (
            live_server(reseau.urls, reseau.settings, GUICHET_RATE_PUBLIC_PER_MINUTE="0") as address,
            httpx.Client(base_url=address, timeout=30) as client,
        ):
            for label, towns in (("Rennes", ("Rennes",)), ("dix villes", VILLES)):
                for what, path, radius in (
                    ("API", "/api/v1/centres/search", "rayon_km"),
                    ("page", "/recherche", "rayon"),
                ):
                    times = series(client, path, towns, radius)
                    print(
                        f"  autour de {label}, {what}, {len(times)} appels : {percentiles(times)} (cible {CIBLE_MS} ms)"
                    )


main([a for a in sys.argv[2:] if not a.startswith("-")])
