"""What every write of the network needs: whose it is, that nobody changed it meanwhile, what to keep in the journal."""

from typing import Any, TypeVar
from uuid import UUID

from pydantic import BaseModel, ValidationError
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from guichet.reseau.actions.phrases import PHRASES
from guichet.socle.errors import Conflict, Invalid, NotFound
from guichet.socle.i18n import _

M = TypeVar("M", bound=BaseModel)


def tenant_of(session: AsyncSession) -> UUID:
    """The tenant of a session. Raises RuntimeError when it has none: the caller forgot to enter one."""
    tenant_id = session.info.get("tenant_id")
    if tenant_id is None:
        raise RuntimeError("this transaction has no tenant: open it with one, or enter_tenant() first")
    assert isinstance(tenant_id, UUID)
    return tenant_id


async def lock_row(
    session: AsyncSession, table: type[Any], identifiant: UUID, version: int | None, absent: NotFound
) -> Any:
    """The row, held until the commit. Raises `absent` when unknown, Conflict `VERSION_PERIMEE` when it changed since."""
    query = select(table).where(table.id == identifiant).with_for_update()
    row = await session.scalar(query.execution_options(populate_existing=True))
    if row is None:
        raise absent
    if version is not None and version != row.version:
        raise Conflict(
            _("Ces informations ont été modifiées entre-temps. Rechargez-les avant d'enregistrer."),
            code="VERSION_PERIMEE",
            version=row.version,
        )
    return row


def difference(avant: dict[str, Any], apres: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """What changed: the fields that differ, before and after."""
    champs = [champ for champ in apres if avant.get(champ) != apres[champ]]
    return {champ: avant.get(champ) for champ in champs}, {champ: apres[champ] for champ in champs}


def complete(modele: type[M], avant: dict[str, Any], changements: dict[str, Any]) -> M:
    """What is stored with what was typed over it. Raises Invalid `CHAMPS_INVALIDES` for what is stored and incomplete."""
    try:
        return modele.model_validate(avant | changements)
    except ValidationError as error:
        champs = {".".join(map(str, e["loc"])): str(PHRASES["requis"]) for e in error.errors(include_url=False)}
    raise Invalid(_("Certains champs sont à corriger."), code="CHAMPS_INVALIDES", champs=champs)
