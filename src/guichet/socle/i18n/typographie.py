"""French typography as one filter: nobody types a narrow space by hand.

Rules of the Imprimerie nationale as the visual reference applies them: U+202F before `; : ! ?` and `%`, in thousands and
around the "h" of hours; U+00A0 inside guillemets, before units and currencies, between day and month. Applying the
filter twice changes nothing more.
"""

import re

FINE = "\u202f"
INSECABLE = "\u00a0"

# A number, or the place in a sentence where one will be put: 12, {n}, %(n)s.
_NOMBRE = r"(\d|\}|\)[sd])"
_MOIS = "janvier|février|mars|avril|mai|juin|juillet|août|septembre|octobre|novembre|décembre|janv|févr|juil|sept|oct|nov|déc"
_UNITES = "€|k€|M€|km/h|km|cm|mm|m|min|ms|s|Mo|ko|Go|pts?|points?|jours?|mois|places?|ans?|heures?|minutes?|secondes?|semaines?|centres?|kg|g|fois"

_REGLES: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"(?<=[^\W\d_])'(?=\w)"), "’"),
    (re.compile(r"(?<!\.)\.{3}(?!\.)"), "…"),
    (re.compile(r"(?<=\S) ([;!?:])(?=\s|$|[<)»\"”])"), FINE + r"\1"),
    (re.compile(r"« ?(?=\S)"), "«" + INSECABLE),
    (re.compile(r"(?<=[^\s«]) ?»"), INSECABLE + "»"),
    (re.compile(r"(?<=\d) (?=\d{3}(?!\d))"), FINE),
    (re.compile(_NOMBRE + r" h (?=\d{2}\b|\{|%\()"), r"\1" + FINE + "h" + FINE),
    (re.compile(_NOMBRE + r" h\b(?!" + FINE + ")"), r"\1" + INSECABLE + "h"),
    (re.compile(_NOMBRE + r" (?=(?:" + _UNITES + r")(?!\w))"), r"\1" + INSECABLE),
    (re.compile(_NOMBRE + r" (?=%)"), r"\1" + FINE),
    (re.compile(r"\b(\d{1,2}|1er) (?=(?:" + _MOIS + r")\b)"), r"\1" + INSECABLE),
    (re.compile(r"\b(lun|mar|mer|jeu|ven|sam|dim)\. (?=\d)"), r"\1." + INSECABLE),
    (re.compile(r"(?:(?<=\s)|^)(n°|nos|no|M\.|MM\.|Mme|Mmes|Me|art\.) (?=[\dA-ZÉÈ{])"), r"\1" + INSECABLE),
    (re.compile(r"\b(0\d|\+33 \d) (\d\d) (\d\d) (\d\d) (\d\d)\b"), INSECABLE.join([r"\1", r"\2", r"\3", r"\4", r"\5"])),
)


def typo(text: str) -> str:
    """The same French text with its proper spaces, apostrophes and ellipses."""
    for pattern, replacement in _REGLES:
        text = pattern.sub(replacement, text)
    return text
