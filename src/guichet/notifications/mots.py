"""A tenant's own words for a template."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID


@dataclass(frozen=True, kw_only=True)
class Mots:
    """A version of a tenant's words. Version 0, or no `texte`: the house's words hold."""

    version: int = 0
    objet: str | None = None
    texte: str | None = None
    auteur_id: UUID | None = None
    le: datetime | None = None
