"""The built front-end files: what they are called, where they are, how they are sent.

`scripts/front.mjs` writes them under hashed names with a manifest, and compressed copies beside them.
"""

import json
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from markupsafe import Markup

DOSSIER = Path(__file__).parent / "static"
TYPES = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".svg": "image/svg+xml",
    ".txt": "text/plain; charset=utf-8",
    ".woff2": "font/woff2",
}
PRIVES = {"manifest.json", "icones.json"}


class FrontNotBuilt(RuntimeError):
    """The front-end files are missing: the installation is not finished."""

    def __init__(self) -> None:
        super().__init__("the front-end files are not built: run ./run setup")


@dataclass(frozen=True, kw_only=True)
class Fichier:
    """A file that may be sent: its type and its compressed forms, by content-coding."""

    chemin: Path
    type: str
    codages: dict[str, Path]

    def for_codings(self, accepted: str) -> tuple[Path, str | None]:
        """The lightest form a client accepts: its path and its coding, None for the plain one."""
        offered = {part.split(";")[0].strip() for part in accepted.lower().split(",")}
        for codage in ("br", "gzip"):
            if codage in offered and codage in self.codages:
                return self.codages[codage], codage
        return self.chemin, None


@lru_cache
def _manifeste() -> dict[str, str]:
    try:
        lu: dict[str, str] = json.loads((DOSSIER / "manifest.json").read_text())
    except FileNotFoundError:
        raise FrontNotBuilt from None
    return lu


@lru_cache
def _dessins() -> dict[str, Markup]:
    _manifeste()
    lus = json.loads((DOSSIER / "icones.json").read_text())
    return {nom: Markup(trace) for nom, trace in lus.items()}  # noqa: S704  built from Lucide by our own script


@lru_cache
def get_fichiers() -> dict[str, Fichier]:
    """Every file that may be sent, by name. Nothing else of the disk can be asked for."""
    _manifeste()
    fichiers = {}
    for chemin in DOSSIER.iterdir():
        if chemin.suffix not in TYPES or chemin.name in PRIVES:
            continue
        codages = {
            codage: copie
            for codage, fin in (("br", ".br"), ("gzip", ".gz"))
            if (copie := chemin.with_name(chemin.name + fin)).exists()
        }
        fichiers[chemin.name] = Fichier(chemin=chemin, type=TYPES[chemin.suffix], codages=codages)
    return fichiers


def asset_url(nom: str) -> str:
    """Address of a built file from its stable name (`public.css`). KeyError for a name the build does not make."""
    return f"/static/{_manifeste()[nom]}"


def dessin(nom: str) -> Markup:
    """The inner SVG of an icon. ValueError for a name that is not in `icones.json`."""
    try:
        return _dessins()[nom]
    except KeyError:
        raise ValueError(f"unknown icon {nom!r}: add its Lucide name to src/guichet/ui/icones.json") from None


def icon_names() -> list[str]:
    """The icons of the house."""
    return sorted(_dessins())


def forget_build() -> None:
    """Read the build again (tests, a rebuild under a running server)."""
    for cached in (_manifeste, _dessins, get_fichiers):
        cached.cache_clear()
