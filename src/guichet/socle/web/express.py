"""The short way in, for the few routes under load: an answer in bytes before the framework is asked for anything.

A route keeps its ordinary handler, which stays the reference and the document. `express(answer)` puts `answer` before it:
called behind the edge (language, correlation, limits, headers) with the raw request, it returns a response, or None to let
the ordinary handler serve. Most who read are passers-by: for them `at_once` looks into memory before anybody is asked who
they are.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final, TypeVar

from fastapi import Request
from starlette.responses import Response
from starlette.types import Message, Receive, Scope, Send

from guichet.socle.acces import Passant, glance
from guichet.socle.web.compression import SEUIL, choose_encoding, compress

Reponse = Callable[[Request], Awaitable[Response | None]]
ALInstant = Callable[[bytes, Passant, Mapping[bytes, bytes]], bytes | None]
F = TypeVar("F", bound=Callable[..., Any])
_MARQUE: Final = "__express__"
_JSON: Final = (b"content-type", b"application/json")


@dataclass(frozen=True, slots=True)
class Express:
    """The short way of a route: `answer` to anybody, `at_once` to a passer-by, from memory, in JSON."""

    answer: Reponse
    at_once: ALInstant | None = None

    async def serve(self, scope: Scope, headers: Mapping[bytes, bytes], send: Send) -> bool:
        """Answer at once what can be; False when it cannot."""
        if self.at_once is None or scope["method"] != "GET":
            return False
        passant = glance(headers)
        corps = None if passant is None else self.at_once(scope["query_string"], passant, headers)
        if corps is None:
            return False
        encoding = choose_encoding(headers.get(b"accept-encoding", b"")) if len(corps) >= SEUIL else None
        en_tetes = [_JSON]
        if encoding is not None:  # else the edge says that it might have been
            corps = _compressed(encoding, corps)
            en_tetes += [(b"content-encoding", encoding), (b"vary", b"Accept-Encoding")]
        en_tetes.append((b"content-length", b"%d" % len(corps)))
        await send({"type": "http.response.start", "status": 200, "headers": en_tetes})
        await send({"type": "http.response.body", "body": corps})
        return True


@lru_cache(maxsize=1_000)
def _compressed(encoding: bytes, corps: bytes) -> bytes:
    return compress(encoding, corps)  # the same bytes, asked for by everybody


def express(answer: Reponse, *, at_once: ALInstant | None = None) -> Callable[[F], F]:
    """Mark a public route with its short way.

    `answer` takes the raw request and raises the errors the route raises. `at_once` takes the query string, the passer-by
    and the headers, and returns the body of a 200 in JSON; it neither waits nor raises.
    """

    def mark(handler: F) -> F:
        setattr(handler, _MARQUE, Express(answer, at_once))
        return handler

    return mark


def express_of(handler: Callable[..., Any]) -> Express | None:
    """The short way of a route, if it has one."""
    return getattr(handler, _MARQUE, None)


def replay_body(request: Request) -> Receive:
    """What the ordinary handler receives after the short way has read the body."""
    if not hasattr(request, "_body"):
        return request.receive
    told = False

    async def receive() -> Message:
        nonlocal told
        if told:
            return await request.receive()
        told = True
        return {"type": "http.request", "body": request._body, "more_body": False}

    return receive
