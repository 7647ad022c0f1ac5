"""What every answer tells the browser to refuse: foreign scripts, frames, guesses about types.

The content policy is strict: scripts and styles come from us or carry the nonce of this very answer, nothing is
evaluated, and text becomes markup only through the two named policies (`htmx`, `default`).
"""

from collections.abc import Iterable, Mapping

from guichet.socle.settings import Mode, Settings

Entete = tuple[bytes, bytes]

_SOURCES: dict[str, tuple[str, ...]] = {
    "default-src": ("'self'",),
    "script-src": ("'self'", "'nonce-{nonce}'"),
    "style-src": ("'self'", "'nonce-{nonce}'"),
    "img-src": ("'self'", "data:", "blob:"),
    "font-src": ("'self'",),
    "connect-src": ("'self'",),
    "frame-src": ("'self'",),
    "worker-src": ("'self'",),
    "manifest-src": ("'self'",),
    "object-src": ("'none'",),
    "base-uri": ("'none'",),
    "form-action": ("'self'",),
    "frame-ancestors": ("'none'",),
}
_SANS_SOURCE = "require-trusted-types-for 'script'; trusted-types htmx default"
NU = b"default-src 'none'; frame-ancestors 'none'"
DOCUMENT = b"frame-ancestors 'none'"


def build_policy(additions: Iterable[Mapping[str, Iterable[str]]] = ()) -> str:
    """The policy of pages, with `{nonce}` to fill in. `additions` are sources contexts bring (`frame-src` of a payment)."""
    sources = {name: list(values) for name, values in _SOURCES.items()}
    for addition in additions:
        for name, values in addition.items():
            sources[name] += values
    lines = [f"{name} {' '.join(values)}" for name, values in sources.items()]
    return "; ".join([*lines, _SANS_SOURCE])


def fixed_headers(settings: Settings) -> tuple[Entete, ...]:
    """The headers that are the same on every answer of this instance."""
    headers = [
        (b"x-content-type-options", b"nosniff"),
        (b"x-frame-options", b"DENY"),
        (b"referrer-policy", b"same-origin"),
        (b"cross-origin-opener-policy", b"same-origin"),
        (b"cross-origin-resource-policy", b"same-origin"),
        (b"permissions-policy", b"geolocation=(self), camera=(self), microphone=(), payment=(self), usb=()"),
    ]
    if settings.mode is Mode.PRODUCTION:
        headers.append((b"strict-transport-security", b"max-age=31536000; includeSubDomains"))
    return tuple(headers)


def policy_for(content_type: bytes, page_policy: str, nonce: str) -> bytes:
    """The content policy of an answer by its type: pages get theirs, documents may be shown, the rest loads nothing."""
    if content_type.startswith(b"text/html"):
        return page_policy.replace("{nonce}", nonce).encode()
    if content_type.startswith((b"application/pdf", b"image/")):
        return DOCUMENT
    return NU
