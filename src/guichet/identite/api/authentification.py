"""From a request to whoever is behind it. Registered in the manifest; every route of the house goes through here.

The tenant comes from a verified proof (token, cookie, key, signed link), else from the host or `/r/{slug}`; the header
`X-Tenant-ID` never decides, it is compared. Only a super administrator names a tenant with it, and that is recorded.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from fastapi import Request

from guichet.identite.actions.gardien import Porteur, get_gardien
from guichet.identite.actions.interventions import record_intervention
from guichet.identite.actions.liens import PREFIXE, read_lien
from guichet.identite.actions.veille import Vue, get_veille
from guichet.identite.metier.reseaux_ip import is_allowed
from guichet.identite.metier.roles import Role
from guichet.identite.metier.secrets import Genre
from guichet.identite.metier.vues import TenantVue
from guichet.identite.questions.droits import permissions_of
from guichet.identite.questions.marque import marque_of
from guichet.identite.questions.tenants import unknown_tenant
from guichet.socle.acces import Appelant, Passant
from guichet.socle.database import Database, get_database
from guichet.socle.errors import Forbidden, Unauthenticated
from guichet.socle.horloge import now
from guichet.socle.i18n import _
from guichet.socle.origine import name_author
from guichet.socle.settings import get_settings
from guichet.socle.web.debit import get_debit, too_many

# Signing in again must not fail because the old token is over.
SANS_PREUVE: Final = ("/api/v1/auth/login", "/api/v1/auth/refresh", "/.well-known/")


def cookie_name() -> str:
    """The session cookie's name: bound to the host by the browser itself where connections are encrypted."""
    return "__Host-guichet" if get_settings().is_production else "guichet_session"


@dataclass(frozen=True)
class Visite:
    """A request, the tenant whose address it asks for, and what is known of tenants and revocations now."""

    request: Request
    database: Database
    vue: Vue
    place: TenantVue | None
    ip: str

    @property
    def bearer(self) -> str | None:
        """The proof a program shows, unless it comes to get a new one."""
        if self.request.url.path.startswith(SANS_PREUVE):
            return None
        scheme, _space, value = self.request.headers.get("authorization", "").partition(" ")
        if scheme.lower() == "bearer" and value.strip():
            return value.strip()
        return self.request.headers.get("x-api-key") or None

    def named(self) -> TenantVue | str | None:
        """The tenant `X-Tenant-ID` names, the text itself when it names none, None when the header is absent."""
        text = self.request.headers.get("x-tenant-id", "").strip()
        if not text:
            return None
        try:
            return self.vue.tenants.get(UUID(text)) or text
        except ValueError:
            return self.vue.slugs.get(text) or text

    def check_home(self, tenant_id: UUID) -> None:
        """Refuse a proof of this tenant at another one's address, or under another one's name."""
        named = self.named()
        misnamed = named is not None and (isinstance(named, str) or named.id != tenant_id)
        if misnamed or (self.place is not None and self.place.id != tenant_id):
            raise Forbidden(_("Votre accès est celui d'un autre réseau."), code="TENANT_DIFFERENT")


async def authenticate(request: Request) -> Appelant:
    """Who is behind a request; whose house it stands in goes to `request.state.tenant` and `request.state.marque`.

    Raises Unauthenticated `JETON_INVALIDE`; Forbidden `TENANT_DIFFERENT`, `ADRESSE_NON_AUTORISEE`, `LIEN_INVALIDE`;
    Gone `LIEN_EXPIRE`; NotFound `TENANT_NOT_FOUND`; TooMany `TROP_DE_REQUETES`.
    """
    database = get_database()
    vue = await get_veille().look(database)
    place = _place(request, vue)
    _furnish(request, place)
    visite = Visite(request, database, vue, place, request.client.host if request.client else "")
    appelant = await _recognise(visite)
    if appelant.tenant_id is not None:
        _furnish(request, vue.tenants.get(appelant.tenant_id), acting=appelant.role == Role.SUPER_ADMIN)
    name_author(auteur_id=appelant.user_id, auteur=appelant.role or appelant.via, via=appelant.via)
    return appelant


PREUVES: Final = (b"authorization", b"x-api-key", b"cookie", b"x-tenant-id")


def glance_at(headers: Mapping[bytes, bytes]) -> Passant | None:
    """A passer-by, told without asking the database; None for whoever shows something, or when tenants must be read again."""
    if any(preuve in headers for preuve in PREUVES):
        return None
    vue = get_veille().peek(get_database())
    place = None if vue is None else vue.of_host(headers.get(b"host", b"").decode("latin-1"))
    if vue is None or (place is not None and not place.actif):
        return None
    return Passant(place.id if place else None)


authenticate.apercu = glance_at  # type: ignore[attr-defined]


