"""The dictionary and the code speak the same language."""

import ast
import re

from tests.maison.test_fichiers import ROOT, tracked

ROW = re.compile(r"^\| (?P<terme>[^|]+) \| (?P<sens>[^|]+) \| (?P<identifiants>[^|]+) \| (?P<interdits>[^|]+) \|$")


def entries() -> list[tuple[str, list[str], list[str]]]:
    rows = [m for line in (ROOT / "docs/lexique.md").read_text().splitlines() if (m := ROW.match(line))]
    return [
        (m["terme"], re.findall(r"`([^`]+)`", m["identifiants"]), re.findall(r"`([^`]+)`", m["interdits"]))
        for m in rows
        if m["terme"] not in {"term", "---"}
    ]


def sources() -> dict[str, str]:
    return {
        str(p.relative_to(ROOT)): p.read_text() for p in tracked("src/*") if p.suffix in {".py", ".html", ".ts", ".po"}
    }


def test_every_identifier_of_the_dictionary_is_used():
    text = "\n".join(sources().values())
    missing = [
        word
        for _, identifiers, _ in entries()
        for word in identifiers
        if not re.search(rf"\b{re.escape(word)}\b", text)
    ]
    assert missing == []


def identifiers_of(source: str) -> set[str]:
    """Every name a Python file gives or uses; sentences and comments do not count."""
    names = set()
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Name(id=name) | ast.arg(arg=name) | ast.Attribute(attr=name) | ast.keyword(arg=str(name)):
                names.add(name)
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                names.add(name)
    return names


def test_no_forbidden_synonym_is_an_identifier():
    assert len(entries()) > 10
    used = {path: identifiers_of(text) for path, text in sources().items() if path.endswith(".py")}
    found = [
        f"{path}: {word} (say {identifiers[0]})"
        for _, identifiers, forbidden in entries()
        for word in forbidden
        for path, names in used.items()
        if word in names
    ]
    assert found == []


def test_a_forbidden_synonym_would_be_noticed():
    assert "customer_id" in identifiers_of("def f(*, customer_id: int) -> None:\n    'customer_ref'")
    assert "customer_ref" not in identifiers_of("def f(*, customer_id: int) -> None:\n    'customer_ref'")
