"""The contract of doors: seen from outside, a context is its `facade` and its `messages`.

A file added to a context is closed by default; nothing has to be listed. The plumbing (`socle`) is open to all, and the
assembly (`app`) reads the manifests (`module`).
"""

from typing import Any

from grimp import ImportGraph
from importlinter import Contract, ContractCheck, fields, output

DOORS = {"facade", "messages"}


def broken_doors(graph: ImportGraph, *, root: str, open_contexts: set[str], assembly: str) -> list[tuple[str, str]]:
    """The direct imports that go around a door, as (importer, imported) pairs."""
    broken = []
    for importer in sorted(graph.modules):
        for imported in sorted(graph.find_modules_directly_imported_by(importer)):
            mine, theirs = importer.split("."), imported.split(".")
            if theirs[0] != root or len(theirs) < 2 or mine[1:2] == theirs[1:2] or theirs[1] in open_contexts:
                continue
            doors = DOORS | ({"module"} if mine[1:2] == [assembly] else set())
            if len(theirs) < 3 or theirs[2] not in doors:
                broken.append((importer, imported))
    return broken


class PortesFermees(Contract):
    """No import of another context's inside."""

    root = fields.StringField()
    open_contexts = fields.SetField(subfield=fields.StringField())
    assembly = fields.StringField()

    def check(self, graph: ImportGraph, verbose: bool) -> ContractCheck:
        """Kept when every import between contexts goes through a door."""
        del verbose
        options: dict[str, Any] = {name: getattr(self, name) for name in ("root", "open_contexts", "assembly")}
        broken = broken_doors(graph, **options)
        return ContractCheck(kept=not broken, metadata={"broken": broken})

    def render_broken_contract(self, check: ContractCheck) -> None:
        """Say which imports, and what to do."""
        for importer, imported in check.metadata["broken"]:
            context = imported.split(".")[1]
            output.print_error(f"- {importer} imports {imported}: go through guichet.{context}.facade or .messages,")
            output.print_error("  or add there the function that is missing (keyword-only, frozen values in and out).")
