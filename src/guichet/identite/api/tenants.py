"""Tenants, for super administrators; a tenant's settings, for its own administrators."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Body, Query
from sqlalchemy.ext.asyncio import AsyncSession

from guichet.identite.actions.reglages import change_section, validate
from guichet.identite.actions.tenants import create_tenant, deactivate_tenant, update_tenant
from guichet.identite.actions.users import create_user
from guichet.identite.api.commun import AppelantTenant, not_null
from guichet.identite.api.modeles import TenantChange, TenantDetail, TenantIn, TenantOut
from guichet.identite.metier.reglages import Branding, General
from guichet.identite.metier.roles import Role
from guichet.identite.metier.tenants import PLATEFORME
from guichet.identite.metier.vues import TenantVue
from guichet.identite.questions import tenants
from guichet.identite.questions.contexte import tenant_of
from guichet.identite.questions.reglages import find_section, load, sections, stored
from guichet.identite.questions.users import count_users
from guichet.socle.acces import Appelant, CurrentAppelant, exige
from guichet.socle.database import enter_tenant
from guichet.socle.errors import Forbidden, Invalid
from guichet.socle.i18n import _
from guichet.socle.web import Lecture, Liste, Pagination, Tx, build_liste
from guichet.socle.web.problemes import problemes

router = APIRouter(prefix="/api/v1/admin", tags=["Comptes et accès"])
VERSIONS = "versions"
PRIS = ["SLUG_DEJA_UTILISE", "HOTE_DEJA_UTILISE", "VERSION_PERIMEE"]
FAUX = ["SLUG_INVALIDE", "TYPE_INCONNU", "PLAN_INCONNU", "HOTE_INVALIDE", "REGLAGE_INVALIDE"]


async def _enter(session: AsyncSession, appelant: Appelant, tenant_id: UUID) -> TenantVue:
    """Step into the tenant a super administrator administers. Raises NotFound, Forbidden `TENANT_DIFFERENT`."""
    if tenant_id == PLATEFORME:
        raise tenants.unknown_tenant()
    if appelant.tenant_id not in (None, tenant_id):
        raise Forbidden(
            _("Vous agissez dans un autre réseau : revenez d'abord à la plateforme."), code="TENANT_DIFFERENT"
        )
    tenant = await tenants.get_tenant(session, tenant_id=tenant_id)
    await enter_tenant(session, tenant_id)
    return tenant


async def _detail(session: AsyncSession, tenant: TenantVue) -> TenantDetail:
    seen = TenantOut.model_validate(tenant).model_dump()
    return TenantDetail(**seen, nb_users=await count_users(session))


def _looks(fields: dict[str, Any]) -> dict[str, Any]:
    for name, section, modele in (("branding", "branding", Branding), ("contact", "general", General)):
        if name in fields:
            fields[name] = validate(section, modele, fields[name]).model_dump()
    return fields


@router.get("/tenants", dependencies=[exige("plateforme:tenant:read")])
async def list_tenants(
    session: Lecture, page: Pagination, actif: Annotated[bool | None, Query()] = None
) -> Liste[TenantOut]:
    """Les réseaux, du plus ancien au plus récent."""
    last = page.apres[-1] if page.apres else None
    rows = await tenants.list_tenants(
        session, actif=actif, apres=last if isinstance(last, UUID) else None, limite=page.limite + 1
    )
    return build_liste(rows, page, vers=TenantOut.model_validate, cle_de=lambda row: (row.id,))


@router.post(
    "/tenants",
    dependencies=[exige("plateforme:tenant:create")],
    status_code=201,
    responses=problemes({409: [*PRIS[:2], "TENANT_DIFFERENT"], 422: [*FAUX, "EMAIL_INVALIDE"]}),
)
async def create(session: Tx, appelant: CurrentAppelant, body: TenantIn) -> TenantDetail:
    """Ouvrir un réseau, et inviter son premier administrateur."""
    if appelant.tenant_id is not None:
        raise Forbidden(
            _("Vous agissez dans un autre réseau : revenez d'abord à la plateforme."), code="TENANT_DIFFERENT"
        )
    fields = _looks(not_null(body, nullable=["slug", "max_users", "max_agences", "domaine", "administrateur"]))
    fields.pop("administrateur", None)
    tenant = await create_tenant(session, **fields)
    if body.administrateur is not None:
        await create_user(session, role=Role.ADMIN_TENANT, **body.administrateur.model_dump())
    return await _detail(session, tenant)


@router.get(
    "/tenants/{tenant_id}",
    dependencies=[exige("plateforme:tenant:read")],
    responses=problemes({404: ["TENANT_NOT_FOUND"]}),
)
async def get_tenant(session: Lecture, appelant: CurrentAppelant, tenant_id: UUID) -> TenantDetail:
    """Un réseau, avec le nombre de places prises."""
    return await _detail(session, await _enter(session, appelant, tenant_id))


@router.put(
    "/tenants/{tenant_id}",
    dependencies=[exige("plateforme:tenant:update")],
    responses=problemes({404: ["TENANT_NOT_FOUND"], 409: PRIS, 422: FAUX}),
)
async def update(session: Tx, appelant: CurrentAppelant, tenant_id: UUID, body: TenantChange) -> TenantDetail:
    """Modifier un réseau : seuls les champs envoyés changent. `max_users` et `max_agences` à null : sans limite."""
    await _enter(session, appelant, tenant_id)
    changes = _looks(not_null(body, nullable=["max_users", "max_agences", "domaine"]))
    return await _detail(session, await update_tenant(session, version=body.version, **changes))


@router.delete(
    "/tenants/{tenant_id}",
    dependencies=[exige("plateforme:tenant:delete")],
    responses=problemes({404: ["TENANT_NOT_FOUND"]}),
)
async def delete(session: Tx, appelant: CurrentAppelant, tenant_id: UUID) -> TenantDetail:
    """Fermer un réseau : plus personne ne s'y connecte, ses centres quittent les pages publiques, rien n'est effacé."""
    await _enter(session, appelant, tenant_id)
    return await _detail(session, await deactivate_tenant(session))


async def _every_section(session: AsyncSession, only: str | None = None) -> dict[str, Any]:
    wanted = [find_section(only)] if only else list(sections().values())
    tenant_id, shown, versions = tenant_of(session), {}, {}
    for section in sorted(wanted, key=lambda s: s.nom):
        values, version = await stored(session, section=section.nom, tenant_id=tenant_id)
        shown[section.nom] = load(section.modele, values).model_dump(mode="json")
        versions[section.nom] = version
    return {**shown, VERSIONS: versions}


@router.get("/tenant/settings", dependencies=[exige("tenant:settings:read")])
async def get_settings(
    session: Lecture,
    appelant: AppelantTenant,
    section: Annotated[str | None, Query(max_length=60, description="Une seule section.")] = None,
) -> dict[str, Any]:
    """Les réglages du réseau par section, valeurs par défaut comprises, et la version de chacune."""
    del appelant
    return await _every_section(session, section)


@router.put(
    "/tenant/settings",
    dependencies=[exige("tenant:settings:update")],
    responses=problemes({409: ["VERSION_PERIMEE"], 422: ["SECTION_INCONNUE", "REGLAGE_INVALIDE"]}),
)
async def put_settings(
    session: Tx,
    appelant: AppelantTenant,
    body: Annotated[dict[str, Any], Body(examples=[{"general": {"telephone": "04 65 71 00 42"}}])],
) -> dict[str, Any]:
    """Modifier des réglages : chaque section envoyée est fusionnée avec l'existante, les autres restent.

    `versions` (facultatif) refuse l'écriture si une section a changé depuis qu'elle a été lue.
    """
    del appelant
    versions = body.pop(VERSIONS, {})
    for nom, valeurs in sorted(body.items()):
        find_section(nom)
        if not isinstance(valeurs, dict):
            raise _not_object(nom)
        seen = versions.get(nom) if isinstance(versions, dict) else None
        await change_section(session, section=nom, valeurs=valeurs, version=seen if isinstance(seen, int) else None)
    return await _every_section(session)


def _not_object(nom: str) -> Invalid:
    return Invalid(
        _("Un réglage n'est pas valable."), code="REGLAGE_INVALIDE", champs={nom: _("Un objet est attendu.")}
    )
