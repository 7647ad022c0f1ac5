"""`./run bench [NAME]`: run one measure, or all of them."""

import pkgutil
import platform
import sys
from importlib.metadata import version
from runpy import run_module

import bench

PARTAGES = frozenset({"cadre", "charge", "donnees", "places"})


def names() -> list[str]:
    """The measures of this folder: every module but what they share."""
    found = (m.name for m in pkgutil.iter_modules(bench.__path__))
    return sorted(name for name in found if name not in PARTAGES and not name.startswith("_"))


def main(arguments: list[str]) -> int:
    """Run the measures named; unknown names are said with those that exist."""
    wanted = [a for a in arguments if not a.startswith("-")] or names()
    unknown = [name for name in wanted if name not in names()]
    if unknown:
        print(f"Mesure inconnue : {', '.join(unknown)}. Celles qui existent : {', '.join(names())}.", file=sys.stderr)
        return 2
    print(
        f"Machine : {platform.machine()}, {platform.system()} {platform.release()}, Python {platform.python_version()}, guichet {version('guichet')}"
    )
    for name in wanted:
        print(f"\n== {name}")
        run_module(f"bench.{name}", run_name="__main__", alter_sys=True)
    return 0


sys.exit(main(sys.argv[1:]))
