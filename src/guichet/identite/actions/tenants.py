"""Opening, changing and closing tenants."""

from collections.abc import Mapping, Sequence
from typing import Any, Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from guichet.identite.actions.reperes import check_hosts, replace_hosts
from guichet.identite.actions.veille import look_again_after_commit
from guichet.identite.messages import TenantCreated, TenantUpdated
from guichet.identite.metier.reglages import Branding, General
from guichet.identite.metier.tenants import LIMITES, PLATEFORME, Plan, TypeTenant, is_slug, slugify
from guichet.identite.metier.vues import TenantVue, changed
from guichet.identite.questions.contexte import tenant_of
from guichet.identite.questions.tenants import tenant_vue, unknown_tenant
from guichet.identite.tables import Tenant
from guichet.socle.audit import audit
from guichet.socle.database import enter_tenant
from guichet.socle.errors import Conflict, Invalid
from guichet.socle.horloge import now
from guichet.socle.i18n import _
from guichet.socle.ids import new_id
from guichet.socle.messages import publish

DU_PLAN: Final = -1
"""For `max_users` and `max_agences`: what the plan gives. None is without limit."""

AUDITES = (
    "slug",
    "nom",
    "type",
    "plan",
    "max_users",
    "max_agences",
    "domaine",
    "hosts",
    "branding",
    "contact",
    "actif",
)


def _facts(row: Tenant) -> dict[str, Any]:
    return {name: getattr(row, name) for name in AUDITES}


def _wrong(champ: str, message: str, *, code: str) -> Invalid:
    return Invalid(message, code=code, champs={champ: message})


def _check_words(*, type: str | None = None, plan: str | None = None, slug: str | None = None) -> None:  # noqa: A002
    if type is not None and type not in frozenset(TypeTenant):
        raise _wrong("type", _("Choisissez reseau, independant ou franchise."), code="TYPE_INCONNU")
    if plan is not None and plan not in frozenset(Plan):
        raise _wrong("plan", _("Choisissez starter, business ou enterprise."), code="PLAN_INCONNU")
    if slug is not None and not is_slug(slug):
        raise _wrong(
            "slug",
            _("L'identifiant compte 1 à 48 lettres minuscules, chiffres ou tirets, sans tiret aux extrémités."),
            code="SLUG_INVALIDE",
        )


def _slug_taken(slug: str) -> Conflict:
    return Conflict(
        _("L'identifiant « {slug} » est déjà utilisé par un autre réseau.", slug=slug),
        code="SLUG_DEJA_UTILISE",
        champs={"slug": _("Choisissez un autre identifiant.")},
    )


async def create_tenant(
    session: AsyncSession,
    *,
    nom: str,
    slug: str | None = None,
    type: str = TypeTenant.RESEAU,  # noqa: A002  the founding documents' own word
    plan: str = Plan.STARTER,
    max_users: int | None = DU_PLAN,
    max_agences: int | None = DU_PLAN,
    domaine: str | None = None,
    hosts: Sequence[str] = (),
    branding: Mapping[str, Any] | None = None,
    contact: Mapping[str, Any] | None = None,
    tenant_id: UUID | None = None,
) -> TenantVue:
    """Open a tenant; the session, which must have none (or `tenant_id`), is in it afterwards.

    `slug` is made from the name when left out. Raises Invalid (`SLUG_INVALIDE`, `TYPE_INCONNU`, `PLAN_INCONNU`,
    `HOTE_INVALIDE`) and Conflict (`SLUG_DEJA_UTILISE`, `HOTE_DEJA_UTILISE`).
    """
    slug = slugify(nom) if slug is None else slug
    _check_words(type=type, plan=plan, slug=slug)
    limites = LIMITES[Plan(plan)]
    known_hosts = check_hosts(hosts, domaine)
    tenant_id = tenant_id or new_id()
    await enter_tenant(session, tenant_id)
    values = {
        "id": tenant_id,
        "slug": slug,
        "nom": nom,
        "type": type,
        "plan": plan,
        "max_users": limites.users if max_users == DU_PLAN else max_users,
        "max_agences": limites.agences if max_agences == DU_PLAN else max_agences,
        "domaine": known_hosts[0] if domaine else None,
        "hosts": known_hosts,
        "branding": Branding.model_validate(branding or {}).model_dump(),
        "contact": General.model_validate(contact or {}).model_dump(),
        "created_at": now(),
        "updated_at": now(),
    }
    statement = insert(Tenant).values(values).on_conflict_do_nothing(index_elements=["slug"]).returning(Tenant)
    row = await session.scalar(statement)
    if row is None:
        raise _slug_taken(slug)
    await replace_hosts(session, before=(), after=known_hosts)
    await audit(session, action="tenant.create", entite="tenant", entite_id=tenant_id, apres=_facts(row))
    look_again_after_commit(session)
    await publish(session, TenantCreated())
    return tenant_vue(row)


