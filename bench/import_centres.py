"""The import of the official file of centres, twice.

`./run bench import_centres [DOSSIER]`: the folder of the CSV pair; without one, a generated set of the same shape.
"""

import sys

from bench._officiel import import_once, network
from bench.cadre import chronometer


def main(arguments: list[str]) -> None:
    """Import, then import the same again."""
    with network(arguments) as reseau:
        for label in ("premier import", "le même, relancé"):
            said = ""

            def run() -> None:
                nonlocal said
                said = import_once(reseau.dossier, reseau.settings.data_dir / "rejets.csv")

            seconds = chronometer(run)
            print(f"  {label} : {seconds:.1f} s, processus compris. " + " ".join(said.split("\n")[:2]))


main([a for a in sys.argv[2:] if not a.startswith("-")])
