"""Whose page asks: writes asked for by another site are refused, other sites read only where a tenant allows them.

A browser says where a request comes from (`Sec-Fetch-Site`, else `Origin`, else `Referer`); a page of another site
cannot change it. No token has to travel in forms. Requests that carry their own proof (a bearer, an API key) are not the
browser's doing and pass.
"""

from collections.abc import Awaitable, Callable, Mapping
from urllib.parse import urlsplit

from guichet.socle.registre import Registre

METHODES_SURES = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})
# (origin, host of the request) -> may pages of that origin call this host's API?
Autorisation = Callable[[str, str], Awaitable[bool]]
EXTENSION = "cors"
METHODES = b"GET, POST, PUT, PATCH, DELETE"
EN_TETES = b"Authorization, Content-Type, Idempotency-Key, X-API-Key, X-Request-ID, Accept-Language"
EXPOSES = b"X-Request-ID, Retry-After, Location, Idempotency-Replayed"


def is_foreign(headers: Mapping[bytes, bytes], *, schema: str, hote: str) -> bool:
    """True when the headers say that another site's page asks, or when a cookie comes without saying whose page asks.

    Headers the browser writes itself, in order: `Sec-Fetch-Site` (secure contexts only), `Origin`, `Referer`. A program
    sends none of them and no cookie.
    """
    site = headers.get(b"sec-fetch-site")
    if site is not None:
        return site not in {b"same-origin", b"none"}
    origin = headers.get(b"origin")
    if origin is not None:
        return origin.decode("latin-1").lower() != f"{schema}://{hote}"
    referer = headers.get(b"referer")
    if referer is not None:
        parts = urlsplit(referer.decode("latin-1"))
        return f"{parts.scheme}://{parts.netloc}".lower() != f"{schema}://{hote}"
    return b"cookie" in headers


def has_own_proof(headers: Mapping[bytes, bytes]) -> bool:
    """True when the request carries a bearer or an API key: no browser adds them by itself."""
    return headers.get(b"authorization", b"")[:7].lower() == b"bearer " or b"x-api-key" in headers


async def is_allowed_origin(registre: Registre, origin: str, hote: str) -> bool:
    """Whether the tenant of this host lets pages of that origin call its API. Closed unless a context says otherwise."""
    for allow in registre.extensions(EXTENSION):
        if await allow(origin, hote):
            return True
    return False


def cors_headers(origin: bytes, *, preflight: bool) -> list[tuple[bytes, bytes]]:
    """The headers that open the API to an allowed origin; never with cookies."""
    headers = [(b"access-control-allow-origin", origin), (b"vary", b"Origin")]
    if preflight:
        headers += [
            (b"access-control-allow-methods", METHODES),
            (b"access-control-allow-headers", EN_TETES),
            (b"access-control-max-age", b"600"),
        ]
    else:
        headers.append((b"access-control-expose-headers", EXPOSES))
    return headers