async def lock_tenant(session: AsyncSession) -> TenantVue:
    """The session's tenant, held until the commit: whoever counts against its limits waits here.

    Raises NotFound `TENANT_NOT_FOUND`.
    """
    return tenant_vue(await _locked(session))


async def _locked(session: AsyncSession) -> Tenant:
    query = select(Tenant).where(Tenant.id == tenant_of(session)).with_for_update(key_share=True)
    row = await session.scalar(query.execution_options(populate_existing=True))
    if row is None:
        raise unknown_tenant()
    return row


async def update_tenant(session: AsyncSession, *, version: int | None = None, **changes: Any) -> TenantVue:
    """Change the session's tenant: any of the fields of `create_tenant`, and `actif`.

    `version` is the one the caller saw: Conflict `VERSION_PERIMEE` when another change came first. A new plan brings
    its limits along unless they are given too.
    """
    row = await _locked(session)
    check_version(row.version, version)
    before = _facts(row)
    _check_words(**{name: changes[name] for name in ("type", "plan", "slug") if name in changes})
    if "plan" in changes and changes["plan"] != row.plan:
        limites = LIMITES[Plan(changes["plan"])]
        changes = {"max_users": limites.users, "max_agences": limites.agences} | changes
    slug = changes.get("slug", row.slug)
    if slug != row.slug and await session.scalar(select(Tenant.id).where(Tenant.slug == slug)):
        raise _slug_taken(slug)
    if "hosts" in changes or "domaine" in changes:
        domaine = changes.get("domaine", row.domaine)
        kept = [h for h in row.hosts if h != row.domaine]
        changes["hosts"] = check_hosts(changes.get("hosts", kept), domaine)
        changes["domaine"] = changes["hosts"][0] if domaine else None
        await replace_hosts(session, before=row.hosts, after=changes["hosts"])
    for name, value in changes.items():
        setattr(row, name, value)
    after = _facts(row)
    if after == before:
        return tenant_vue(row)
    row.version += 1
    row.updated_at = now()
    await session.flush()
    avant, apres = changed(before, after)
    await audit(session, action="tenant.update", entite="tenant", entite_id=row.id, avant=avant, apres=apres)
    look_again_after_commit(session)
    await publish(session, TenantUpdated(actif=row.actif))
    return tenant_vue(row)


async def deactivate_tenant(session: AsyncSession) -> TenantVue:
    """Close the session's tenant: nobody signs in any more, its centres leave the public pages; nothing is erased."""
    if tenant_of(session) == PLATEFORME:
        raise Conflict(_("La plateforme elle-même ne peut pas être fermée."), code="PLATEFORME_PERMANENTE")
    return await update_tenant(session, actif=False)


def check_version(current: int, seen: int | None) -> None:
    """Raise Conflict `VERSION_PERIMEE` when what the caller saw has changed since."""
    if seen is not None and seen != current:
        raise Conflict(
            _("Ces informations ont été modifiées entre-temps. Rechargez-les avant d'enregistrer."),
            code="VERSION_PERIMEE",
            version=current,
        )
