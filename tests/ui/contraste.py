"""Contrast as WCAG 2 computes it, from the tokens of the stylesheet themselves: nothing is copied by hand."""

import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from guichet.socle.couleurs import oklch_to_hex

TOKENS = (Path(__file__).parents[2] / "src/guichet/ui/styles/tokens.css").read_text()
TEINTE = 85  # --tint-h


@dataclass(frozen=True)
class Theme:
    """One of the two halves of `light-dark()`, with or without the strong contrast."""

    sombre: bool
    fort: bool = False


@lru_cache
def declarations(fort: bool) -> dict[str, str]:
    """Custom properties of the palette; with `fort`, those of `data-contraste="fort"` win."""
    base = re.search(r":root, \.teinte \{(.*?)\n  \}", TOKENS, re.DOTALL)
    strong = re.search(r'\[data-contraste="fort"\] \{(.*?)\n  \}', TOKENS, re.DOTALL)
    assert base
    assert strong
    found = dict(re.findall(r"(--[\w-]+):\s*([^;]+);", base[1] + ";"))
    return found | dict(re.findall(r"(--[\w-]+):\s*([^;]+?)(?:;|$)", strong[1])) if fort else found


def split_arguments(text: str) -> list[str]:
    """Arguments of a function, parentheses respected."""
    depth, start, parts = 0, 0, []
    for n, c in enumerate(text):
        depth += (c == "(") - (c == ")")
        if c == "," and depth == 0:
            parts.append(text[start:n])
            start = n + 1
    return [p.strip() for p in [*parts, text[start:]]]


def number(text: str, h: float, c: float) -> float:
    """A component of an oklch colour: a number, a hue or chroma of the brand, or a product of them."""
    known = {"var(--brand-h)": h, "var(--brand-c)": c, "var(--tint-h)": TEINTE}
    if text.startswith("calc("):
        left, right = text[5:-1].split("*")
        return number(left.strip(), h, c) * float(right)
    return known[text] if text in known else float(text)


def rgb(token: str, theme: Theme, h: float, c: float) -> tuple[float, float, float]:
    """A token as sRGB, 0..1, as the browser shows it (chroma reduced until it fits)."""
    value = declarations(theme.fort)[token]
    if value.startswith("light-dark("):
        value = split_arguments(value[len("light-dark(") : -1])[theme.sombre]
    if value.startswith("#"):
        whole = value[1:] if len(value) == 7 else "".join(2 * digit for digit in value[1:])
    else:
        parts = re.findall(r"calc\([^)]*\([^)]*\)[^)]*\)|var\([^)]*\)|[\d.]+", value[len("oklch(") : -1])
        whole = oklch_to_hex(*(number(part, h, c) for part in parts))[1:]
    return tuple(int(whole[n : n + 2], 16) / 255 for n in (0, 2, 4))  # type: ignore[return-value]


def luminance(colour: tuple[float, float, float]) -> float:
    """Relative luminance."""
    r, g, b = (x / 12.92 if x <= 0.04045 else ((x + 0.055) / 1.055) ** 2.4 for x in colour)
    return 0.2126 * r + 0.7152 * g + 0.0722 * b


def contrast(a: tuple[float, float, float], b: tuple[float, float, float]) -> float:
    """Ratio, from 1 to 21."""
    high, low = sorted((luminance(a), luminance(b)), reverse=True)
    return (high + 0.05) / (low + 0.05)
