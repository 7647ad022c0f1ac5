"""The edge: the one middleware every request crosses, on its way in and on its way out.

In: who really calls, the correlation identifier, the language, whose page asks. Out: the security headers, the
compressed body, the figures and the log line. An error from anywhere below leaves as a proper answer.
"""

import logging
import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from secrets import token_urlsafe
from time import perf_counter
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from uuid_utils import uuid7

from guichet.socle.i18n import use_locale
from guichet.socle.origine import origin
from guichet.socle.registre import Registre
from guichet.socle.settings import Settings
from guichet.socle.telemetrie.metriques import DUREES, REQUETES
from guichet.socle.web.aiguillage import ENTETES, GABARIT
from guichet.socle.web.compression import choose_encoding, compress, is_worth_it
from guichet.socle.web.entetes import build_policy, fixed_headers, policy_for
from guichet.socle.web.erreurs import refuse_origin, render_error
from guichet.socle.web.langue import COOKIE, choose_locale, split_path
from guichet.socle.web.mandataires import Provenance, parse_reseaux, resolve
from guichet.socle.web.origines import (
    METHODES_SURES,
    cors_headers,
    has_own_proof,
    is_allowed_origin,
    is_foreign,
)

journal = logging.getLogger("guichet.acces")

_CORRELATION = re.compile(rb"[A-Za-z0-9_.:\-]{8,64}")
_TRACE = re.compile(rb"[0-9a-f]{2}-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}")


def correlation_of(headers: Mapping[bytes, bytes]) -> str:
    """The identifier the caller gives (`X-Request-ID`, else the trace of `traceparent`), else a new one."""
    given = headers.get(b"x-request-id", b"")
    if _CORRELATION.fullmatch(given):
        return given.decode()
    trace = _TRACE.fullmatch(headers.get(b"traceparent", b""))
    return trace[1].decode() if trace else str(uuid7())


_RIEN: Message = {"type": "http.response.body", "body": b"", "more_body": True}


@lru_cache(maxsize=4096)
def _counters(method: str, template: str, status: int) -> Callable[[float], None]:
    count, duration = REQUETES.labels(method, template, str(status)), DUREES.labels(method, template)

    def tell(seconds: float) -> None:
        count.inc()
        duration.observe(seconds)

    return tell


class Bord:
    """The edge of one instance."""

    def __init__(self, app: ASGIApp, *, settings: Settings, registre: Registre) -> None:
        self._app = app
        self._registre = registre
        self._trusted = parse_reseaux(settings.trusted_proxies)
        self._fixed = fixed_headers(settings)
        self._policy = build_policy(registre.extensions("csp"))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request. Web sockets and the life of the process pass through."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = dict(scope["headers"])
        scope[ENTETES] = headers
        self._locate(scope, headers)
        named, scope["path"] = split_path(scope["path"])
        locale = choose_locale(
            chemin=named,
            cookie=headers.get(b"cookie", b"").decode("latin-1"),
            accept=headers.get(b"accept-language", b"").decode("latin-1"),
        )
        correlation = correlation_of(headers)
        state = scope.setdefault("state", {})
        state["nonce"] = token_urlsafe(16)
        state["correlation_id"] = correlation
        ip = scope["client"][0] if scope["client"] else None
        agent = headers.get(b"user-agent", b"")[:300].decode("latin-1")
        answer = _Reponse(self, scope, send, correlation, locale if named else None)
        start = perf_counter()
        with (
            use_locale(locale),
            origin(correlation_id=correlation, via="web", ip_address=ip, user_agent=agent or None),
        ):
            try:
                await self._serve(scope, receive, answer)
            except Exception as error:
                if answer.is_started:
                    raise
                response = await render_error(Request(scope), error)
                await response(scope, receive, answer)
            finally:
                self._tell(scope, answer, perf_counter() - start)

    def _locate(self, scope: Scope, headers: Mapping[bytes, bytes]) -> None:
        peer = scope["client"]
        seen = Provenance(ip=peer[0] if peer else "", schema=scope.get("scheme", "http"))
        if b"x-forwarded-for" in headers or b"x-forwarded-proto" in headers or b"x-forwarded-host" in headers:
            seen = resolve(
                ip=seen.ip,
                schema=seen.schema,
                transmis_pour=headers.get(b"x-forwarded-for", b"").decode("latin-1"),
                transmis_schema=headers.get(b"x-forwarded-proto", b"").decode("latin-1"),
                transmis_hote=headers.get(b"x-forwarded-host", b"").decode("latin-1"),
                confiance=self._trusted,
            )
            scope["client"] = (seen.ip, peer[1] if peer else 0)
            scope["scheme"] = seen.schema
            if seen.hote:
                host = seen.hote.encode("latin-1")
                scope["headers"] = [(k, host if k == b"host" else v) for k, v in scope["headers"]]
                scope[ENTETES][b"host"] = host

    async def _serve(self, scope: Scope, receive: Receive, answer: "_Reponse") -> None:
        headers: Mapping[bytes, bytes] = scope[ENTETES]
        method = scope["method"]
        origin_header = headers.get(b"origin")
        host = headers.get(b"host", b"").decode("latin-1").lower()
        foreign = False
        if origin_header is not None or method not in METHODES_SURES:
            foreign = is_foreign(headers, schema=scope["scheme"], hote=host)
        if foreign:
            allowed = (
                origin_header is not None
                and scope["path"].startswith("/api/")
                and await is_allowed_origin(self._registre, origin_header.decode("latin-1"), host)
            )
            preflight = method == "OPTIONS" and b"access-control-request-method" in headers
            if allowed and origin_header is not None:
                answer.extra += cors_headers(origin_header, preflight=preflight)
            if preflight:
                await Response(status_code=204 if allowed else 403)(scope, receive, answer)
                return
            if method not in METHODES_SURES and not has_own_proof(headers) and (not allowed or b"cookie" in headers):
                raise refuse_origin()
        await self._app(scope, receive, answer)

    def _tell(self, scope: Scope, answer: "_Reponse", seconds: float) -> None:
        template = scope.get(GABARIT, "inconnu")
        method = scope["method"]
        _counters(method, template, answer.status)(seconds)
        if journal.isEnabledFor(logging.INFO):
            caller = scope["state"].get("appelant")
            journal.info(
                "%s %s %s", method, template, answer.status,
                extra={
                    "ecs": {
                        "http.request.method": method,
                        "http.response.status_code": answer.status,
                        "url.path": template,
                        "event.duration": int(seconds * 1e9),
                        "tenant": caller.tenant_id if caller else None,
                        "user.id": caller.user_id if caller else None,
                    }
                },
            )  # fmt: skip

    def security_headers(self, content_type: bytes, nonce: str) -> list[tuple[bytes, bytes]]:
        """The headers of an answer of this type."""
        return [*self._fixed, (b"content-security-policy", policy_for(content_type, self._policy, nonce))]


