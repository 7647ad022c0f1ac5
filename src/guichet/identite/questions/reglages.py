"""Reads of a tenant's settings."""

from typing import Any, TypeVar
from uuid import UUID

from pydantic import BaseModel, ValidationError
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from guichet.identite.questions.contexte import tenant_of
from guichet.identite.tables import Reglage, Tenant
from guichet.socle.errors import Invalid
from guichet.socle.i18n import _
from guichet.socle.registre import Reglages, get_registre

M = TypeVar("M", bound=BaseModel)

EN_COLONNE = {"branding": "branding", "general": "contact"}
"""Sections the public needs before anything else: they live on the tenant's own row."""


def sections() -> dict[str, Reglages]:
    """The sections every context contributed, by name."""
    return {section.nom: section for section in get_registre().reglages}


def section_of(modele: type[BaseModel]) -> Reglages:
    """The section a model was registered for. Raises LookupError: it is missing from its context's manifest."""
    for section in get_registre().reglages:
        if section.modele is modele:
            return section
    raise LookupError(f"{modele.__qualname__} is not among the contributed settings: add it to `reglages` in module.py")


def find_section(nom: str) -> Reglages:
    """The section of that name. Raises Invalid `SECTION_INCONNUE`."""
    known = sections()
    if nom not in known:
        raise Invalid(
            _("La section de réglages « {nom} » n'existe pas.", nom=nom),
            code="SECTION_INCONNUE",
            champs={nom: _("Sections possibles : {liste}.", liste=", ".join(sorted(known)))},
        )
    return known[nom]


def load(modele: type[M], stored: dict[str, Any]) -> M:
    """Stored values as today's model: what it no longer knows or accepts falls back to its default."""
    kept = {name: value for name, value in stored.items() if name in modele.model_fields}
    while True:
        try:
            return modele.model_validate(kept)
        except ValidationError as error:
            wrong = {str(each["loc"][0]) for each in error.errors() if each["loc"]} & kept.keys()
            if not wrong:
                return modele()
            kept = {name: value for name, value in kept.items() if name not in wrong}


async def stored(
    session: AsyncSession, *, section: str, tenant_id: UUID, lock: bool = False
) -> tuple[dict[str, Any], int]:
    """What is kept of a section, and its version (0: never written)."""
    if section in EN_COLONNE:
        query = select(Tenant).where(Tenant.id == tenant_id).execution_options(populate_existing=True)
        row = (await session.scalars(query.with_for_update(key_share=True) if lock else query)).one()
        return getattr(row, EN_COLONNE[section]), row.version
    own = select(Reglage).where(Reglage.section == section).execution_options(populate_existing=True)
    found = await session.scalar(own.with_for_update() if lock else own)
    return (found.valeurs, found.version) if found else ({}, 0)


async def get_reglages(session: AsyncSession, modele: type[M]) -> M:
    """A section of the settings of the session's tenant, defaults filled in. Raises LookupError for an unregistered model."""
    section = section_of(modele)
    values, _version = await stored(session, section=section.nom, tenant_id=tenant_of(session))
    return load(modele, values)
