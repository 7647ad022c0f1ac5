"""Requests and templates made up for tests."""

from typing import Any

from fastapi import Request

from guichet.socle.acces import ANONYME, Appelant
from guichet.ui.gabarits import get_environment


def build_request(
    path: str = "/",
    *,
    query: str = "",
    headers: dict[str, str] | None = None,
    method: str = "GET",
    appelant: Appelant = ANONYME,
    **state: Any,
) -> Request:
    """A request as the edge hands it over."""
    return Request(
        {
            "type": "http",
            "method": method,
            "path": path,
            "raw_path": path.encode(),
            "root_path": "",
            "query_string": query.encode(),
            "headers": [
                (b"host", b"testserver"),
                *((k.lower().encode(), v.encode()) for k, v in (headers or {}).items()),
            ],
            "scheme": "http",
            "server": ("testserver", 80),
            "client": ("127.0.0.1", 1),
            "state": {"nonce": "n0nce", "appelant": appelant, **state},
        }
    )


def render_source(source: str, **context: Any) -> str:
    """A piece of template, rendered outside of any request."""
    return get_environment().from_string(source).render(context)
