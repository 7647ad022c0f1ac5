"""Errors a person can read: a stable code, a French sentence, the fields concerned.

Raised anywhere, rendered in one place (`socle.web`) as problem+json (RFC 9457) or as a page.
"""

from collections.abc import Mapping
from typing import Any, ClassVar

from pydantic import ValidationError


class GuichetError(Exception):
    """What the caller did cannot be done.

    `message` is French and shown as it is; `code` never changes once published; `champs` maps the path of a field
    (`client.email`) to what to do about it; `extra` is added to the JSON body (for instance `alternatives`).
    """

    status: ClassVar[int] = 400

    def __init__(
        self,
        message: str,
        *,
        code: str,
        status: int | None = None,
        champs: Mapping[str, str] | None = None,
        retry_after: int | None = None,
        **extra: Any,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.code = code
        self.http_status = status or self.status
        self.champs = dict(champs or {})
        self.retry_after = retry_after
        self.extra = extra


class Unauthenticated(GuichetError):
    """Who is calling is not known (401)."""

    status = 401


class Forbidden(GuichetError):
    """The caller is known and may not (403)."""

    status = 403


class NotFound(GuichetError):
    """Unknown, or of another tenant: the caller cannot tell the two apart (404)."""

    status = 404


class Conflict(GuichetError):
    """The state of things forbids it now (409)."""

    status = 409


class Gone(GuichetError):
    """It was there and is no more (410)."""

    status = 410


class Invalid(GuichetError):
    """What was sent breaks a rule (422)."""

    status = 422


class TooMany(GuichetError):
    """Too often; `retry_after` says in how many seconds to try again (429)."""

    status = 429


class Unavailable(GuichetError):
    """A part of the house is busy or down; `retry_after` says in how many seconds to try again (503)."""

    status = 503


def describe_error(error: BaseException) -> str:
    """An error in one line that may be kept and shown to an operator: no value from a row, no statement."""
    name = type(error).__name__
    if isinstance(error, GuichetError):
        return f"{name}: {error.code}"
    if isinstance(error, ValidationError):
        return f"{name}: " + ", ".join(".".join(map(str, e["loc"])) for e in error.errors(include_input=False))[:300]
    original = getattr(error, "orig", error)  # SQLAlchemy wraps the driver's error
    diagnostic = getattr(original, "diag", None)
    if diagnostic is not None:
        parts = (type(original).__name__, diagnostic.sqlstate, diagnostic.message_primary, diagnostic.constraint_name)
        return " ".join(part for part in parts if part)
    return f"{name}: {error}"[:300]
