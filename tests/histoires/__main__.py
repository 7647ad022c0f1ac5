"""`python -m tests.histoires --graine 7 --duree 60`: one history, its counts, what is wrong."""

import argparse
import os
import sys

from tests.histoires.histoire import live, open_decor, open_server
from tests.histoires.invariants import check


def main() -> int:
    """Run it. Returns 1 when an invariant complains."""
    parser = argparse.ArgumentParser(prog="python -m tests.histoires", description=__doc__)
    parser.add_argument("--graine", type=int, default=1)
    parser.add_argument("--duree", type=float, default=60)
    parser.add_argument("--clients", type=int, default=3)
    parser.add_argument("--calme", action="store_true", help="nothing is killed and the clock is left alone")
    asked = parser.parse_args()
    with open_server() as server, open_decor(server, f"histoire_{os.getpid()}") as decor:
        etat, bilan = live(
            decor, graine=asked.graine, duree=asked.duree, clients=asked.clients, tourmente=not asked.calme
        )
        print(bilan)
        print(f"{len(etat.rdvs)} rendez-vous, {len(etat.messages)} messages, {len(etat.mails)} courriels")
        found = check(etat)
        for nom, dits in found.items():
            print(f"\n{nom} : {len(dits)}")
            print("\n".join(f"  {dit}" for dit in dits[:20]))
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
