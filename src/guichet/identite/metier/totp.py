"""The second factor: time-based codes (RFC 6238) and recovery codes."""

import hmac
import secrets
from datetime import datetime

import pyotp

PAS_S = 30
TOLERANCE = 1  # one step before and after: clocks of phones drift
CODES_DE_SECOURS = 10
ALPHABET = "ABCDEFGHJKMNPQRSTUVWXYZ23456789"  # without look-alikes


def new_secret() -> str:
    """A secret of 160 bits in base 32, as authenticator applications take it."""
    return pyotp.random_base32(32)


def uri(secret: str, *, compte: str, emetteur: str) -> str:
    """The otpauth address a QR code carries."""
    return pyotp.TOTP(secret).provisioning_uri(name=compte, issuer_name=emetteur)


def verify(secret: str, code: str, instant: datetime, dernier_pas: int | None) -> int | None:
    """The time step a code is right for, or None. A step used once (`dernier_pas`) or older is refused: no replay."""
    bare = "".join(code.split())
    current = int(instant.timestamp()) // PAS_S
    generator = pyotp.TOTP(secret)
    found = None
    for step in range(current - TOLERANCE, current + TOLERANCE + 1):
        same = hmac.compare_digest(generator.generate_otp(step).encode(), bare.encode())
        if same and (dernier_pas is None or step > dernier_pas):
            found = step
    return found


def new_codes() -> list[str]:
    """Ten recovery codes of 49 bits, `XXXXX-XXXXX`."""
    return [
        "-".join("".join(secrets.choice(ALPHABET) for _ in range(5)) for _ in range(2)) for _ in range(CODES_DE_SECOURS)
    ]


def normalise_code(text: str) -> str:
    """A recovery code as it is compared: capitals, without what people type between."""
    return "".join(c for c in text.upper() if c.isalnum())
