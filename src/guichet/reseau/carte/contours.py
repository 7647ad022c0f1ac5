"""The outlines the maps are drawn from, and the plane geometry they need."""

import json
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

FICHIER = Path(__file__).parents[1] / "donnees" / "carte.json"

Point = tuple[float, float]
Anneau = Sequence[Point]
Boite = tuple[float, float, float, float]
KM_PAR_DEGRE = 111.19


@dataclass(frozen=True, slots=True)
class Contour:
    """A ring of [lon, lat] points with its bounding box (west, south, east, north)."""

    points: tuple[Point, ...]
    boite: Boite


@dataclass(frozen=True, slots=True)
class Contours:
    """All outlines: departments by code with their name, neighbouring land, and the mainland as one shape."""

    departements: dict[str, tuple[str, tuple[Contour, ...]]]
    voisins: tuple[Contour, ...]
    metropole: tuple[Contour, ...]


def _decode(nombres: list[int]) -> Contour:
    """Undo the coding: thousandths of a degree, each point relative to the one before."""
    x = y = 0
    points: list[Point] = []
    for dx, dy in zip(nombres[::2], nombres[1::2], strict=True):
        x, y = x + dx, y + dy
        points.append((x / 1000, y / 1000))
    xs, ys = [p[0] for p in points], [p[1] for p in points]
    return Contour(tuple(points), (min(xs), min(ys), max(xs), max(ys)))


@cache
def load_contours() -> Contours:
    """Read the outlines, once per process. Raises FileNotFoundError where set-up has not built them."""
    if not FICHIER.exists():
        raise FileNotFoundError("the outlines are not built: run ./run setup")
    brut: dict[str, Any] = json.loads(FICHIER.read_bytes())
    return Contours(
        departements={
            code: (d["nom"], tuple(_decode(a) for a in d["anneaux"])) for code, d in brut["departements"].items()
        },
        voisins=tuple(_decode(a) for a in brut["voisins"]),
        metropole=tuple(_decode(a) for a in brut["metropole"]),
    )


def overlap(a: Boite, b: Boite) -> bool:
    """Tell whether two boxes meet."""
    return a[0] <= b[2] and b[0] <= a[2] and a[1] <= b[3] and b[1] <= a[3]


def clip(points: Iterable[Point], boite: Boite) -> list[Point]:
    """Cut a ring to a box (Sutherland-Hodgman)."""
    reste = list(points)
    for axe, limite, sens in ((0, boite[0], 1), (0, boite[2], -1), (1, boite[1], 1), (1, boite[3], -1)):
        sortie: list[Point] = []
        for i, q in enumerate(reste):
            p = reste[i - 1]
            dp, dq = (p[axe] - limite) * sens, (q[axe] - limite) * sens
            if (dp < 0) != (dq < 0):
                t = dp / (dp - dq)
                sortie.append((p[0] + t * (q[0] - p[0]), p[1] + t * (q[1] - p[1])))
            if dq >= 0:
                sortie.append(q)
        reste = sortie
    return reste


def area_and_centroid(points: Sequence[Point]) -> tuple[float, Point]:
    """Area and centroid of a ring; of a ring without area, its first point."""
    aire = cx = cy = 0.0
    for i, (x1, y1) in enumerate(points):
        x0, y0 = points[i - 1]
        croix = x0 * y1 - x1 * y0
        aire += croix
        cx += (x0 + x1) * croix
        cy += (y0 + y1) * croix
    if abs(aire) < 1e-9:
        return 0.0, points[0] if points else (0.0, 0.0)
    return abs(aire) / 2, (cx / (3 * aire), cy / (3 * aire))


def distance_km(a: tuple[float, float], b: tuple[float, float]) -> float:
    """Kilometres between two [lat, lon] points as the crow flies; exact enough under 500 km."""
    k = math.cos(math.radians((a[0] + b[0]) / 2))
    return math.hypot(a[0] - b[0], (a[1] - b[1]) * k) * KM_PAR_DEGRE
