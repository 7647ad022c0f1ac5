"""What is wrong with each field, in French: Pydantic's findings as sentences that say what to write instead."""

from collections.abc import Iterable, Mapping
from typing import Any

from guichet.socle.i18n import _, lazy, ngettext

# What pydantic calls it: what the person should know. `{x}` are pydantic's own details.
PHRASES: dict[str, str] = {
    "missing": lazy("À renseigner."),
    "extra_forbidden": lazy("Ce champ n'existe pas."),
    "string_type": lazy("Un texte est attendu."),
    "string_pattern_mismatch": lazy("La forme n'est pas la bonne."),
    "bool_type": lazy("Vrai ou faux est attendu."),
    "bool_parsing": lazy("Vrai ou faux est attendu."),
    "int_type": lazy("Un nombre entier est attendu."),
    "int_parsing": lazy("Un nombre entier est attendu."),
    "int_from_float": lazy("Un nombre entier est attendu."),
    "int_parsing_size": lazy("Ce nombre est trop grand."),
    "float_type": lazy("Un nombre est attendu."),
    "float_parsing": lazy("Un nombre est attendu."),
    "finite_number": lazy("Un nombre est attendu."),
    "decimal_type": lazy("Un nombre est attendu."),
    "decimal_parsing": lazy("Un nombre est attendu."),
    "decimal_max_places": lazy("Chiffres après la virgule : {decimal_places} au plus."),
    "decimal_max_digits": lazy("Chiffres en tout : {max_digits} au plus."),
    "decimal_whole_digits": lazy("Chiffres avant la virgule : {whole_digits} au plus."),
    "greater_than": lazy("Doit être supérieur à {gt}."),
    "greater_than_equal": lazy("Doit être au moins {ge}."),
    "less_than": lazy("Doit être inférieur à {lt}."),
    "less_than_equal": lazy("Doit être au plus {le}."),
    "multiple_of": lazy("Doit être un multiple de {multiple_of}."),
    "uuid_type": lazy("Un identifiant (UUID) est attendu."),
    "uuid_parsing": lazy("Un identifiant (UUID) est attendu."),
    "uuid_version": lazy("Un identifiant (UUID) est attendu."),
    "date_type": lazy("Une date est attendue, par exemple 2026-03-14."),
    "date_parsing": lazy("Une date est attendue, par exemple 2026-03-14."),
    "date_from_datetime_parsing": lazy("Une date est attendue, par exemple 2026-03-14."),
    "date_from_datetime_inexact": lazy("Une date est attendue, sans heure."),
    "date_past": lazy("La date doit être passée."),
    "date_future": lazy("La date doit être à venir."),
    "time_type": lazy("Une heure est attendue, par exemple 14:30."),
    "time_parsing": lazy("Une heure est attendue, par exemple 14:30."),
    "datetime_type": lazy("Un instant est attendu, par exemple 2026-03-14T09:00:00+01:00."),
    "datetime_parsing": lazy("Un instant est attendu, par exemple 2026-03-14T09:00:00+01:00."),
    "datetime_from_date_parsing": lazy("Un instant est attendu, par exemple 2026-03-14T09:00:00+01:00."),
    "datetime_object_invalid": lazy("Un instant est attendu, par exemple 2026-03-14T09:00:00+01:00."),
    "datetime_past": lazy("L'instant doit être passé."),
    "datetime_future": lazy("L'instant doit être à venir."),
    "timezone_aware": lazy("Le décalage horaire manque, par exemple +01:00."),
    "timezone_naive": lazy("Sans décalage horaire."),
    "enum": lazy("À choisir parmi : {expected}."),
    "literal_error": lazy("À choisir parmi : {expected}."),
    "list_type": lazy("Une liste est attendue."),
    "tuple_type": lazy("Une liste est attendue."),
    "set_type": lazy("Une liste est attendue."),
    "dict_type": lazy("Un objet est attendu."),
    "model_type": lazy("Un objet est attendu."),
    "model_attributes_type": lazy("Un objet est attendu."),
    "dataclass_type": lazy("Un objet est attendu."),
    "union_tag_invalid": lazy("À choisir parmi : {expected_tags}."),
    "union_tag_not_found": lazy("Le champ {discriminator} manque."),
    "url_parsing": lazy("Une adresse web est attendue, par exemple https://exemple.fr."),
    "url_scheme": lazy("L'adresse doit commencer par {expected_schemes}."),
    "url_too_long": lazy("Cette adresse est trop longue."),
}
INVALIDE: str = lazy("Cette valeur n'est pas valable.")
SOURCES = frozenset({"body", "query", "path", "header", "cookie", "form"})


def path_of(loc: Iterable[int | str]) -> str:
    """`("body", "client", "email")` as `client.email`; the whole body is `corps`."""
    parts = [str(part) for part in loc]
    if parts and parts[0] in SOURCES:
        parts = parts[1:]
    return ".".join(parts) or "corps"


def phrase(error: Mapping[str, Any]) -> str:
    """One finding of Pydantic as a sentence. A ValueError of our own validators is already one."""
    kind, details = str(error["type"]), dict(error.get("ctx") or {})
    if kind in {"value_error", "assertion_error"}:
        return str(details.get("error") or INVALIDE)
    if kind in {"string_too_short", "string_too_long", "too_short", "too_long", "bytes_too_short", "bytes_too_long"}:
        return _length(kind, details)
    known = PHRASES.get(kind)
    if known is None:
        return str(INVALIDE)
    try:
        return str(known).format(**{k: _plain(v) for k, v in details.items()})
    except KeyError:
        return str(INVALIDE)


def champs(errors: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    """The first finding of each field, by its path."""
    found: dict[str, str] = {}
    for error in errors:
        found.setdefault(path_of(error["loc"]), phrase(error))
    return found


def _length(kind: str, details: dict[str, Any]) -> str:
    if kind == "string_too_short":
        n = int(details["min_length"])
        return _("À renseigner.") if n == 1 else ngettext("Au moins {n} caractère.", "Au moins {n} caractères.", n)
    if kind == "string_too_long":
        return ngettext("Au plus {n} caractère.", "Au plus {n} caractères.", int(details["max_length"]))
    if kind.endswith("too_short"):
        return ngettext("Au moins {n} élément.", "Au moins {n} éléments.", int(details["min_length"]))
    return ngettext("Au plus {n} élément.", "Au plus {n} éléments.", int(details["max_length"]))


def _plain(value: Any) -> str:
    return str(value).replace(" or ", f" {_('ou')} ").replace("'", "")
