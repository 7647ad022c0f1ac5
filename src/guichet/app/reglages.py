"""Every setting, described from the settings themselves."""

from collections.abc import Iterator
from dataclasses import dataclass

from pydantic import AliasChoices, SecretStr
from pydantic_core import PydanticUndefined

from guichet.socle.settings import Settings


@dataclass(frozen=True, kw_only=True)
class Reglage:
    """A setting: the variable that sets it, its other names, its default as a person writes it, what it means."""

    nom: str
    variable: str
    alias: tuple[str, ...]
    defaut: str
    sens: str


def describe_settings() -> Iterator[Reglage]:
    """Every setting in the order of the code. Secrets have no visible default."""
    for name, info in Settings.model_fields.items():
        given = info.validation_alias
        names = [c for c in given.choices if isinstance(c, str)] if isinstance(given, AliasChoices) else []
        variable = names[0] if names else f"GUICHET_{name.upper()}"
        value = info.get_default(call_default_factory=True)
        yield Reglage(
            nom=name,
            variable=variable,
            alias=tuple(names[1:]),
            defaut=_as_written(value),
            sens=info.description or "",
        )


def _as_written(value: object) -> str:
    if isinstance(value, SecretStr):
        return "vide"
    if value is PydanticUndefined:
        return "aucun"
    return "vide" if value is None or str(value) == "" else str(value)
