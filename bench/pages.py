"""What a first visit downloads: scripts and styles of the public and staff pages, compressed."""

import json
from pathlib import Path

import guichet.ui

BUDGET = 45_000
STATIC = Path(guichet.ui.__file__).parent / "static"


def weight(name: str, kind: str) -> int:
    """Bytes on the wire of a built file; `kind` is `gz` or `br`."""
    manifest = json.loads((STATIC / "manifest.json").read_text())
    built = STATIC / Path(manifest[name]).name
    packed = built.with_name(f"{built.name}.{kind}")
    return (packed if packed.exists() else built).stat().st_size


for portal, sheet in (("publiques", "public.css"), ("de travail", "staff.css")):
    gz, br = (weight("app.js", kind) + weight(sheet, kind) for kind in ("gz", "br"))
    print(
        f"  pages {portal} : JS + CSS {gz / 1000:.1f} kB en gzip ({gz / BUDGET:.0%} du plafond de 45 kB), {br / 1000:.1f} kB en brotli"
    )
