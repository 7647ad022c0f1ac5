"""Signed links: what opens one thing of one tenant for whoever holds it, without an account.

`gl_` + payload + `.` + signature. Nothing is stored: the signature proves the tenant. Given in an address
(`?lien=`) or as a bearer.
"""

import base64
import hmac
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

PREFIXE = "gl_"
LONGUEUR_MAX = 1000
TAILLE_SIGNATURE = 24
Sceau = Callable[[bytes], bytes]


@dataclass(frozen=True, kw_only=True)
class Lien:
    """One thing (`genre`, `cible`) of a tenant, what may be done with it, until when."""

    tenant_id: UUID
    genre: str
    cible: UUID
    permissions: tuple[str, ...]
    expire_le: datetime


def write(lien: Lien, sceau: Sceau) -> str:
    """The text to put in an address. `sceau` is a keyed hash of at least 24 bytes."""
    body = json.dumps(
        [
            lien.tenant_id.hex,
            lien.genre,
            lien.cible.hex,
            sorted(lien.permissions),
            int(lien.expire_le.timestamp()),
        ],
        separators=(",", ":"),
    ).encode()
    return f"{PREFIXE}{_b64(body)}.{_b64(_signature(body, sceau))}"


def read(text: str, sceau: Sceau) -> Lien | None:
    """What a genuine link opens; None when forged or malformed. An expired one is returned: `expire_le` says so."""
    if not text.startswith(PREFIXE) or len(text) > LONGUEUR_MAX or not text.isascii():
        return None
    body_text, _, signature_text = text[len(PREFIXE) :].partition(".")
    try:
        body, signature = _unb64(body_text), _unb64(signature_text)
    except ValueError:
        return None
    if not hmac.compare_digest(signature, _signature(body, sceau)):
        return None
    tenant, genre, cible, permissions, expire = json.loads(body)
    return Lien(
        tenant_id=UUID(tenant),
        genre=genre,
        cible=UUID(cible),
        permissions=tuple(permissions),
        expire_le=datetime.fromtimestamp(expire, UTC),
    )


def _signature(body: bytes, sceau: Sceau) -> bytes:
    return sceau(b"lien\x00" + body)[:TAILLE_SIGNATURE]


def _b64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _unb64(text: str) -> bytes:
    raw = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    if _b64(raw) != text:
        raise ValueError("not the canonical form")
    return raw
