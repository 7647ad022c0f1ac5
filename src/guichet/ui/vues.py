"""What layouts need to know, as frozen values."""

from dataclasses import dataclass, field
from typing import Any

from guichet.socle.acces import Appelant
from guichet.socle.couleurs import CHROMA_PAR_DEFAUT, TEINTE_PAR_DEFAUT, palette, palette_sombre
from guichet.socle.registre import NavEntry, get_registre


@dataclass(frozen=True, kw_only=True)
class Marque:
    """Who speaks on a page: a tenant, or Guichet itself. Two numbers make its colours (hue in degrees, chroma)."""

    nom: str = "Guichet"
    sous_titre: str = ""
    accueil: str = "/"
    logo: str = ""
    telephone: str = ""
    telephone_heures: str = ""
    brand_h: float = TEINTE_PAR_DEFAUT
    brand_c: float = CHROMA_PAR_DEFAUT

    @property
    def propre(self) -> bool:
        """Has colours of its own: the page says so in a style."""
        return (self.brand_h, self.brand_c) != (TEINTE_PAR_DEFAUT, CHROMA_PAR_DEFAUT)

    @property
    def telephone_lien(self) -> str:
        """The number as a link dials it."""
        return "".join(c for c in self.telephone if c.isdigit() or c == "+")

    @property
    def couleur_claire(self) -> str:
        """Colour around the page in the light theme, `#rrggbb`."""
        return palette(self.brand_h, self.brand_c).surface

    @property
    def couleur_sombre(self) -> str:
        """Colour around the page in the dark theme, `#rrggbb`."""
        return palette_sombre(self.brand_h, self.brand_c).surface


@dataclass(frozen=True, kw_only=True)
class LienNav:
    """A link of a navigation as a page shows it."""

    libelle: str
    url: str
    icone: str
    court: str
    ici: bool
    compte: int = 0


@dataclass(frozen=True, kw_only=True)
class Message:
    """What a toast says."""

    texte: str
    genre: str = "ok"


@dataclass(frozen=True)
class Navigation:
    """`navigation(portail)` in templates: the links of a portal this caller may follow, the current one marked."""

    appelant: Appelant
    chemin: str
    comptes: dict[str, int] = field(default_factory=dict)

    def __call__(self, portail: str) -> list[LienNav]:
        """The links, in the order of the registry."""
        visibles = [
            e
            for e in get_registre().navigation
            if e.portail == portail and (e.permission is None or self.appelant.can(e.permission))
        ]
        ici = self._current(visibles)
        return [
            LienNav(
                libelle=str(e.libelle),
                url=e.url,
                icone=e.icone,
                court=str(e.court or ""),
                ici=e is ici,
                compte=self.comptes.get(e.url, 0),
            )
            for e in visibles
        ]

    def _current(self, entrees: list[NavEntry]) -> NavEntry | None:
        # The longest address that is the page or stands above it: /pro/planning wins over /pro.
        au_dessus = [
            e
            for e in entrees
            if self.chemin == e.url or (e.url != "/" and self.chemin.startswith(e.url.rstrip("/") + "/"))
        ]
        return max(au_dessus, key=lambda e: len(e.url), default=None)


def palette_links(liens: list[LienNav]) -> list[dict[str, Any]]:
    """The links of a navigation as entries of the palette."""
    return [{"texte": lien.libelle, "href": lien.url, "icone": lien.icone} for lien in liens]
