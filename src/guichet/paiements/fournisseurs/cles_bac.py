"""The keys the sandbox and its merchants share: derived from one secret of the instance, so that nobody types any."""

import hmac
from uuid import UUID

from guichet.socle.settings import Settings

TOLERANCE_S = 300


def api_key(settings: Settings, tenant_id: UUID) -> str:
    """What a tenant proves itself with."""
    return f"sk_bac_{tenant_id.hex}_{_derive(settings, f'api:{tenant_id.hex}')[:32]}"


def notification_secret(settings: Settings, tenant_id: UUID) -> bytes:
    """What the sandbox signs a tenant's notifications with."""
    return bytes.fromhex(_derive(settings, f"notifications:{tenant_id.hex}"))


def control_key(settings: Settings) -> str:
    """What opens the sandbox's controls."""
    return _derive(settings, "controle")


def merchant_of(settings: Settings, key: str) -> UUID | None:
    """The tenant whose key this is; None for a key we did not make."""
    parts = key.split("_")
    try:
        tenant_id = UUID(parts[2])
    except (IndexError, ValueError):
        return None
    return tenant_id if hmac.compare_digest(api_key(settings, tenant_id), key) else None


def sign(secret: bytes, corps: bytes, instant: int) -> str:
    """`t=...,v1=...`: the instant in seconds, and the HMAC-SHA256 of `t.body` in hexadecimal."""
    return f"t={instant},v1={hmac.new(secret, b'%d.' % instant + corps, 'sha256').hexdigest()}"


def is_signed(secret: bytes, corps: bytes, signature: str, instant: int) -> bool:
    """True for a body signed with this secret, at most five minutes away from `instant` either way."""
    champs = dict(part.split("=", 1) for part in signature.split(",") if "=" in part)
    annonce, preuve = champs.get("t", ""), champs.get("v1", "")
    if not annonce.isdecimal() or len(annonce) > 12 or not preuve.isascii():
        return False
    attendue = hmac.new(secret, annonce.encode() + b"." + corps, "sha256").hexdigest()
    return hmac.compare_digest(attendue, preuve) and abs(int(annonce) - instant) <= TOLERANCE_S


def _derive(settings: Settings, usage: str) -> str:
    return hmac.new(settings.secret("bac-a-sable"), usage.encode(), "sha256").hexdigest()
