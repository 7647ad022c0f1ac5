"""Signed values people carry for us: links, cookies, cursors, slot identifiers.

A token says what it is for, until when, and which key signed it: `key.expiry.payload.signature`. It is signed, not
secret: no personal data goes in.
"""

import base64
import hmac
import json
from collections.abc import Callable
from datetime import timedelta
from hashlib import sha256
from typing import Any

from guichet.socle.crypto import CannotDecrypt, get_key_ring
from guichet.socle.errors import Forbidden, Gone
from guichet.socle.horloge import now
from guichet.socle.i18n import _

_MAC = 16  # 128 bits


def sign(usage: str, payload: dict[str, Any], *, validite: timedelta | None = None) -> str:
    """A token for one purpose. `payload` holds JSON values; without `validite` it never expires."""
    text = json.dumps(payload, separators=(",", ":"), ensure_ascii=False, sort_keys=True)
    expiry = format(int((now() + validite).timestamp()), "x") if validite else "0"
    return _sealed(usage, expiry)(text)


def signer(usage: str) -> Callable[[str], str]:
    """Signs many payloads for one purpose, without an end: takes each as the JSON text `sign` would write."""
    return _sealed(usage, "0")


def _sealed(usage: str, expiry: str) -> Callable[[str], str]:
    ring = get_key_ring()
    key, before = ring.derive(ring.active, f"signature:{usage}"), f"{ring.active}.{expiry}."

    def seal(text: str) -> str:
        head = before + _encode(text.encode())
        return f"{head}.{_mac(key, head)}"

    return seal


def verify(usage: str, token: str) -> dict[str, Any]:
    """The payload of a token made for this purpose.

    Raises Forbidden `LIEN_INVALIDE` when it was altered, made for something else or signed by a key that is gone, and
    Gone `LIEN_EXPIRE` past its date.
    """
    head, _dot, mac = token.rpartition(".")
    parts = head.split(".")
    if len(parts) != 3 or not token.isascii():
        raise _invalid()
    key, expiry, body = parts
    try:
        expected = _mac(get_key_ring().derive(key, f"signature:{usage}"), head)
    except CannotDecrypt:
        raise _invalid() from None
    if not hmac.compare_digest(expected, mac):
        raise _invalid()
    if expiry != "0" and int(expiry, 16) <= now().timestamp():
        raise Gone(_("Ce lien a expiré."), code="LIEN_EXPIRE")
    payload = json.loads(_decode(body))
    assert isinstance(payload, dict)
    return payload


def _mac(key: bytes, head: str) -> str:
    return _encode(hmac.digest(key, head.encode(), sha256)[:_MAC])


def _encode(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _decode(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def _invalid() -> Forbidden:
    return Forbidden(_("Ce lien n'est pas valable : il a été modifié ou tronqué."), code="LIEN_INVALIDE")
