"""Charts as geometry: numbers in, coordinates of an SVG out, with the same figures as a table.

Drawn by the macros `barres`, `courbe` and `sparkline`. No colour, no word of its own: CSS and callers bring them.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, floor, log10

LARGEUR = 600
ETROIT = 340  # few bars: readable on a phone without scrolling
PEU = 6
BAS = 28  # room for the names under the axis
HAUT = 12


@dataclass(frozen=True, kw_only=True)
class Graduation:
    """A horizontal line of the scale."""

    valeur: float
    y: float
    texte: str


@dataclass(frozen=True, kw_only=True)
class Barre:
    """A bar: its outline, its reference line if any, where its words stand."""

    nom: str
    court: str
    texte: str
    trace: str
    milieu: float
    gauche: float
    droite: float
    haut: float
    reference: float | None
    accent: bool
    en_cours: bool


@dataclass(frozen=True, kw_only=True)
class Etiquette:
    """A word under a curve."""

    x: float
    texte: str
    ancre: str


@dataclass(frozen=True, kw_only=True)
class Graphique:
    """What every chart has: its frame, its scale and its figures."""

    titre: str
    largeur: int
    hauteur: int
    marge: int
    abscisse: str
    series: tuple[str, ...]
    lignes: tuple[tuple[str, tuple[str, ...]], ...]
    graduations: tuple[Graduation, ...]

    @property
    def is_narrow(self) -> bool:
        """Fits a phone as it is."""
        return self.largeur < LARGEUR


@dataclass(frozen=True, kw_only=True)
class GraphiqueBarres(Graphique):
    """Bars side by side."""

    barres: tuple[Barre, ...]


@dataclass(frozen=True, kw_only=True)
class GraphiqueCourbe(Graphique):
    """A line and the area under it."""

    trait: str
    aire: str
    dernier: tuple[float, float]
    seuil: float | None
    etiquettes: tuple[Etiquette, ...]


@dataclass(frozen=True, kw_only=True)
class Sparkline:
    """A line without scale."""

    largeur: int
    hauteur: int
    trait: str
    aire: str


def scale(maximum: float, pas_voulus: int = 4) -> list[float]:
    """Round graduations from 0 to at least `maximum`: steps of 1, 2, 2.5 or 5 times a power of ten.

    A maximum too small to be written (under 0.1) gives the scale of 1.
    """
    if maximum < 0.1:
        return [0.0, 1.0]
    brut = maximum / pas_voulus
    puissance = 10.0 ** floor(log10(brut))
    pas = next(p for m in (1, 2, 2.5, 5, 10) if (p := m * puissance) >= brut * (1 - 1e-9))
    return [round(n * pas, 10) for n in range(ceil(maximum / pas - 1e-9) + 1)]


def format_valeur(valeur: float, unite: str = "") -> str:
    """A figure as French writes it: `1 234,5` with narrow no-break spaces, at most one decimal, then the unit."""
    arrondi = round(valeur, 1)
    texte = f"{arrondi:,.0f}" if float(arrondi).is_integer() else f"{arrondi:,.1f}"
    texte = texte.replace(",", "\u202f").replace(".", ",").replace("-", "−")
    return f"{texte}\u00a0{unite}" if unite else texte


def _r(valeur: float) -> float:
    return round(valeur, 1)


def _marge(graduations: Sequence[float]) -> int:
    longueur = max(len(format_valeur(g)) for g in graduations)
    return 14 + 8 * longueur


def _echelle(maximum: float, hauteur: int) -> tuple[list[float], float]:
    graduations = scale(maximum)
    return graduations, (hauteur - BAS - HAUT) / graduations[-1]


def bars(
    valeurs: Sequence[tuple[str, float] | tuple[str, str, float]],
    titre: str,
    *,
    reference: Sequence[float] = (),
    serie: str = "",
    serie_reference: str = "",
    abscisse: str = "",
    unite: str = "",
    accent: int | None = None,
    en_cours: int | None = None,
    hauteur: int = 210,
) -> GraphiqueBarres:
    """Bars of `(nom, valeur)` or `(nom, court, valeur)`, each with its reference (last year's) as a dotted line.

    `accent` and `en_cours` are the indices of the bar to look at and of the one still growing; -1 is the last.
    Negative values are drawn as zero. ValueError without values or with references of another length.
    """
    if not valeurs:
        raise ValueError("a chart needs values: show an empty state instead")
    if reference and len(reference) != len(valeurs):
        raise ValueError("as many references as values")
    noms = [v[0] for v in valeurs]
    courts = [str(v[1]) if len(v) == 3 else v[0] for v in valeurs]
    nombres = [float(v[-1]) for v in valeurs]
    graduations, par_unite = _echelle(max([*nombres, *reference]), hauteur)
    marge = _marge(graduations)
    largeur = ETROIT if len(nombres) <= PEU else LARGEUR
    pas = (largeur - marge) / len(nombres)

    def y(valeur: float) -> float:
        return _r(hauteur - BAS - max(0.0, valeur) * par_unite)

    def is_at(indice: int | None, n: int) -> bool:
        return indice is not None and indice % len(nombres) == n

    barres = []
    for n, valeur in enumerate(nombres):
        x, large = marge + n * pas + pas * 0.2, pas * 0.6
        rayon = min(3.0, (y(0) - y(valeur)), large / 2)
        barres.append(
            Barre(
                nom=noms[n],
                court=courts[n],
                texte=format_valeur(valeur, unite),
                trace=f"M{_r(x)} {y(0)}V{_r(y(valeur) + rayon)}q0-{_r(rayon)} {_r(rayon)}-{_r(rayon)}h{_r(large - 2 * rayon)}"
                f"q{_r(rayon)} 0 {_r(rayon)} {_r(rayon)}V{y(0)}z",
                milieu=_r(x + large / 2),
                gauche=_r(marge + n * pas + pas * 0.1),
                droite=_r(marge + n * pas + pas * 0.9),
                haut=y(valeur),
                reference=y(reference[n]) if reference else None,
                accent=is_at(accent, n),
                en_cours=is_at(en_cours, n),
            )
        )
    return GraphiqueBarres(
        titre=titre,
        largeur=largeur,
        hauteur=hauteur,
        marge=marge,
        abscisse=abscisse,
        series=(serie or titre, *([serie_reference] if reference else [])),
        lignes=tuple(
            (noms[n], tuple(format_valeur(v, unite) for v in (nombres[n], *([reference[n]] if reference else []))))
            for n in range(len(noms))
        ),
        graduations=tuple(Graduation(valeur=g, y=y(g), texte=format_valeur(g)) for g in graduations),
        barres=tuple(barres),
    )


def curve(
    points: Sequence[tuple[str, float]],
    titre: str,
    *,
    serie: str = "",
    abscisse: str = "",
    unite: str = "",
    seuil: float | None = None,
    hauteur: int = 190,
    etiquettes: int = 6,
) -> GraphiqueCourbe:
    """A line through `(nom, valeur)`, evenly spaced, with its limit (`seuil`) if any; at most `etiquettes` names below.

    ValueError with fewer than two points.
    """
    if len(points) < 2:
        raise ValueError("a curve needs two points: show the figure instead")
    nombres = [float(v) for _, v in points]
    graduations, par_unite = _echelle(max([*nombres, seuil or 0]), hauteur)
    marge = _marge(graduations)
    dernier = len(nombres) - 1

    def x(n: float) -> float:
        return _r(marge + n * (LARGEUR - marge - 6) / dernier)

    def y(valeur: float) -> float:
        return _r(hauteur - BAS - max(0.0, valeur) * par_unite)

    trait = "M" + "L".join(f"{x(n)} {y(v)}" for n, v in enumerate(nombres))
    combien = min(etiquettes, len(points))
    indices = [round(k * dernier / (combien - 1)) for k in range(combien)]
    return GraphiqueCourbe(
        titre=titre,
        largeur=LARGEUR,
        hauteur=hauteur,
        marge=marge,
        abscisse=abscisse,
        series=(serie or titre,),
        lignes=tuple((nom, (format_valeur(v, unite),)) for nom, v in points),
        graduations=tuple(Graduation(valeur=g, y=y(g), texte=format_valeur(g)) for g in graduations),
        trait=trait,
        aire=f"{trait}L{x(dernier)} {y(0)}L{x(0)} {y(0)}z",
        dernier=(x(dernier), y(nombres[-1])),
        seuil=y(seuil) if seuil is not None else None,
        etiquettes=tuple(
            Etiquette(x=x(n), texte=points[n][0], ancre="start" if n == 0 else "end" if n == dernier else "middle")
            for n in indices
        ),
    )


def spark(valeurs: Sequence[float], *, largeur: int = 120, hauteur: int = 32) -> Sparkline:
    """The shape of a series, from its lowest to its highest value. A single value, or equal ones, draw a flat line."""
    serie = [float(v) for v in valeurs] or [0.0]
    if len(serie) == 1:
        serie *= 2
    bas, haut = min(serie), max(serie)
    etendue = (haut - bas) or 1.0
    pas = largeur / (len(serie) - 1)
    points = [(_r(n * pas), _r(hauteur - 3 - (v - bas) / etendue * (hauteur - 6))) for n, v in enumerate(serie)]
    trait = "M" + "L".join(f"{x} {y}" for x, y in points)
    return Sparkline(largeur=largeur, hauteur=hauteur, trait=trait, aire=f"{trait}L{largeur} {hauteur}L0 {hauteur}z")
