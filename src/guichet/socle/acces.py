"""Who is calling, and what a route asks of them.

Every route carries exactly one requirement, `dependencies=[exige("rdv:create")]`, `[CONNECTE]` or `[PUBLIC]`; a house
test walks the routes. How a request becomes an `Appelant` is `identite`'s business: it registers the authenticator.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any
from uuid import UUID

from fastapi import Depends, Request

from guichet.socle.errors import Forbidden, Unauthenticated
from guichet.socle.i18n import _


@dataclass(frozen=True, kw_only=True)
class Appelant:
    """The person or program behind a request. `tenant_id` is None on the neutral host and for a super admin at rest."""

    user_id: UUID | None = None
    tenant_id: UUID | None = None
    role: str | None = None
    permissions: frozenset[str] = frozenset()
    centre_ids: frozenset[UUID] = frozenset()
    agence_ids: frozenset[UUID] = frozenset()
    via: str = "anonyme"
    nom: str = ""
    email: str = ""
    ip: str = ""
    session_id: UUID | None = None
    lien: dict[str, Any] = field(default_factory=dict)

    @property
    def is_known(self) -> bool:
        """True for a signed-in person or a key; false for a passer-by or the holder of a signed link."""
        return self.user_id is not None or self.via == "cle_api"

    def can(self, permission: str) -> bool:
        """True when `permission` (`rdv:create`) is held, directly or through `rdv:*` or `*`."""
        held = self.permissions
        if permission in held or "*" in held:
            return True
        return any(f"{prefix}:*" in held for prefix in _prefixes(permission))


def _prefixes(permission: str) -> list[str]:
    parts = permission.split(":")
    return [":".join(parts[:n]) for n in range(1, len(parts))]


ANONYME = Appelant()


@dataclass(frozen=True, slots=True)
class Passant:
    """Somebody who shows nothing: no proof, no cookie. `tenant_id` is that of the address asked at."""

    tenant_id: UUID | None


Authenticator = Callable[[Request], Awaitable[Appelant]]
Apercu = Callable[[Mapping[bytes, bytes]], Passant | None]
_authenticator: Authenticator | None = None


def set_authenticator(authenticator: Authenticator | None) -> Authenticator | None:
    """Called once by the assembly with what `identite` contributes (and by tests). Returns the one that was there."""
    global _authenticator  # noqa: PLW0603  one per process, set at assembly
    before = _authenticator
    _authenticator = authenticator
    return before


def glance(headers: Mapping[bytes, bytes]) -> Passant | None:
    """The passer-by behind these headers, when the authenticator's `apercu` can tell at once that it is only one."""
    apercu: Apercu | None = getattr(_authenticator, "apercu", None)
    return apercu(headers) if apercu else None


async def current_appelant(request: Request) -> Appelant:
    """The caller of this request, resolved once and kept on it. Raises what the authenticator raises (401, 403)."""
    known = getattr(request.state, "appelant", None)
    if isinstance(known, Appelant):
        return known
    appelant = await _authenticator(request) if _authenticator else ANONYME
    request.state.appelant = appelant
    return appelant


CurrentAppelant = Annotated[Appelant, Depends(current_appelant)]


@dataclass(frozen=True)
class Exigence:
    """The requirement of a route, callable as a dependency and readable by the house tests and the document."""

    permissions: tuple[str, ...] = ()
    public: bool = False

    async def __call__(self, appelant: CurrentAppelant) -> Appelant:
        """Let the caller through, or raise 401 (not signed in) or 403 (signed in, may not)."""
        if self.public:
            return appelant
        if not appelant.is_known:
            raise Unauthenticated(_("Connectez-vous pour continuer."), code="NON_CONNECTE")
        if self.permissions and not any(appelant.can(p) for p in self.permissions):
            raise Forbidden(_("Votre compte ne permet pas cette action."), code="PERMISSION_REFUSEE")
        return appelant


@dataclass(frozen=True)
class SansAppelant(Exigence):
    """The requirement of what answers without asking who calls, even when nobody can be recognised."""

    public: bool = True

    async def __call__(self) -> Appelant:  # type: ignore[override]
        """Let everyone through."""
        return ANONYME


def exige(*permissions: str) -> Any:
    """The dependency of a route reserved to callers holding at least one of `permissions`."""
    if not permissions:
        raise ValueError("name a permission, or use PUBLIC or CONNECTE")
    return Depends(Exigence(permissions=permissions))


PUBLIC: Any = Depends(Exigence(public=True))
# Health and built files: the database may be away, and a page asks for ten files.
SANS_APPELANT: Any = Depends(SansAppelant())
CONNECTE: Any = Depends(Exigence())
