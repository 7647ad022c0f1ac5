"""What the routes of identity share: the tenant a caller stands in, and what it may do to whom."""

from collections.abc import Iterable
from typing import Annotated, Any
from uuid import UUID

from fastapi import Depends, Request
from pydantic import BaseModel

from guichet.identite.actions.veille import get_veille
from guichet.identite.metier.roles import Role, attribuables, not_held
from guichet.identite.metier.tenants import PLATEFORME
from guichet.identite.metier.vues import TenantVue
from guichet.identite.questions.droits import perimetre_of
from guichet.identite.questions.tenants import unknown_tenant
from guichet.socle.acces import Appelant, CurrentAppelant
from guichet.socle.database import get_database
from guichet.socle.errors import Forbidden, Invalid, Unauthenticated
from guichet.socle.i18n import _


async def appelant_of_tenant(appelant: CurrentAppelant) -> Appelant:
    """A caller that stands in a tenant. Raises Invalid `TENANT_REQUIS` for a super administrator who named none."""
    if appelant.tenant_id is None:
        raise Invalid(
            _("Dites dans quel réseau agir, avec l'en-tête X-Tenant-ID."),
            code="TENANT_REQUIS",
            champs={"X-Tenant-ID": _("À renseigner.")},
        )
    return appelant


AppelantTenant = Annotated[Appelant, Depends(appelant_of_tenant)]


async def person(appelant: CurrentAppelant) -> Appelant:
    """A caller that is a person with an account, not a program's key. Raises Unauthenticated."""
    if appelant.user_id is None:
        raise Unauthenticated(_("Connectez-vous pour continuer."), code="NON_CONNECTE")
    return appelant


Personne = Annotated[Appelant, Depends(person)]


def home_of(appelant: Appelant) -> UUID:
    """The tenant a person's own account lives in: the house for a super administrator, wherever he acts."""
    if appelant.role == Role.SUPER_ADMIN or appelant.tenant_id is None:
        return PLATEFORME
    return appelant.tenant_id


def given(body: BaseModel) -> dict[str, Any]:
    """The fields that were sent, `version` apart."""
    return body.model_dump(exclude_unset=True, exclude={"version"})


def not_null(body: BaseModel, *, nullable: Iterable[str] = ()) -> dict[str, Any]:
    """The fields that were sent. Raises Invalid `CHAMPS_INVALIDES` for a null where there must be a value."""
    fields = given(body)
    empty = [name for name, value in fields.items() if value is None and name not in set(nullable)]
    if empty:
        raise Invalid(
            _("Certains champs sont à corriger."),
            code="CHAMPS_INVALIDES",
            champs=dict.fromkeys(empty, _("À renseigner.")),
        )
    return fields


def check_attribution(
    appelant: Appelant,
    *,
    roles: Iterable[str],
    permissions: Iterable[str] = (),
    agence_ids: Iterable[UUID] | None = None,
    centre_ids: Iterable[UUID] | None = None,
) -> None:
    """Nobody hands out a role, a permission or a scope beyond their own.

    `roles`: the one given and, for a change, the one the person has. Raises Forbidden `ROLE_NON_ATTRIBUABLE`,
    `PERMISSION_NON_DETENUE`, `PERIMETRE_DEPASSE`.
    """
    may = attribuables(appelant.role)
    beyond = sorted(set(roles) - may)
    if beyond:
        raise Forbidden(
            _("Vous ne pouvez pas gérer le rôle {role}.", role=beyond[0]),
            code="ROLE_NON_ATTRIBUABLE",
            champs={"role": _("Choisissez parmi : {liste}.", liste=", ".join(sorted(may)))},
        )
    missing = not_held(appelant.permissions, permissions)
    if missing:
        raise Forbidden(
            _("Vous ne pouvez pas donner des droits que vous n'avez pas : {liste}.", liste=", ".join(missing)),
            code="PERMISSION_NON_DETENUE",
            champs={"permissions": _("Retirez : {liste}.", liste=", ".join(missing))},
        )
    _check_scope(appelant, agence_ids, centre_ids)


def _check_scope(appelant: Appelant, agence_ids: Iterable[UUID] | None, centre_ids: Iterable[UUID] | None) -> None:
    perimetre = perimetre_of(appelant)
    if perimetre is None or (agence_ids is None and centre_ids is None):
        return
    agences, centres = frozenset(agence_ids or ()), frozenset(centre_ids or ())
    if not (agences or centres) or agences - perimetre.agence_ids or centres - perimetre.centre_ids:
        raise Forbidden(
            _("Choisissez parmi vos agences et vos centres."),
            code="PERIMETRE_DEPASSE",
            champs={"agence_ids": _("Choisissez parmi vos agences et vos centres.")},
        )


async def tenant_named(request: Request, slug: str | None) -> TenantVue | None:
    """The tenant an anonymous request is about: the one it names, else its host's; None on the neutral host.

    Raises NotFound `TENANT_NOT_FOUND`; Forbidden `TENANT_DIFFERENT` when it names another one than its host.
    """
    place: TenantVue | None = getattr(request.state, "tenant", None)
    if not slug:
        return place
    named = (await get_veille().look(get_database())).slugs.get(slug)
    if named is None or not named.actif:
        raise unknown_tenant()
    if place is not None and place.id != named.id:
        raise Forbidden(_("Votre accès est celui d'un autre réseau."), code="TENANT_DIFFERENT")
    return named


def device_of(request: Request) -> str:
    """What a sign-in remembers of the browser or program."""
    return request.headers.get("user-agent", "")[:300]


def ip_of(request: Request) -> str:
    """The caller's address, as the edge believes it."""
    return request.client.host if request.client else ""
