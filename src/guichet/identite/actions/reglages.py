"""Changing a tenant's settings, section by section."""

from typing import Any

from pydantic import BaseModel, ValidationError
from sqlalchemy import update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from guichet.identite.actions.tenants import check_version
from guichet.identite.actions.veille import look_again_after_commit
from guichet.identite.messages import ReglagesChanged, TenantUpdated
from guichet.identite.metier.vues import changed
from guichet.identite.questions.contexte import tenant_of
from guichet.identite.questions.reglages import EN_COLONNE, find_section, load, section_of, stored
from guichet.identite.tables import Reglage, Tenant
from guichet.socle.audit import audit
from guichet.socle.errors import Invalid
from guichet.socle.horloge import now
from guichet.socle.i18n import _
from guichet.socle.messages import publish
from guichet.socle.origine import current_origin


async def change_section(
    session: AsyncSession, *, section: str, valeurs: dict[str, Any], version: int | None = None
) -> tuple[BaseModel, int]:
    """Merge `valeurs` into a section of the session's tenant. Returns it whole, with its version.

    Raises Invalid `SECTION_INCONNUE`, Invalid `REGLAGE_INVALIDE` with the fields (`section.champ`), Conflict
    `VERSION_PERIMEE`.
    """
    modele = find_section(section).modele
    tenant_id = tenant_of(session)
    kept, current = await stored(session, section=section, tenant_id=tenant_id, lock=True)
    check_version(current, version)
    before = load(modele, kept).model_dump(mode="json")
    after = validate(section, modele, before | valeurs)
    values = after.model_dump(mode="json")
    if values == before and current:
        return after, current
    await _write(session, section=section, values=values)
    avant, apres = changed(before, values)
    await audit(
        session, action="tenant.reglages.update", entite="reglages", entite_id=section, avant=avant, apres=apres
    )
    await publish(session, ReglagesChanged(section=section))
    if section in EN_COLONNE:
        look_again_after_commit(session)
        await publish(session, TenantUpdated(actif=True))
    return after, current + 1


async def set_reglages(session: AsyncSession, valeurs: BaseModel) -> None:
    """Write a whole section of the settings of the session's tenant, found by the type of `valeurs`."""
    section = section_of(type(valeurs))
    await change_section(session, section=section.nom, valeurs=valeurs.model_dump(mode="json"))


def validate(section: str, modele: type[BaseModel], values: dict[str, Any]) -> BaseModel:
    """The values as the section's model. Raises Invalid `REGLAGE_INVALIDE` naming each field."""
    try:
        checked = modele.model_validate(values)
        if "\\u0000" not in checked.model_dump_json():
            return checked
        champs = {section: _("Ce texte contient un caractère interdit.")}
    except ValidationError as error:
        champs = {
            ".".join([section, *map(str, each["loc"])]): _said(each["type"], each["msg"]) for each in error.errors()
        }
    raise Invalid(_("Un réglage n'est pas valable."), code="REGLAGE_INVALIDE", champs=champs)


def _said(kind: str, message: str) -> str:
    if kind == "value_error":
        return message.removeprefix("Value error, ")
    if kind == "extra_forbidden":
        return _("Ce réglage n'existe pas.")
    return _("Cette valeur n'est pas acceptée ici.")


async def _write(session: AsyncSession, *, section: str, values: dict[str, Any]) -> None:
    tenant_id = tenant_of(session)
    if section in EN_COLONNE:
        change = {EN_COLONNE[section]: values, "version": Tenant.version + 1, "updated_at": now()}
        await session.execute(update(Tenant).where(Tenant.id == tenant_id).values(change))
        return
    row = {
        "tenant_id": tenant_id,
        "section": section,
        "valeurs": values,
        "version": 1,
        "modifie_par": current_origin().auteur_id,
        "modifie_le": now(),
    }
    statement = insert(Reglage).values(row)
    change = {name: statement.excluded[name] for name in ("valeurs", "modifie_par", "modifie_le")}
    await session.execute(
        statement.on_conflict_do_update(
            index_elements=["tenant_id", "section"], set_=change | {"version": Reglage.version + 1}
        )
    )
