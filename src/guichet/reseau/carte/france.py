"""The map of a network: the country, a dot per place, overseas departments in insets when they have one."""

import math
from collections.abc import Iterable, Sequence
from functools import cache

from markupsafe import Markup, escape

from guichet.reseau.carte.contours import Contour, load_contours
from guichet.reseau.carte.dessin import draw_legende, draw_path

LARGEUR = 400
_OUEST, _NORD, _EST, _SUD = -5.2, 51.15, 9.6, 41.3
_K = math.cos(math.radians(46.5))
_ECHELLE = LARGEUR / ((_EST - _OUEST) * _K)
HAUTEUR = round((_NORD - _SUD) * _ECHELLE)
_ENCART = 56
_OUTRE_MER = ("971", "972", "973", "974", "976")
_PAR_LIGNE = 4
_HAUTEUR_LIGNE = _ENCART + 34
# Dots closer than this many canvas units are drawn as one, bigger; a whole country of them needs a coarser grain.
_GRAIN, _GROS_GRAIN, _BEAUCOUP = 7, 12, 500


def draw_carte_france(*, points: Iterable[tuple[float, float]], titre: str, legende: bool = True) -> Markup:
    """Draw a figure: the country with the [lat, lon] points, near ones merged into bigger dots.

    In: points in degrees, the accessible name ("30 centres en France métropolitaine"). Out: safe HTML.
    """
    metropole: list[tuple[float, float]] = []
    encarts: dict[str, list[tuple[float, float]]] = {}
    for lat, lon in points:
        if _OUEST <= lon <= _EST and _SUD <= lat <= _NORD:
            metropole.append(_project(lat, lon))
        elif code := _overseas(lat, lon):
            encarts.setdefault(code, []).append((lat, lon))
    hauteur = HAUTEUR + -(-len(encarts) // _PAR_LIGNE) * _HAUTEUR_LIGNE
    morceaux = [
        f'<svg class="carte carte-fr" viewBox="0 0 {LARGEUR} {hauteur}" role="img" aria-label="{escape(titre)}">',
        _outline(),
        *_dots(metropole),
    ]
    for numero, (code, places) in enumerate(sorted(encarts.items())):
        ligne, colonne = divmod(numero, _PAR_LIGNE)
        morceaux.append(_inset(code, places, 8 + colonne * 98, HAUTEUR + ligne * _HAUTEUR_LIGNE))
    morceaux.append("</svg>")
    dessin = Markup("".join(morceaux))  # noqa: S704  escaped above, the rest is ours
    return Markup('<figure class="carte-cadre">{}{}</figure>').format(dessin, draw_legende() if legende else "")


def _project(lat: float, lon: float) -> tuple[float, float]:
    return (lon - _OUEST) * _K * _ECHELLE, (_NORD - lat) * _ECHELLE


@cache
def _outline() -> str:
    trace = "".join(draw_path(_project(lat, lon) for lon, lat in c.points) for c in load_contours().metropole)
    return f'<path class="terre" d="{trace}"/>'


def _dots(places: Sequence[tuple[float, float]]) -> list[str]:
    """Merge places by grain; the size of a dot grows with how many it stands for."""
    grains: dict[tuple[int, int], list[tuple[float, float]]] = {}
    grain = _GRAIN if len(places) < _BEAUCOUP else _GROS_GRAIN
    for x, y in places:
        grains.setdefault((int(x // grain), int(y // grain)), []).append((x, y))
    morceaux = []
    for groupe in grains.values():
        x = sum(p[0] for p in groupe) / len(groupe)
        y = sum(p[1] for p in groupe) / len(groupe)
        rayon = min(7.0, 2.2 + 0.9 * math.sqrt(len(groupe)))
        classe = "pt b" if len(groupe) > 1 else "pt"
        morceaux.append(f'<circle class="{classe}" cx="{x:.0f}" cy="{y:.0f}" r="{rayon:.1f}"/>')
    return morceaux


def _overseas(lat: float, lon: float) -> str | None:
    for code in _OUTRE_MER:
        for c in load_contours().departements[code][1]:
            if c.boite[0] - 0.1 <= lon <= c.boite[2] + 0.1 and c.boite[1] - 0.1 <= lat <= c.boite[3] + 0.1:
                return code
    return None


def _inset(code: str, points: Sequence[tuple[float, float]], x0: float, y0: float) -> str:
    nom, contours = load_contours().departements[code]
    ouest, sud, est, nord = _bounds(contours)
    k = math.cos(math.radians((sud + nord) / 2))
    echelle = _ENCART / max((est - ouest) * k, nord - sud)

    def place(lat: float, lon: float) -> tuple[float, float]:
        return x0 + (lon - ouest) * k * echelle, y0 + (nord - lat) * echelle

    trace = "".join(draw_path(place(lat, lon) for lon, lat in c.points) for c in contours)
    texte = f'<text x="{x0:.0f}" y="{y0 + _ENCART + 20:.0f}">{escape(nom.removeprefix("La "))}</text>'
    return f'<path class="terre" d="{trace}"/>{"".join(_dots([place(*p) for p in points]))}{texte}'


def _bounds(contours: Sequence[Contour]) -> tuple[float, float, float, float]:
    boites = [c.boite for c in contours]
    return min(b[0] for b in boites), min(b[1] for b in boites), max(b[2] for b in boites), max(b[3] for b in boites)