class _Reponse:
    """What an answer crosses on its way out. Held until its body is known, when it is in one piece."""

    def __init__(self, bord: Bord, scope: Scope, send: Send, correlation: str, langue: str | None) -> None:
        self._bord = bord
        self._scope = scope
        self._send = send
        self._correlation = correlation
        self._langue = langue
        self._start: Message | None = None
        self.extra: list[tuple[bytes, bytes]] = []
        self.status = 0
        self.is_started = False

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            self._start = message
            content_type = next((v for k, v in message["headers"] if k == b"content-type"), b"")
            if content_type.startswith(b"text/event-stream"):
                await self(_RIEN)  # a live stream opens before it has anything to say
            return
        if self._start is not None and message["type"] == "http.response.body":
            start, self._start = self._start, None
            message = self._finish(start, message)
            self.is_started = True
            await self._send(start)
        if message is not _RIEN:
            await self._send(message)

    def _finish(self, start: Message, body: Message) -> Message:
        headers: list[tuple[bytes, bytes]] = list(start["headers"])
        present = dict(headers)
        content_type = present.get(b"content-type", b"")
        added = self._bord.security_headers(content_type, self._scope["state"]["nonce"])
        headers += [h for h in added if h[0] not in present]
        headers.append((b"x-request-id", self._correlation.encode()))
        if b"cache-control" not in present:
            headers.append((b"cache-control", self._cache_rule(content_type)))
        if self._langue:
            cookie = f"{COOKIE}={self._langue}; Path=/; Max-Age=31536000; SameSite=Lax"
            headers.append((b"set-cookie", cookie.encode()))
        headers += self.extra
        start["headers"] = headers
        if not body.get("more_body") and b"content-encoding" not in present:
            return self._compress(start, content_type, body)
        return body

    def _cache_rule(self, content_type: bytes) -> bytes:
        caller: Any = self._scope["state"].get("appelant")
        if content_type.startswith(b"text/html") and not (caller and caller.is_known):
            return b"private, no-cache"
        return b"no-store"

    def _compress(self, start: Message, content_type: bytes, body: Message) -> Message:
        content = bytes(body.get("body", b""))
        if not is_worth_it(content_type, content):
            return body
        start["headers"].append((b"vary", b"Accept-Encoding"))
        encoding = choose_encoding(self._scope[ENTETES].get(b"accept-encoding", b""))
        if encoding is None:
            return body
        smaller = compress(encoding, content)
        start["headers"] = [
            *(h for h in start["headers"] if h[0] != b"content-length"),
            (b"content-encoding", encoding),
            (b"content-length", str(len(smaller)).encode()),
        ]
        return {**body, "body": smaller}
