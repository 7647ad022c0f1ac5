"""Calling the outside: with a limit on the wait, again when it is safe, never inside a business transaction.

A transaction that waits for somebody else's server holds its locks and its connection all that time, and an answer that
came is forgotten when the transaction fails. So a call is made between two transactions: the attempt is committed
before, its outcome after.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta
from email.utils import parsedate_to_datetime
from types import TracebackType
from typing import Any, Self

import httpx
from tenacity import AsyncRetrying, RetryCallState, retry_if_exception_type, stop_after_attempt
from tenacity.wait import wait_random_exponential

from guichet.socle.database import in_transaction
from guichet.socle.errors import Unavailable
from guichet.socle.horloge import now
from guichet.socle.i18n import _
from guichet.socle.origine import current_correlation_id
from guichet.socle.settings import get_settings
from guichet.socle.telemetrie.metriques import compteur

logger = logging.getLogger(__name__)

CORRELATION = "X-Correlation-ID"
IDEMPOTENT = frozenset({"GET", "HEAD", "OPTIONS", "PUT", "DELETE"})
TRANSIENT = frozenset({429, 502, 503, 504})
LONGEST_WAIT = 30.0

CALLS = compteur("outside_calls", "Calls to outside services, by outcome", ("service", "issue"))


class CalledInTransaction(RuntimeError):
    """A programming error: an outside call inside a business transaction."""


class _Again(Exception):
    def __init__(self, response: httpx.Response | None, error: httpx.TransportError | None) -> None:
        super().__init__()
        self.response = response
        self.error = error


class HttpClient:
    """A client of one outside service. Open as long as the process, or for a block (`async with`)."""

    def __init__(
        self,
        service: str,
        *,
        base_url: str = "",
        delai: timedelta = timedelta(seconds=10),
        connexion: timedelta = timedelta(seconds=3),
        essais: int = 3,
        headers: Mapping[str, str] | None = None,
        transport: httpx.AsyncBaseTransport | None = None,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        """`service` names it in figures and errors; `delai` bounds the wait for each answer, `connexion` for a connection."""
        self.service = service
        self._essais = essais
        self._sleep = sleep
        self._client = httpx.AsyncClient(
            base_url=base_url,
            timeout=httpx.Timeout(delai.total_seconds(), connect=connexion.total_seconds()),
            headers=headers,
            transport=transport,
            limits=httpx.Limits(max_connections=20, max_keepalive_connections=10),
        )

    async def request(self, method: str, url: str, *, idempotent: bool | None = None, **options: Any) -> httpx.Response:
        """The answer, whatever its status; `options` are those of httpx (`json`, `params`, `headers`...).

        Tried again on a lost connection or a passing trouble (429, 502, 503, 504; `Retry-After` is obeyed) when the call
        is idempotent: by its method, because it carries an `Idempotency-Key`, or because `idempotent` says so. Raises
        Unavailable `SERVICE_INDISPONIBLE` when no answer came, CalledInTransaction inside a transaction (in production
        that is logged as an error and the call is made).
        """
        _refuse_in_transaction(self.service)
        headers = httpx.Headers(options.pop("headers", None))
        if correlation := current_correlation_id():
            headers.setdefault(CORRELATION, correlation)
        if idempotent is None:
            idempotent = method.upper() in IDEMPOTENT or "Idempotency-Key" in headers
        retrying = AsyncRetrying(
            stop=stop_after_attempt(self._essais if idempotent else 1),
            wait=_wait,
            retry=retry_if_exception_type(_Again),
            sleep=self._sleep,
            reraise=True,
        )
        try:
            response: httpx.Response = await retrying(self._once, method, url, headers=headers, **options)
        except _Again as last:
            if last.response is None:
                CALLS.labels(self.service, "sans_reponse").inc()
                raise Unavailable(
                    _("Le service « {service} » ne répond pas. Réessayez dans un moment.", service=self.service),
                    code="SERVICE_INDISPONIBLE",
                    retry_after=30,
                ) from last.error
            response = last.response
        CALLS.labels(self.service, f"{response.status_code // 100}xx").inc()
        return response

    async def get(self, url: str, **options: Any) -> httpx.Response:
        """`request("GET", ...)`."""
        return await self.request("GET", url, **options)

    async def post(self, url: str, **options: Any) -> httpx.Response:
        """`request("POST", ...)`: tried again only with an `Idempotency-Key` or `idempotent=True`."""
        return await self.request("POST", url, **options)

    async def _once(self, method: str, url: str, **options: Any) -> httpx.Response:
        try:
            response = await self._client.request(method, url, **options)
        except httpx.TransportError as error:
            logger.warning("no answer from outside", extra={"service": self.service, "erreur": type(error).__name__})
            raise _Again(None, error) from error
        if response.status_code in TRANSIENT:
            raise _Again(response, None)
        return response

    async def close(self) -> None:
        """Close its connections."""
        await self._client.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()


def _refuse_in_transaction(service: str) -> None:
    if not in_transaction():
        return
    if not get_settings().is_production:
        raise CalledInTransaction(f"{service} is called inside a transaction: commit before, call, then record")
    logger.error("outside call inside a transaction", extra={"service": service}, stack_info=True)


def _wait(state: RetryCallState) -> float:
    """As long as the service asks for, else growing and spread by chance, so that callers do not come back together."""
    failure = state.outcome.exception() if state.outcome else None
    response = failure.response if isinstance(failure, _Again) else None
    asked = _retry_after(response.headers.get("Retry-After")) if response is not None else None
    if asked is not None:
        return min(asked, LONGEST_WAIT)
    return float(wait_random_exponential(multiplier=0.2, max=5)(state))


def _retry_after(value: str | None) -> float | None:
    """Seconds to wait, from a number of seconds or a date; None when neither."""
    if value is None:
        return None
    if value.strip().isdigit():
        return float(value)
    try:
        return max(0.0, (parsedate_to_datetime(value) - now()).total_seconds())
    except (TypeError, ValueError):
        return None
