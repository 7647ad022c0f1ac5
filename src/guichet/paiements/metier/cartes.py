"""Card data never reaches Guichet: a body that carries any is refused, whatever the rest of it says."""

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from guichet.socle.errors import Invalid
from guichet.socle.i18n import _

CHAMPS_CARTE: Final = frozenset(
    {
        "carte", "card", "numerocarte", "cardnumber", "number", "pan", "cvc", "cvv", "cvv2", "cryptogramme", "expiry",
        "cardexpiry", "cardcvc", "expmonth", "expyear", "expiration", "dateexpiration", "titulaire", "cardholder",
    }
)  # fmt: skip
_PAN: Final = re.compile(r"(?:\d[ -]?){13,19}")


def is_card_number(texte: str) -> bool:
    """True for 13 to 19 digits, spaces and dashes aside, whose check digit is right (ISO/IEC 7812)."""
    if not _PAN.fullmatch(texte.strip()):
        return False
    chiffres = [int(c) for c in texte if c.isdigit()]
    doubles = [d * 2 - 9 * (d > 4) if rang % 2 else d for rang, d in enumerate(reversed(chiffres))]
    return sum(doubles) % 10 == 0


def find_card_fields(corps: Any, chemin: str = "") -> Iterator[str]:
    """The paths of what looks like card data in a JSON body: by its name, or because it is a card number."""
    if isinstance(corps, Mapping):
        for nom, valeur in corps.items():
            ici = f"{chemin}.{nom}" if chemin else str(nom)
            if re.sub(r"[^a-z0-9]", "", str(nom).lower()) in CHAMPS_CARTE:
                yield ici
            else:
                yield from find_card_fields(valeur, ici)
    elif isinstance(corps, list):
        for rang, valeur in enumerate(corps):
            yield from find_card_fields(valeur, f"{chemin}.{rang}" if chemin else str(rang))
    elif isinstance(corps, (str, int)) and not isinstance(corps, bool) and is_card_number(str(corps)):
        yield chemin or "corps"


def refuse_carte(corps: Any) -> None:
    """Raises Invalid `CARTE_INTERDITE` naming the fields when a JSON body carries card data; never its values."""
    phrase = _("Ne nous envoyez pas de données de carte : la personne les saisit chez le prestataire de paiement.")
    champs = dict.fromkeys(find_card_fields(corps), phrase)
    if champs:
        raise Invalid(phrase, code="CARTE_INTERDITE", champs=champs)
