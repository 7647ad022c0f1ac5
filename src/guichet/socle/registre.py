"""What contexts contribute, gathered in one place so that lower floors can use it without knowing who brought it.

Each context describes itself in its `module.py`; `guichet.app` fills the registry at assembly.
"""

from collections.abc import Awaitable, Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel

if TYPE_CHECKING:
    import typer
    from fastapi import APIRouter
    from sqlalchemy.ext.asyncio import AsyncSession

    from guichet.socle.acces import Authenticator

Handler = Callable[["AsyncSession", Any], Awaitable[None]]


@dataclass(frozen=True, kw_only=True)
class Permission:
    """A permission routes may ask for, and the roles that hold it from the start."""

    code: str
    libelle: str
    roles: frozenset[str] = frozenset()


@dataclass(frozen=True, kw_only=True)
class NavEntry:
    """A link in the navigation of a portal, shown to those who hold the permission. `ordre` sorts, smallest first."""

    portail: str
    libelle: str
    url: str
    icone: str
    permission: str | None = None
    court: str | None = None
    ordre: int = 100


@dataclass(frozen=True, kw_only=True)
class Reglages:
    """A section of a tenant's settings: its name, its Pydantic model (defaults included), its label."""

    nom: str
    modele: type[BaseModel]
    libelle: str


@dataclass(frozen=True)
class Reaction:
    """A handler of a message. Immediate ones run in the publisher's session and commit; deferred ones by the relay."""

    message: type[Any]
    handler: Handler
    immediate: bool

    @property
    def nom(self) -> str:
        """A stable name: with the message id, it says what has been done already."""
        return f"{self.handler.__module__}.{self.handler.__qualname__}"


def immediate(message: type[Any], handler: Handler) -> Reaction:
    """React in the same session and commit as the publisher."""
    return Reaction(message, handler, immediate=True)


def deferred(message: type[Any], handler: Handler) -> Reaction:
    """React a moment later, in a transaction of its own, at least once: the handler is idempotent."""
    return Reaction(message, handler, immediate=False)


@dataclass(frozen=True, kw_only=True)
class Routine:
    """Something the worker does every so often by the one clock: sweeping due columns, sealing, purging."""

    nom: str
    toutes: timedelta
    action: Callable[[datetime], Awaitable[None]]


@dataclass(frozen=True, kw_only=True)
class Panneau:
    """A piece of an upper context shown on a lower one's page: `async (session, contexte, cle) -> View`."""

    nom: str
    fournir: Callable[..., Awaitable[Any]]


@dataclass(frozen=True, kw_only=True)
class Module:
    """A context's contribution to the house. Everything is optional but the name."""

    nom: str
    routers: "tuple[APIRouter, ...]" = ()
    reactions: tuple[Reaction, ...] = ()
    routines: tuple[Routine, ...] = ()
    jobs: tuple[Any, ...] = ()
    permissions: tuple[Permission, ...] = ()
    navigation: tuple[NavEntry, ...] = ()
    reglages: tuple[Reglages, ...] = ()
    panneaux: tuple[Panneau, ...] = ()
    authenticator: "Authenticator | None" = None
    error_page: Callable[..., Any] | None = None
    cli: "typer.Typer | None" = None
    demo: Callable[..., Awaitable[dict[str, int]]] | None = None
    demo_processes: tuple[tuple[str, tuple[str, ...]], ...] = ()
    extensions: dict[str, Any] = field(default_factory=dict)


class Registre:
    """The filled registry of one process."""

    def __init__(self, modules: Iterable[Module] = ()) -> None:
        self.modules: tuple[Module, ...] = tuple(modules)

    def _each(self, attribute: str) -> Iterator[Any]:
        for module in self.modules:
            yield from getattr(module, attribute)

    @property
    def permissions(self) -> list[Permission]:
        """Every permission of the house."""
        return list(self._each("permissions"))

    @property
    def navigation(self) -> list[NavEntry]:
        """Every navigation entry, in order."""
        return sorted(self._each("navigation"), key=lambda e: e.ordre)

    @property
    def reglages(self) -> list[Reglages]:
        """Every section of tenant settings."""
        return list(self._each("reglages"))

    @property
    def routines(self) -> list[Routine]:
        """Every routine."""
        return list(self._each("routines"))

    @property
    def jobs(self) -> list[Any]:
        """Every job."""
        return list(self._each("jobs"))

    @property
    def error_page(self) -> Callable[..., Any] | None:
        """What renders an error as a page, when a context brings it."""
        return next((m.error_page for m in self.modules if m.error_page), None)

    def reactions(self, message: type[Any], *, immediate: bool) -> list[Reaction]:
        """The reactions to a type of message, those to one of its bases included."""
        return [r for r in self._each("reactions") if issubclass(message, r.message) and r.immediate is immediate]

    def panneaux(self, nom: str) -> list[Panneau]:
        """The panels mounted under a name."""
        return [p for p in self._each("panneaux") if p.nom == nom]

    def extensions(self, nom: str) -> list[Any]:
        """Whatever contexts contribute under a name two of them agreed upon (mail templates, ports...)."""
        return [m.extensions[nom] for m in self.modules if nom in m.extensions]


_registre = Registre()


def get_registre() -> Registre:
    """The registry of this process; empty before assembly."""
    return _registre


def set_registre(registre: Registre) -> Registre:
    """Called once by the assembly (and by tests). Returns the registry that was there."""
    global _registre  # noqa: PLW0603  one per process, set at assembly
    before = _registre
    _registre = registre
    return before
