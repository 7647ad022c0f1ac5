"""Keeping the English catalogues true: every sentence of a context's code and templates, once, translated.

`guichet traductions` writes `<context>/locale/en.po` again, keeping what is translated; `--verifier` only says what is
missing or no longer used.
"""

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from typing import Any

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_file
from babel.messages.pofile import read_po, write_po

from guichet.socle.i18n.catalogues import PAQUET

MOTS_CLES: dict[str, Any] = {
    "_": None,
    "gettext": None,
    "lazy": None,
    "ngettext": (1, 2),
    "pgettext": ((1, "c"), 2),
    "npgettext": ((1, "c"), 2, 3),
}
JINJA = {"trimmed": "true", "silent": "false", "newstyle_gettext": "true"}


@dataclass(frozen=True, kw_only=True)
class Etat:
    """A context's catalogue against its sentences. Each entry of the lists is a sentence, with where it is said."""

    contexte: str
    total: int
    manquantes: list[str] = field(default_factory=list)
    perimees: list[str] = field(default_factory=list)

    @property
    def is_true(self) -> bool:
        """Nothing missing, nothing stale."""
        return not self.manquantes and not self.perimees


def contexts(root: Path = PAQUET) -> list[Path]:
    """The folders of the contexts."""
    return sorted(p for p in root.iterdir() if (p / "__init__.py").exists())


def extract(contexte: Path) -> Catalog:
    """Every sentence of a context's Python and templates."""
    catalogue = Catalog(locale="en")
    for path in sorted(contexte.rglob("*.py")):
        where = path.relative_to(contexte.parent).as_posix()
        for said_at, sentence, sense in read_python(path.read_text(encoding="utf-8")):
            catalogue.add(sentence, locations=[(where, said_at)], context=sense)
    for path in sorted(p for p in contexte.rglob("templates/**/*") if p.suffix in {".html", ".txt", ".xml"}):
        where = path.relative_to(contexte.parent).as_posix()
        for line, message, _comments, context in extract_from_file(
            "jinja2.ext:babel_extract", path, keywords=MOTS_CLES, options=JINJA
        ):
            catalogue.add(message, locations=[(where, line)], context=context)
    return catalogue


def read_python(source: str) -> Iterator[tuple[int, str | tuple[str, str], str | None]]:
    """The sentences of a Python file: line, sentence (or both its forms), sense. Those inside f-strings too."""
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name) or node.func.id not in MOTS_CLES:
            continue
        words = [a.value for a in node.args if isinstance(a, ast.Constant) and isinstance(a.value, str)]
        sense = words.pop(0) if node.func.id in {"pgettext", "npgettext"} and words else None
        if node.func.id in {"ngettext", "npgettext"}:
            if len(words) == 2:
                yield node.lineno, (words[0], words[1]), sense
        elif words and words[0]:
            yield node.lineno, words[0], sense


def read_catalogue(contexte: Path) -> Catalog:
    """A context's English catalogue; empty when it has none."""
    path = contexte / "locale" / "en.po"
    if not path.exists():
        return Catalog(locale="en")
    with path.open("rb") as file:
        return read_po(file, locale="en")


def update(contexte: Path) -> bool:
    """Write the catalogue of a context again. Returns whether the file changed."""
    sentences = extract(contexte)
    path = contexte / "locale" / "en.po"
    if len(sentences) == 0 and not path.exists():
        return False
    catalogue = read_catalogue(contexte)
    catalogue.update(sentences, no_fuzzy_matching=True)
    catalogue.obsolete.clear()
    output = BytesIO()
    write_po(
        output, catalogue, width=120, omit_header=True, sort_output=True, include_lineno=False, ignore_obsolete=True
    )
    before = path.read_bytes() if path.exists() else b""
    if before == output.getvalue():
        return False
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(output.getvalue())
    return True


def check(contexte: Path) -> Etat:
    """What a context's catalogue lacks or no longer needs."""
    sentences = extract(contexte)
    catalogue = read_catalogue(contexte)
    used = {(m.context, _single(m.id)): m for m in sentences if m.id}
    known = {(m.context, _single(m.id)): m for m in catalogue if m.id}
    missing = [
        f"{message.locations[0][0]}:{message.locations[0][1]} « {key[1]} »"
        for key, message in used.items()
        if key not in known or not _is_translated(known[key].string) or known[key].fuzzy
    ]
    stale = [key[1] for key in known if key not in used]
    return Etat(contexte=contexte.name, total=len(used), manquantes=missing, perimees=stale)


def _single(msgid: Any) -> str:
    return str(msgid if isinstance(msgid, str) else msgid[0])


def _is_translated(string: Any) -> bool:
    return all(string) if isinstance(string, (list, tuple)) else bool(string)
