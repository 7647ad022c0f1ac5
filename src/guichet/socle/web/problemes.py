"""How a route documents the errors of its own: `responses=problemes({404: ["CENTRE_NOT_FOUND"], 409: [...]})`."""

from collections.abc import Iterable, Mapping
from typing import Any


def problemes(codes: Mapping[int, Iterable[str]]) -> dict[int | str, dict[str, Any]]:
    """The `responses` of a route, from the codes it may answer by status."""
    return {
        status: {
            "description": ", ".join(f"`{code}`" for code in names),
            "x-codes": list(names),
            "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Probleme"}}},
        }
        for status, names in ((s, tuple(n)) for s, n in codes.items())
    }
