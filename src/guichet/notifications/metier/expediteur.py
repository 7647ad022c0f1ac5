"""Who a text message comes from."""

import re
import unicodedata


def sms_sender(nom: str) -> str:
    """At most 11 letters, digits and spaces of a name, whole words where possible; empty when under 3 remain.

    `Contrôle Auto France` is `Controle`, as networks show it.
    """
    nu = "".join(c for c in unicodedata.normalize("NFKD", nom) if c.isascii())
    mots = re.sub(r"[^A-Za-z0-9 ]+", " ", nu).split()
    if not mots:
        return ""
    retenu = mots[0][:11]
    for mot in mots[1:]:
        if len(retenu) + 1 + len(mot) > 11:
            break
        retenu = f"{retenu} {mot}"
    return retenu if len(retenu) >= 3 and any(c.isalpha() for c in retenu) else ""
