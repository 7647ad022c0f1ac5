"""Brand colours where a stylesheet cannot compute them: mails, PDF documents, images.

Screens derive everything from two numbers per tenant, a hue and a chroma, in oklch. Mail clients and PDF want sRGB:
the same lightness steps as the light theme of the screens, converted here.
"""

from dataclasses import dataclass
from functools import lru_cache
from math import cos, radians, sin

TEINTE_PAR_DEFAUT = 218.0
CHROMA_PAR_DEFAUT = 0.085


@dataclass(frozen=True, kw_only=True)
class Palette:
    """The few colours a document needs, as `#rrggbb`. `sur_marque` is the text on `marque`, `encre` on the others."""

    encre: str
    encre_2: str
    papier: str
    surface: str
    ligne: str
    marque: str
    sur_marque: str
    marque_douce: str
    marque_moyenne: str


def oklch_to_hex(lightness: float, chroma: float, hue: float) -> str:
    """sRGB colour of an oklch one, `#rrggbb`. A colour outside sRGB loses chroma until it fits.

    Lightness 0..1, chroma 0..0.4, hue in degrees. Source of the matrices: the OKLab definition by Björn Ottosson.
    """
    while True:
        canaux = _oklch_to_srgb(lightness, chroma, hue)
        if chroma <= 0 or all(-0.0005 <= c <= 1.0005 for c in canaux):
            break
        chroma = max(0.0, chroma - 0.004)
    return "#" + "".join(f"{round(255 * min(1.0, max(0.0, c))):02x}" for c in canaux)


def _oklch_to_srgb(lightness: float, chroma: float, hue: float) -> tuple[float, float, float]:
    a, b = chroma * cos(radians(hue)), chroma * sin(radians(hue))
    long = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3
    moyen = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3
    court = (lightness - 0.0894841775 * a - 1.2914855480 * b) ** 3
    return (
        _gamma(4.0767416621 * long - 3.3077115913 * moyen + 0.2309699292 * court),
        _gamma(-1.2684380046 * long + 2.6097574011 * moyen - 0.3413193965 * court),
        _gamma(-0.0041960863 * long - 0.7034186147 * moyen + 1.7076147010 * court),
    )


def _gamma(lineaire: float) -> float:
    if lineaire <= 0.0031308:
        return 12.92 * lineaire
    return float(1.055 * lineaire ** (1 / 2.4)) - 0.055


@lru_cache(maxsize=512)
def palette(brand_h: float = TEINTE_PAR_DEFAUT, brand_c: float = CHROMA_PAR_DEFAUT) -> Palette:
    """Light palette of a brand (hue in degrees, chroma): the lightness steps of the screens' tokens."""
    return Palette(
        encre=oklch_to_hex(0.25, 0.03, brand_h),
        encre_2=oklch_to_hex(0.43, 0.025, brand_h),
        papier=oklch_to_hex(0.972, 0.007, 85),
        surface=oklch_to_hex(0.995, 0.002, 85),
        ligne=oklch_to_hex(0.885, 0.01, 85),
        marque=oklch_to_hex(0.42, brand_c, brand_h),
        sur_marque=oklch_to_hex(0.99, 0.004, brand_h),
        marque_douce=oklch_to_hex(0.94, brand_c * 0.24, brand_h),
        marque_moyenne=oklch_to_hex(0.78, brand_c * 0.8, brand_h),
    )


@lru_cache(maxsize=512)
def palette_sombre(brand_h: float = TEINTE_PAR_DEFAUT, brand_c: float = CHROMA_PAR_DEFAUT) -> Palette:
    """Dark palette of the same brand, for mail clients that follow the reader's theme."""
    return Palette(
        encre=oklch_to_hex(0.955, 0.008, 85),
        encre_2=oklch_to_hex(0.79, 0.014, brand_h),
        papier=oklch_to_hex(0.185, 0.014, brand_h),
        surface=oklch_to_hex(0.225, 0.016, brand_h),
        ligne=oklch_to_hex(0.335, 0.018, brand_h),
        marque=oklch_to_hex(0.79, brand_c * 0.95, brand_h),
        sur_marque=oklch_to_hex(0.2, 0.03, brand_h),
        marque_douce=oklch_to_hex(0.31, brand_c * 0.5, brand_h),
        marque_moyenne=oklch_to_hex(0.47, brand_c * 0.8, brand_h),
    )
