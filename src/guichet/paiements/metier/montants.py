"""Amounts: always whole cents, tax included; the tax is found back, never added. Rates are per mille (200 is 20 %)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True, slots=True)
class LignePaiement:
    """A line of what is paid: its words, its price with tax in cents, its VAT rate per mille."""

    libelle: str
    montant_cents: int
    taux_tva_pour_mille: int = 200

    def __post_init__(self) -> None:
        if self.montant_cents < 0 or not 0 <= self.taux_tva_pour_mille <= 1000:
            raise ValueError("a line has a price of 0 or more and a rate between 0 and 1000 per mille")

    @property
    def ht_cents(self) -> int:
        """The price without tax, half a cent rounded up."""
        return divide_half_up(self.montant_cents * 1000, 1000 + self.taux_tva_pour_mille)

    @property
    def tva_cents(self) -> int:
        """The tax: what is left, so that the two always add up to the price."""
        return self.montant_cents - self.ht_cents


@dataclass(frozen=True, kw_only=True, slots=True)
class TotalTva:
    """What is paid at one rate."""

    taux_pour_mille: int
    ht_cents: int
    tva_cents: int


def divide_half_up(numerateur: int, denominateur: int) -> int:
    """A division of whole numbers >= 0, half rounded up."""
    return (2 * numerateur + denominateur) // (2 * denominateur)


def total(lignes: Iterable[LignePaiement]) -> int:
    """The price of all lines, in cents."""
    return sum(ligne.montant_cents for ligne in lignes)


def totals_by_rate(lignes: Iterable[LignePaiement]) -> list[TotalTva]:
    """One total a rate, lowest rate first; they are sums of the lines, as written on the document."""
    par_taux: dict[int, list[LignePaiement]] = {}
    for ligne in lignes:
        par_taux.setdefault(ligne.taux_tva_pour_mille, []).append(ligne)
    return [
        TotalTva(
            taux_pour_mille=taux,
            ht_cents=sum(ligne.ht_cents for ligne in groupe),
            tva_cents=sum(ligne.tva_cents for ligne in groupe),
        )
        for taux, groupe in sorted(par_taux.items())
    ]


def share(montant: int, poids: Sequence[int]) -> list[int]:
    """`montant` shared in proportion to `poids` (>= 0, not all 0), to the cent: the parts add up to it exactly.

    The cents left over go to the largest remainders, the first one first.
    """
    somme = sum(poids)
    if somme <= 0:
        raise ValueError("nothing to share by")
    parts = [montant * p // somme for p in poids]
    restes = sorted(range(len(poids)), key=lambda i: (-(montant * poids[i] % somme), i))
    for i in restes[: montant - sum(parts)]:
        parts[i] += 1
    return parts


def credit_lines(lignes: Sequence[LignePaiement], montant_cents: int) -> list[LignePaiement]:
    """The lines of a credit note of `montant_cents` on a document: each line in proportion, at its own rate."""
    parts = share(montant_cents, [ligne.montant_cents for ligne in lignes])
    return [
        LignePaiement(libelle=ligne.libelle, montant_cents=part, taux_tva_pour_mille=ligne.taux_tva_pour_mille)
        for ligne, part in zip(lignes, parts, strict=True)
        if part
    ]