def _furnish(request: Request, tenant: TenantVue | None, *, acting: bool = False) -> None:
    request.state.tenant = tenant
    request.state.marque = marque_of(tenant, acting=acting)


def _place(request: Request, vue: Vue) -> TenantVue | None:
    """The tenant whose address is asked for: its own host, or `/r/{slug}`. Raises NotFound for a slug nobody has."""
    path = request.url.path
    if path.startswith("/r/"):
        tenant = vue.slugs.get(path.split("/", 3)[2])
        if tenant is None or not tenant.actif:
            raise unknown_tenant()
        return tenant
    tenant = vue.of_host(request.headers.get("host", ""))
    if tenant is not None and not tenant.actif:
        raise unknown_tenant()
    return tenant


async def _recognise(visite: Visite) -> Appelant:
    bearer = visite.bearer
    if bearer is not None:
        return await _of_bearer(visite, bearer)
    cookie = visite.request.cookies.get(cookie_name())
    porteur = await get_gardien().of_cookie(visite.database, cookie, visite.vue) if cookie else None
    if porteur is not None and _is_at_home(porteur, visite.place):
        return await _of_porteur(visite, porteur)
    link = visite.request.query_params.get("lien", "")
    if link.startswith(PREFIXE):
        return _of_link(visite, link)
    if visite.place is not None:
        visite.check_home(visite.place.id)
    return Appelant(tenant_id=visite.place.id if visite.place else None, ip=visite.ip)


async def _of_bearer(visite: Visite, bearer: str) -> Appelant:
    if bearer.startswith(PREFIXE):
        return _of_link(visite, bearer)
    gardien = get_gardien()
    look_up = gardien.of_key if bearer.startswith(Genre.CLE_API.value) else gardien.of_token
    porteur = await look_up(visite.database, bearer)
    if porteur is None or not porteur.is_alive(visite.vue, now()):
        raise Unauthenticated(_("Ce jeton n'est plus valable : il a expiré ou a été révoqué."), code="JETON_INVALIDE")
    return await _of_porteur(visite, porteur)


def _is_at_home(porteur: Porteur, place: TenantVue | None) -> bool:
    # In another tenant's house a visitor with a cookie is a passer-by like any other.
    return place is None or porteur.role == Role.SUPER_ADMIN or porteur.tenant_id == place.id


async def _of_porteur(visite: Visite, porteur: Porteur) -> Appelant:
    tenant_id: UUID | None = porteur.tenant_id
    permissions = permissions_of(porteur.role, porteur.permissions)
    if porteur.role == Role.SUPER_ADMIN:
        _check_address(visite.ip, get_settings().admin_ips.split(","))
        tenant_id = await _acted_for(visite, porteur)
    else:
        visite.check_home(porteur.tenant_id)
    if porteur.via == "cle_api":
        permissions = frozenset(porteur.permissions)
        await _check_key(visite, porteur)
    return Appelant(
        user_id=porteur.user_id,
        tenant_id=tenant_id,
        role=porteur.role,
        permissions=permissions,
        centre_ids=frozenset(porteur.centre_ids),
        agence_ids=frozenset(porteur.agence_ids),
        via=porteur.via,
        nom=porteur.nom,
        email=porteur.email,
        ip=visite.ip,
        session_id=porteur.session_id,
    )


def _check_address(ip: str, allowed: Iterable[str]) -> None:
    if not is_allowed(ip, allowed):
        raise Forbidden(_("Cet accès n'est pas ouvert à votre adresse réseau."), code="ADRESSE_NON_AUTORISEE")


async def _acted_for(visite: Visite, porteur: Porteur) -> UUID | None:
    named = visite.named()
    if isinstance(named, str):
        raise unknown_tenant()
    tenant_id = named.id if named else porteur.agit_pour
    if tenant_id is None or tenant_id == porteur.tenant_id:
        return None
    assert porteur.user_id is not None
    await record_intervention(
        visite.database, tenant_id=tenant_id, session_id=porteur.session_id, user_id=porteur.user_id
    )
    return tenant_id


async def _check_key(visite: Visite, porteur: Porteur) -> None:
    _check_address(visite.ip, porteur.ips)
    if porteur.limite_minute is not None:
        wait = await get_debit().take(f"cle:{porteur.session_id}", porteur.limite_minute)
        if wait is not None:
            raise too_many(wait)


def _of_link(visite: Visite, text: str) -> Appelant:
    opened = read_lien(text)
    tenant = visite.vue.tenants.get(opened.tenant_id)
    if tenant is None or not tenant.actif:
        raise unknown_tenant()
    visite.check_home(tenant.id)
    return Appelant(
        tenant_id=tenant.id,
        permissions=opened.permissions,
        via="lien",
        ip=visite.ip,
        lien={"genre": opened.genre, "cible": opened.cible},
    )
