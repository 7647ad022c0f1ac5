"""Answers made on the spot, made smaller: Brotli or gzip for whole bodies of text; streams pass untouched."""

import gzip

import brotli  # type: ignore[import-untyped]

SEUIL = 1000
TEXTES = (b"text/", b"application/json", b"application/problem+json", b"image/svg", b"application/manifest")


def choose_encoding(accept: bytes) -> bytes | None:
    """The encoding to answer in, from Accept-Encoding; None for none."""
    offered = {part.split(b";")[0].strip() for part in accept.split(b",") if b"q=0" not in part.replace(b" ", b"")}
    return next((encoding for encoding in (b"br", b"gzip") if encoding in offered), None)


def is_worth_it(content_type: bytes, body: bytes) -> bool:
    """True for texts long enough to gain."""
    return len(body) >= SEUIL and content_type.startswith(TEXTES)


def compress(encoding: bytes, body: bytes) -> bytes:
    """The body in this encoding, at a level that costs less than it saves."""
    return brotli.compress(body, quality=4) if encoding == b"br" else gzip.compress(body, 5, mtime=0)
