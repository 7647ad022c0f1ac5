"""The language in progress and the catalogues, one `<context>/locale/en.po` each, merged and read once."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import lru_cache
from pathlib import Path

from babel.messages.pofile import read_po

LOCALES = ("fr", "en")
PAQUET = Path(__file__).parents[2]

# What a sentence is looked up by: its gettext context, or None, and its French text (the singular).
Cle = tuple[str | None, str]

_locale: ContextVar[str] = ContextVar("locale", default="fr")


def current_locale() -> str:
    """`fr` or `en`."""
    return _locale.get()


def set_locale(locale: str) -> None:
    """Choose the language of the task in progress. An unknown one is French."""
    _locale.set(locale if locale in LOCALES else "fr")


@contextmanager
def use_locale(locale: str) -> Iterator[None]:
    """Speak another language for the time of a block (a mail to its reader, a PDF)."""
    before = _locale.get()
    set_locale(locale)
    try:
        yield
    finally:
        _locale.set(before)


def catalogue_files(root: Path = PAQUET) -> list[Path]:
    """The English catalogues, one a context."""
    return sorted(root.glob("*/locale/en.po"))


@lru_cache
def load_catalogues() -> dict[Cle, tuple[str, ...]]:
    """English by sentence: one form, or the singular and the plural. What is not translated yet is left out."""
    merged: dict[Cle, tuple[str, ...]] = {}
    for path in catalogue_files():
        with path.open("rb") as file:
            catalogue = read_po(file, locale="en")
        for message in catalogue:
            forms = message.string if isinstance(message.string, (list, tuple)) else (message.string,)
            msgid = message.id if isinstance(message.id, str) else message.id[0]
            if msgid and all(forms) and not message.fuzzy:
                merged[(message.context, msgid)] = tuple(str(form) for form in forms)
    return merged
