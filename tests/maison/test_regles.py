"""The table of the rules of booking names functions and tests that exist, and leaves no rule out."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
TABLE = ROOT / "docs" / "regles-rdv.md"
REGLES = ROOT / "src" / "guichet" / "rdv" / "metier"
NOM = re.compile(r"`([^`]+)`")
LECTURE = {"vues.py", "reglages.py", "types.py"}
"""Files of values: what they hold is read by the rules, they decide nothing."""


def rows() -> Iterator[tuple[list[str], list[str]]]:
    """Functions and tests of each line of the table."""
    for line in TABLE.read_text().splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if line.startswith("|") and len(cells) == 3 and cells[0] not in {"règle", "---"}:
            yield NOM.findall(cells[1]), NOM.findall(cells[2])


def functions_of(path: Path) -> set[str]:
    tree = ast.parse(path.read_text())
    return {n.name for n in tree.body if isinstance(n, (ast.FunctionDef, ast.AsyncFunctionDef))}


def exists(nom: str, separator: str, folder: Path) -> bool:
    path, found, function = nom.partition(separator)
    return bool(found) and (folder / path).is_file() and function in functions_of(folder / path)


def test_every_rule_has_a_function_and_a_test():
    table = list(rows())
    assert len(table) > 40
    assert [row for row in table if not all(row)] == []


def test_every_function_named_exists():
    sql = "\n".join(p.read_text() for p in (ROOT / "src/guichet/socle/migrations").rglob("*.sql"))
    missing = [
        nom
        for functions, _tests in rows()
        for nom in functions
        if not (f"function {nom[:-1]}" in sql if nom.endswith("()") else exists(nom, ":", ROOT / "src" / "guichet"))
    ]
    assert missing == []


def test_every_test_named_exists():
    missing = [nom for _functions, tests in rows() for nom in tests if not exists(nom, "::", ROOT / "tests")]
    assert missing == []


def test_no_rule_of_booking_is_left_out():
    named = {nom for functions, _tests in rows() for nom in functions}
    left_out = {
        f"rdv/metier/{path.name}:{function}"
        for path in REGLES.glob("*.py")
        if path.name not in LECTURE
        for function in functions_of(path)
        if not function.startswith("_") and function != "bits" and f"rdv/metier/{path.name}:{function}" not in named
    }
    assert left_out == set(), "a line in docs/regles-rdv.md: the rule, its function, its tests"
