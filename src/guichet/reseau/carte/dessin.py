"""The map of a search: outline, radius, towns, numbered pins that are links."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

from markupsafe import Markup, escape

from guichet.reseau.carte.contours import (
    KM_PAR_DEGRE,
    Boite,
    Contour,
    Point,
    area_and_centroid,
    clip,
    distance_km,
    load_contours,
    overlap,
)
from guichet.reseau.carte.etiquettes import Etiquette, Occupation, place_area, place_town, spread
from guichet.reseau.lieux import load_table
from guichet.reseau.lieux.table import Table
from guichet.socle.i18n import _, lazy, typo

LARGEUR = 400
HAUTEUR = 408
RAYON_EPINGLE = 14
EPINGLES_MAX = 40
_VILLES_MAX = 9
# Around the circle, so that its label and the pins near it fit.
_MARGE = 1.14
_KM_MIN = 3.0
# A department whose visible part is smaller than this share of the map is not named.
_PART_NOMMEE = 0.06
_SOURCES = lazy(
    "Fond de carte : Natural Earth et svg-maps (CC BY 4.0). Communes : INSEE, La Poste (Licence Ouverte) et GeoNames (CC BY 4.0)."
)


@dataclass(frozen=True, kw_only=True)
class PointCarte:
    """A place on the map. With `href` it is a link read as `titre`; without `numero` it is a plain dot.

    `plein`: shown muted (a full centre, one that cannot be booked online).
    """

    lat: float
    lon: float
    titre: str
    numero: int | None = None
    href: str | None = None
    plein: bool = False


@dataclass(frozen=True, slots=True)
class Cadre:
    """A window on the earth: `echelle` is canvas units per degree of latitude."""

    lat: float
    lon: float
    echelle: float
    k: float

    def project(self, lat: float, lon: float) -> Point:
        """Canvas position of a point, y downwards."""
        return (
            LARGEUR / 2 + (lon - self.lon) * self.k * self.echelle,
            HAUTEUR / 2 - (lat - self.lat) * self.echelle,
        )

    @property
    def boite(self) -> Boite:
        """What the window shows, with a border of a tenth so that cut edges stay outside."""
        dx = LARGEUR * 0.6 / (self.echelle * self.k)
        dy = HAUTEUR * 0.6 / self.echelle
        return self.lon - dx, self.lat - dy, self.lon + dx, self.lat + dy


def frame(lat: float, lon: float, rayon_km: float, points: Sequence[PointCarte]) -> Cadre:
    """Choose the window: the whole circle, or closer when every point is near the middle."""
    loin = max((distance_km((lat, lon), (p.lat, p.lon)) for p in points), default=rayon_km)
    demi_km = max(_KM_MIN, min(rayon_km, loin * 1.1)) * _MARGE
    # Rounded so that nearby searches share their background.
    demi_km = round(demi_km, 1)
    return Cadre(
        lat=round(lat, 3),
        lon=round(lon, 3),
        echelle=LARGEUR / 2 / demi_km * KM_PAR_DEGRE,
        k=math.cos(math.radians(round(lat, 3))),
    )


def draw_carte(
    *,
    lat: float,
    lon: float,
    rayon_km: float,
    points: Sequence[PointCarte],
    titre: str,
    depart: str | None = None,
) -> Markup:
    """Draw a figure: the map around a point and, under it, where its data come from.

    In: degrees, kilometres, the points in the order of the list (at most 40 are drawn), the accessible name of the map,
    what stands at the middle ("Votre point de départ, Lyon 3e"). Out: safe HTML without any style attribute.
    """
    visibles = points[:EPINGLES_MAX]
    cadre = frame(lat, lon, rayon_km, visibles)
    occupation = Occupation(LARGEUR, HAUTEUR)
    places = spread([cadre.project(p.lat, p.lon) for p in visibles], RAYON_EPINGLE, LARGEUR, HAUTEUR)
    for x, y in places:
        occupation.block(x, y, RAYON_EPINGLE + 1)
    mx, my = cadre.project(lat, lon)
    ici = escape(depart or _("Point de départ"))
    occupation.block(mx, my, 9)
    morceaux = [
        f'<svg class="carte" viewBox="0 0 {LARGEUR} {HAUTEUR}" role="group" aria-label="{escape(titre)}">',
        f'<g aria-hidden="true">{_background(cadre)}{_circle(cadre, occupation, lat, lon, rayon_km)}',
        *_words(cadre, occupation),
        "</g>",
        f'<circle class="moi" cx="{mx:.0f}" cy="{my:.0f}" r="7"><title>{ici}</title></circle>',
        *(_pin(p, cadre.project(p.lat, p.lon), place) for p, place in zip(visibles, places, strict=True)),
        "</svg>",
    ]
    dessin = Markup("".join(morceaux))  # noqa: S704  escaped above, the rest is ours
    return Markup('<figure class="carte-cadre">{}{}{}</figure>').format(dessin, draw_legende(), _tools())


def draw_legende() -> Markup:
    """Say where the map and the positions come from, as their licences ask."""
    return Markup('<figcaption class="carte-sources"><details><summary>{}</summary>{}</details></figcaption>').format(
        _("Sources de la carte"), _SOURCES
    )


def _tools() -> Markup:
    """The buttons a script takes out of their template; without it they would do nothing and are not shown."""
    boutons = (
        ("plus", _("Agrandir la carte"), "M12 5v14M5 12h14"),
        ("moins", _("Réduire la carte"), "M5 12h14"),
        ("tout", _("Voir toute la carte"), "M4 9V4h5M20 9V4h-5M4 15v5h5M20 15v5h-5"),
    )
    bouton = Markup(
        '<button type="button" class="btn icon" data-zoom="{}" aria-label="{}">'
        '<svg class="i" viewBox="0 0 24 24" aria-hidden="true"><path d="{}"/></svg></button>'
    )
    return Markup(
        '<template data-dessin="outils"><div class="carte-outils" role="group" aria-label="{}">{}</div></template>'
    ).format(_("Taille de la carte"), Markup("").join(bouton.format(*b) for b in boutons))


def draw_path(points: Iterable[Point]) -> str:
    """Write a closed path with whole numbers, dropping points that fall together."""
    morceaux: list[str] = []
    px = py = 0
    for x, y in points:
        ix, iy = round(x), round(y)
        if not morceaux:
            morceaux.append(f"M{ix} {iy}")
        elif ix == px and iy == py:
            continue
        else:
            morceaux.append(f"{'l' if len(morceaux) == 1 else ' '}{ix - px} {iy - py}")
        px, py = ix, iy
    return "".join(morceaux) + "z" if len(morceaux) > 2 else ""


def _shape(cadre: Cadre, contours: Iterable[Contour]) -> str:
    boite = cadre.boite
    return "".join(
        draw_path(cadre.project(lat, lon) for lon, lat in clip(c.points, boite))
        for c in contours
        if overlap(c.boite, boite)
    )


@lru_cache(maxsize=512)
def _background(cadre: Cadre) -> str:
    """Draw neighbouring land, then each department; the one in the middle stands out."""
    contours = load_contours()
    morceaux = []
    if voisins := _shape(cadre, contours.voisins):
        morceaux.append(f'<path class="terre autre voisin" d="{voisins}"/>')
    for departement in contours.departements.values():
        if trace := _shape(cadre, departement[1]):
            classe = "terre" if _contains(departement[1], (cadre.lon, cadre.lat)) else "terre autre"
            morceaux.append(f'<path class="{classe}" d="{trace}"/>')
    return "".join(morceaux)


def _contains(contours: Iterable[Contour], point: Point) -> bool:
    x, y = point
    dedans = False
    for c in contours:
        if not (c.boite[0] <= x <= c.boite[2] and c.boite[1] <= y <= c.boite[3]):
            continue
        for i, (xi, yi) in enumerate(c.points):
            xj, yj = c.points[i - 1]
            if (yi > y) != (yj > y) and x < (xj - xi) * (y - yi) / (yj - yi) + xi:
                dedans = not dedans
    return dedans


def _circle(cadre: Cadre, occupation: Occupation, lat: float, lon: float, rayon_km: float) -> str:
    x, y = cadre.project(lat, lon)
    rayon = rayon_km / KM_PAR_DEGRE * cadre.echelle
    trace = f'<circle class="rayon" cx="{x:.0f}" cy="{y:.0f}" r="{rayon:.0f}"/>'
    texte = typo(_("{km} km", km=f"{rayon_km:g}"))
    etiquette = place_area(occupation, texte, [(x, y - rayon - 7), (x, y + rayon + 17), (x, y - rayon + 18)])
    return trace + (_text(etiquette) if etiquette else "")


def _text(etiquette: Etiquette, classe: str = "") -> str:
    attribut = f' class="{classe}"' if classe else ""
    return (
        f'<text{attribut} x="{etiquette.x:.0f}" y="{etiquette.y:.0f}" text-anchor="{etiquette.ancre}">'
        f"{escape(etiquette.texte)}</text>"
    )


def _words(cadre: Cadre, occupation: Occupation) -> list[str]:
    """Name the biggest towns that find room, then the departments one sees enough of."""
    morceaux = []
    villes = 0
    for nom, x, y in _towns(cadre):
        if villes == _VILLES_MAX:
            break
        if etiquette := place_town(occupation, nom, x, y):
            villes += 1
            occupation.block(x, y, 4)
            morceaux.append(f'<circle class="pt" cx="{x:.0f}" cy="{y:.0f}" r="3"/>{_text(etiquette, "ville")}')
    for nom, candidats in _departments(cadre):
        if etiquette := place_area(occupation, nom, candidats):
            morceaux.append(_text(etiquette, "dep"))
    return morceaux


@lru_cache(maxsize=512)
def _towns(cadre: Cadre) -> tuple[tuple[str, float, float], ...]:
    """Well-placed towns inside the window, the most populated first, thinned out."""
    table: Table = load_table()
    ouest, sud, est, nord = (round(v * 1e4) for v in cadre.boite)
    trouvees: list[tuple[str, float, float]] = []
    for rang in range(len(table.noms)):
        if not (sud < table.lat[rang] < nord and ouest < table.lon[rang] < est):
            continue
        if table.types[rang] != "0" or table.approches[rang] == "1":
            continue
        x, y = cadre.project(table.lat[rang] / 1e4, table.lon[rang] / 1e4)
        if 0 < x < LARGEUR and 0 < y < HAUTEUR and all(abs(x - a) + abs(y - b) > 55 for _nom, a, b in trouvees):
            trouvees.append((table.noms[rang], x, y))
            if len(trouvees) == 3 * _VILLES_MAX:
                break
    return tuple(trouvees)


@lru_cache(maxsize=512)
def _departments(cadre: Cadre) -> tuple[tuple[str, tuple[Point, ...]], ...]:
    """Names of the departments one sees enough of, with places to write them; none when there is only one."""
    noms: list[tuple[str, tuple[Point, ...]]] = []
    ecran: Boite = (0, 0, LARGEUR, HAUTEUR)
    for nom, contours in load_contours().departements.values():
        for c in contours:
            if not overlap(c.boite, cadre.boite):
                continue
            aire, (x, y) = area_and_centroid(clip((cadre.project(lat, lon) for lon, lat in c.points), ecran))
            if aire > _PART_NOMMEE * LARGEUR * HAUTEUR:
                noms.append((nom.upper(), ((x, y), (x, y - 40), (x, y + 40), (x - 60, y), (x + 60, y))))
    return tuple(noms) if len(noms) > 1 else ()


def _pin(point: PointCarte, vrai: Point, place: Point) -> str:
    x, y = place
    titre = escape(point.titre)
    classe = "pin plein" if point.plein else "pin"
    ecart = math.hypot(x - vrai[0], y - vrai[1])
    # Where a displaced pin really is, for the script that spreads them again on a closer map.
    position = f' data-x="{vrai[0]:.1f}" data-y="{vrai[1]:.1f}"' if ecart > 0.5 else ""
    fil = (
        f'<line class="fil" x1="{vrai[0]:.0f}" y1="{vrai[1]:.0f}" x2="{x:.0f}" y2="{y:.0f}"/>'
        if ecart > RAYON_EPINGLE
        else ""
    )
    numero = "" if point.numero is None else f'<text x="{x:.1f}" y="{y + 5.4:.1f}">{point.numero}</text>'
    rayon = RAYON_EPINGLE if point.numero is not None else 6
    dessin = f'{fil}<circle cx="{x:.1f}" cy="{y:.1f}" r="{rayon}"/>{numero}'
    if point.href is None:
        return f'<g class="{classe}" role="img" aria-label="{titre}"{position}>{dessin}</g>'
    return f'<a class="{classe}" href="{escape(point.href)}" aria-label="{titre}"{position}>{dessin}</a>'
