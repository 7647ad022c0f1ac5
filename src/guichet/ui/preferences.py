"""How a person wants screens drawn: theme, contrast, size of text. Kept in one cookie, read at every page.

The cookie holds nothing personal and needs no consent: it exists only when the person chose something.
"""

from dataclasses import dataclass, fields, replace

COOKIE = "guichet_affichage"
DUREE = 365 * 24 * 3600

AUTO = "auto"  # what a form sends to follow the device again: an empty value would mean "not sent"
VALEURS: dict[str, tuple[str, ...]] = {
    "theme": ("", "clair", "sombre"),
    "contraste": ("", "fort"),
    "taille": ("", "grand", "tres-grand"),
    "nav": ("", "rail"),
}


@dataclass(frozen=True, kw_only=True)
class Affichage:
    """The choices of a person; an empty one follows the device."""

    theme: str = ""
    contraste: str = ""
    taille: str = ""
    nav: str = ""

    def to_cookie(self) -> str:
        """The cookie's value; empty when everything follows the device."""
        return "|".join(f"{f.name}:{v}" for f in fields(self) if (v := getattr(self, f.name)))

    def with_choices(self, **choices: str) -> "Affichage":
        """The same with other choices; `auto` follows the device. Unknown names or values change nothing."""
        voulus = {nom: "" if v == AUTO else v for nom, v in choices.items()}
        return replace(self, **{nom: v for nom, v in voulus.items() if v in VALEURS.get(nom, ())})


def read_affichage(cookie: str | None) -> Affichage:
    """The choices in a cookie, whatever it holds."""
    parts = (part.partition(":") for part in (cookie or "").split("|"))
    return Affichage().with_choices(**{nom: valeur for nom, _, valeur in parts})


def local_path(adresse: str) -> str:
    """`adresse` if it stays on this site, else `/`: where a form may send its reader back.

    Only a path is kept: no scheme, no host, no backslash (browsers read `/\\evil` as another host).
    """
    if adresse.startswith("/") and not adresse.startswith("//") and "\\" not in adresse and adresse.isprintable():
        return adresse
    return "/"
