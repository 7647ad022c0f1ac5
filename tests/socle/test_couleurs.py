from dataclasses import asdict

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guichet.socle.couleurs import Palette, oklch_to_hex, palette, palette_sombre

teintes = st.floats(min_value=0, max_value=360)
chromas = st.floats(min_value=0, max_value=0.2)


def luminance(couleur: str) -> float:
    canaux = [int(couleur[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    lineaires = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in canaux]
    return 0.2126 * lineaires[0] + 0.7152 * lineaires[1] + 0.0722 * lineaires[2]


def contrast(une: str, autre: str) -> float:
    claire, foncee = sorted((luminance(une), luminance(autre)), reverse=True)
    return (claire + 0.05) / (foncee + 0.05)


@pytest.mark.parametrize(
    ("oklch", "attendu"),
    [
        ((1, 0, 0), "#ffffff"),
        ((0, 0, 0), "#000000"),
        ((0.627955, 0.257683, 29.234), "#ff0000"),
        ((0.51975, 0.17686, 142.495), "#008000"),
    ],
)
def test_known_colours(oklch: tuple[float, float, float], attendu: str):
    assert oklch_to_hex(*oklch) == attendu


@given(st.floats(0, 1), st.floats(0, 0.4), teintes)
def test_every_colour_fits_srgb(lightness: float, chroma: float, hue: float):
    couleur = oklch_to_hex(lightness, chroma, hue)
    assert len(couleur) == 7
    int(couleur[1:], 16)


@given(teintes, chromas)
def test_text_is_readable_for_every_brand_in_both_themes(hue: float, chroma: float):
    for p in (palette(hue, chroma), palette_sombre(hue, chroma)):
        for texte, fond in textes(p):
            assert contrast(texte, fond) >= 4.5


def textes(p: Palette) -> list[tuple[str, str]]:
    return [
        *((encre, fond) for encre in (p.encre, p.encre_2) for fond in (p.papier, p.surface, p.marque_douce)),
        (p.marque, p.papier),
        (p.marque, p.surface),
        (p.sur_marque, p.marque),
    ]


def test_a_palette_is_made_of_plain_colours():
    assert all(valeur.startswith("#") for valeur in asdict(palette()).values())
