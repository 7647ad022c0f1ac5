"""Where the words of a map go: towns and departments, never over a pin nor over one another."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Literal

Rect = tuple[float, float, float, float]
Ancre = Literal["start", "middle", "end"]
# Measured on the interface's font at 16 px, semi-bold, with room for the halo.
LARGEUR_LETTRE = 9.2
LARGEUR_CAPITALE = 13.0
HAUTEUR_TEXTE = 18.0


@dataclass(frozen=True, slots=True)
class Etiquette:
    """A text placed on the map."""

    texte: str
    x: float
    y: float
    ancre: Ancre


@dataclass(slots=True)
class Occupation:
    """The rectangles already taken on a canvas of the given size."""

    largeur: float
    hauteur: float
    pris: list[Rect] = field(default_factory=list)

    def take(self, rect: Rect) -> bool:
        """Take a rectangle if it is free and inside; tell whether it was."""
        x0, y0, x1, y1 = rect
        if x0 < 4 or y0 < 4 or x1 > self.largeur - 4 or y1 > self.hauteur - 4:
            return False
        if any(x0 < d and a < x1 and y0 < e and b < y1 for a, b, d, e in self.pris):
            return False
        self.pris.append(rect)
        return True

    def block(self, x: float, y: float, rayon: float) -> None:
        """Keep words away from a pin or a dot."""
        self.pris.append((x - rayon, y - rayon, x + rayon, y + rayon))


def _positions(x: float, y: float, largeur: float, ecart: float) -> Iterator[tuple[float, float, Ancre, Rect]]:
    haut, bas = HAUTEUR_TEXTE * 0.75, HAUTEUR_TEXTE * 0.3
    yield x + ecart, y + 5, "start", (x + ecart, y + 5 - haut, x + ecart + largeur, y + 5 + bas)
    yield x - ecart, y + 5, "end", (x - ecart - largeur, y + 5 - haut, x - ecart, y + 5 + bas)
    for dy in (-ecart, ecart + haut):
        yield x, y + dy, "middle", (x - largeur / 2, y + dy - haut, x + largeur / 2, y + dy + bas)


def place_town(occupation: Occupation, texte: str, x: float, y: float, *, ecart: float = 8) -> Etiquette | None:
    """Put a town's name right, left, above or below its dot, wherever it is free; None if nowhere."""
    for tx, ty, ancre, rect in _positions(x, y, len(texte) * LARGEUR_LETTRE, ecart):
        if occupation.take(rect):
            return Etiquette(texte, tx, ty, ancre)
    return None


def place_area(occupation: Occupation, texte: str, candidats: Sequence[tuple[float, float]]) -> Etiquette | None:
    """Put the name of an area centred on the first free candidate; None if all are taken."""
    demi = len(texte) * LARGEUR_CAPITALE / 2
    for x, y in candidats:
        if occupation.take((x - demi, y - HAUTEUR_TEXTE * 0.75, x + demi, y + HAUTEUR_TEXTE * 0.3)):
            return Etiquette(texte, x, y, "middle")
    return None


def spread(
    points: Sequence[tuple[float, float]], rayon: float, largeur: float, hauteur: float
) -> list[tuple[float, float]]:
    """Push overlapping pins apart and inside the canvas, little by little; the order decides ties."""
    places = [(min(max(x, rayon), largeur - rayon), min(max(y, rayon), hauteur - rayon)) for x, y in points]
    distance = rayon * 2.1
    for _ in range(60):
        calme = True
        for i in range(len(places)):
            for j in range(i):
                (xi, yi), (xj, yj) = places[i], places[j]
                dx, dy = xi - xj, yi - yj
                d = (dx * dx + dy * dy) ** 0.5
                if d >= distance - 0.5:
                    continue
                calme = False
                # Pins at the very same place part along a direction that depends on their number only.
                ux, uy = (dx / d, dy / d) if d > 0.01 else ((1.0, 0.0) if (i + j) % 2 else (0.0, 1.0))
                pas = (distance - d) / 2
                places[i] = _inside(xi + ux * pas, yi + uy * pas, rayon, largeur, hauteur)
                places[j] = _inside(xj - ux * pas, yj - uy * pas, rayon, largeur, hauteur)
        if calme:
            break
    return places


def _inside(x: float, y: float, rayon: float, largeur: float, hauteur: float) -> tuple[float, float]:
    return min(max(x, rayon), largeur - rayon), min(max(y, rayon), hauteur - rayon)
