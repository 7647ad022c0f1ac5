"""PDF documents: accessible (PDF/UA-1), made by Typst from a template and plain data, with our own fonts.

A template is a `.typ` file of the context that owns the document; it imports the page of the house with
`#import "/socle/documents/page.typ": page_guichet, donnees` and holds layout only: every word comes in the data,
already in the reader's language.
"""

import asyncio
import json
from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from threading import Lock
from typing import Any

import typst

RACINE = Path(__file__).parents[2]
POLICES = Path(__file__).parent / "polices"

_verrou = Lock()


@lru_cache(maxsize=1)
def _compilateur() -> typst.Compiler:
    return typst.Compiler(
        input=b"",
        root=str(RACINE),
        font_paths=typst.Fonts(include_system_fonts=False, include_embedded_fonts=True, font_paths=[str(POLICES)]),
        ignore_system_fonts=True,
    )


def compile_pdf(modele: Path | bytes, donnees: Mapping[str, Any], *, date: datetime) -> bytes:
    """PDF/UA-1 bytes of the template `modele` (a file under the package, or its text) filled with `donnees` (JSON values only).

    `date` is the creation date written in the file; the same input gives the same bytes. About 5 ms; call
    `render_pdf` from a handler. Raises typst.TypstError when the template is wrong: a defect, never the person's fault.
    """
    entrees = {"donnees": json.dumps(donnees, ensure_ascii=False)}
    source = modele if isinstance(modele, bytes) else modele.read_bytes()
    with _verrou:
        resultat = _compilateur().compile(
            input=source,
            format="pdf",
            sys_inputs=entrees,
            pdf_standards="ua-1",
            timestamp=int(date.timestamp()),
        )
    assert isinstance(resultat, bytes)
    return resultat


async def render_pdf(modele: Path | bytes, donnees: Mapping[str, Any], *, date: datetime) -> bytes:
    """`compile_pdf` off the event loop."""
    return await asyncio.to_thread(compile_pdf, modele, donnees, date=date)
