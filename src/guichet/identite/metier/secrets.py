"""Opaque secrets: session cookies, refresh tokens, mailed tokens, API keys. Only their SHA-256 is ever kept.

256 random bits need no salt and no slow hash. Those presented before the tenant is known carry it in front: it is
trusted for nothing but where to look.
"""

import base64
import hashlib
import secrets
from enum import StrEnum
from uuid import UUID

TAILLE = 32


class Genre(StrEnum):
    """What a secret opens, readable in its first characters so that scanners find leaks."""

    SESSION = "gs_"
    REFRESH = "gr_"
    COURRIEL = "gm_"
    CHOIX = "gc_"
    CLE_API = "gk_"


def new_secret(genre: Genre, tenant_id: UUID) -> str:
    """A secret of that kind, naming its tenant."""
    return genre.value + _b64(tenant_id.bytes + secrets.token_bytes(TAILLE))


def tenant_of(genre: Genre, secret: str) -> UUID | None:
    """The tenant a secret of that kind names; None when it does not have the form of one."""
    if not secret.startswith(genre.value) or len(secret) > 100:
        return None
    try:
        raw = base64.urlsafe_b64decode(secret[len(genre.value) :] + "=" * (-(len(secret) - len(genre.value)) % 4))
    except ValueError:
        return None
    return UUID(bytes=raw[:16]) if len(raw) == 16 + TAILLE else None


def new_api_key() -> tuple[str, str]:
    """A key and the part of it that may be shown afterwards (`gk_a1B2c3D4`)."""
    shown = Genre.CLE_API.value + secrets.token_hex(4)
    return f"{shown}_{_b64(secrets.token_bytes(TAILLE))}", shown


def digest(secret: str) -> bytes:
    """What is kept of a secret."""
    return hashlib.sha256(secret.encode()).digest()


def _b64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
