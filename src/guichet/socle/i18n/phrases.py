"""gettext for French identifiers: look the sentence up in the language in progress, set its typography, fill its fields."""

from typing import Any

from guichet.socle.i18n.catalogues import Cle, current_locale, load_catalogues
from guichet.socle.i18n.typographie import typo

_prets: dict[tuple[str, str | None, str], tuple[str, ...]] = {}


def _forms(contexte: str | None, singulier: str, pluriel: str | None = None) -> tuple[str, ...]:
    locale = current_locale()
    key = (locale, contexte, singulier)
    ready = _prets.get(key)
    if ready is None or (pluriel is not None and len(ready) == 1):
        ready = _prets[key] = _prepare(locale, (contexte, singulier), pluriel)
    return ready


def _prepare(locale: str, cle: Cle, pluriel: str | None) -> tuple[str, ...]:
    french = (cle[1],) if pluriel is None else (cle[1], pluriel)
    if locale != "fr":
        english = load_catalogues().get(cle)
        if english is not None and len(english) >= len(french):
            return english
    return tuple(typo(form) for form in french)


def _form_for(count: float) -> int:
    # 0 and 1 are singular in French; only 1 is in English.
    if current_locale() == "fr":
        return 0 if abs(count) < 2 else 1
    return 0 if count == 1 else 1


def gettext(msgid: str) -> str:
    """The sentence in the language in progress, fields not filled in (Jinja fills them)."""
    return _forms(None, msgid)[0] if msgid else ""


def ngettext(singulier: str, pluriel: str, n: float, **values: object) -> str:
    """The right one of two sentences for a count; `{n}` and the other fields are filled in when given."""
    chosen = _forms(None, singulier, pluriel)[_form_for(n)]
    return chosen.format(n=n, **values) if "{" in chosen else chosen


def pgettext(contexte: str, msgid: str, **values: object) -> str:
    """The sentence in one of its senses: `contexte` tells apart what French says with the same words."""
    chosen = _forms(contexte, msgid)[0]
    return chosen.format(**values) if values else chosen


def npgettext(contexte: str, singulier: str, pluriel: str, n: float, **values: object) -> str:
    """`ngettext` in one of its senses."""
    chosen = _forms(contexte, singulier, pluriel)[_form_for(n)]
    return chosen.format(n=n, **values) if "{" in chosen else chosen


def _(msgid: str, **values: object) -> str:
    """The sentence in the language in progress, with `{name}` fields filled in."""
    sentence = gettext(msgid)
    return sentence.format(**values) if values else sentence


class Paresseuse(str):
    """A sentence named at import and said later, in the language of whoever reads it."""

    __slots__ = ()

    def __str__(self) -> str:
        return gettext(str.__str__(self))

    def __format__(self, spec: str) -> str:
        return format(str(self), spec)

    def __html__(self) -> str:
        from markupsafe import escape  # noqa: PLC0415  only templates ask

        return str(escape(str(self)))


def lazy(msgid: str) -> Any:
    """A sentence for module level: shown, it speaks the language of the moment; stored, it is the French text."""
    return Paresseuse(msgid)
