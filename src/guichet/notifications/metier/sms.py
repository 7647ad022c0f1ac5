"""What a text message weighs: alphabet, length, parts (3GPP TS 23.038, 23.040)."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

# The default alphabet of GSM 7-bit, then the characters that take two places behind an escape.
GSM7: Final = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
GSM7_ETENDU: Final = frozenset("\f^{}\\[~]|€")
# Typography that would double the price of a message for nothing a phone shows better.
SIMPLIFIES: Final = str.maketrans(
    {
        "\N{NO-BREAK SPACE}": " ",
        "\N{NARROW NO-BREAK SPACE}": " ",
        "\N{RIGHT SINGLE QUOTATION MARK}": "'",
        "\N{LEFT SINGLE QUOTATION MARK}": "'",
        "\N{LEFT DOUBLE QUOTATION MARK}": '"',
        "\N{RIGHT DOUBLE QUOTATION MARK}": '"',
        "\N{LEFT-POINTING DOUBLE ANGLE QUOTATION MARK}": '"',
        "\N{RIGHT-POINTING DOUBLE ANGLE QUOTATION MARK}": '"',
        "\N{EN DASH}": "-",
        "\N{EM DASH}": "-",
        "\N{HORIZONTAL ELLIPSIS}": "...",
        "\N{LATIN SMALL LIGATURE OE}": "oe",
        "\N{LATIN CAPITAL LIGATURE OE}": "OE",
        "\N{BULLET}": "-",
        "\t": " ",
    }
)
# French letters the alphabet lacks, without their accent: readable, and one part instead of two.
SANS_ACCENT: Final = str.maketrans("âêîôûëïÿçÀÂÈÊËÎÏÔÙÛŸ", "aeioueiycAAEEEIIOUUY")


class Encodage(StrEnum):
    """The alphabet a message travels in."""

    GSM7 = "GSM7"
    UNICODE = "UNICODE"


@dataclass(frozen=True, slots=True)
class Poids:
    """What a text weighs: its alphabet, its units (septets, or UTF-16 units), the parts it is billed as."""

    encodage: Encodage
    unites: int
    segments: int


def simplify(texte: str) -> str:
    """The text in the cheap alphabet where that changes nothing of its sense: typography and missing accents."""
    return texte.translate(SIMPLIFIES).translate(SANS_ACCENT).strip()


def weigh(texte: str) -> Poids:
    """Alphabet, units and parts of a text.

    One part holds 160 septets or 70 units; parts of a longer message hold 153 or 67, and no character (an escaped one, a
    pair of surrogates) is cut between two parts. An empty text is one part.
    """
    if all(c in GSM7 or c in GSM7_ETENDU for c in texte):
        return _poids(Encodage.GSM7, [2 if c in GSM7_ETENDU else 1 for c in texte], seul=160, partie=153)
    return _poids(Encodage.UNICODE, [2 if ord(c) > 0xFFFF else 1 for c in texte], seul=70, partie=67)


def _poids(encodage: Encodage, tailles: list[int], *, seul: int, partie: int) -> Poids:
    unites = sum(tailles)
    if unites <= seul:
        return Poids(encodage, unites, 1)
    segments, reste = 1, partie
    for taille in tailles:
        if taille > reste:
            segments, reste = segments + 1, partie
        reste -= taille
    return Poids(encodage, unites, segments)
