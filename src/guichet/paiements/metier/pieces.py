"""Accounting documents: what they say, how they are numbered and sealed."""

import json
from collections.abc import Mapping
from hashlib import sha256
from typing import Any, Final

from guichet.paiements.metier.types import Serie

LETTRES: Final = {Serie.RECU: "R", Serie.FACTURE: "F", Serie.AVOIR: "A"}


def choose_serie(siret: str) -> Serie:
    """A company gets an invoice, a person a receipt."""
    return Serie.FACTURE if siret else Serie.RECU


def build_code(serie: Serie, exercice: int, numero: int) -> str:
    """What people read and quote: `F-2026-000042`."""
    return f"{LETTRES[serie]}-{exercice}-{numero:06d}"


def seal(contenu: Mapping[str, Any]) -> tuple[str, bytes]:
    """The document as it is kept (canonical JSON) and its seal."""
    texte = json.dumps(contenu, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return texte, sha256(texte.encode()).digest()


def is_sealed(texte: str, empreinte: bytes) -> bool:
    """True when a kept document is the one that was issued."""
    return sha256(texte.encode()).digest() == empreinte
