"""Money as programs outside read it."""


def montant_ttc(cents: int | None) -> str | None:
    """Cents as a decimal string of euros: 7900 gives `79.00`; None stays None."""
    return None if cents is None else f"{cents // 100}.{cents % 100:02d}"
