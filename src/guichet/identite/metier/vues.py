"""What others see of tenants, people, sessions and keys: frozen values, never a secret."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID


@dataclass(frozen=True, kw_only=True)
class TenantVue:
    """A tenant. `max_users`, `max_agences`: None is without limit; `hosts` lead visitors to it."""

    id: UUID
    slug: str
    nom: str
    type: str
    plan: str
    max_users: int | None
    max_agences: int | None
    domaine: str | None = None
    hosts: tuple[str, ...] = ()
    branding: Mapping[str, Any] = field(default_factory=dict)
    contact: Mapping[str, Any] = field(default_factory=dict)
    actif: bool = True
    version: int = 1
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, kw_only=True)
class UserVue:
    """An account. `permissions` are those added to the role's; `agence_ids` and `centre_ids` its scope."""

    id: UUID
    tenant_id: UUID
    email: str
    nom: str
    prenom: str
    telephone: str | None
    role: str
    permissions: tuple[str, ...]
    agence_ids: tuple[UUID, ...]
    centre_ids: tuple[UUID, ...]
    langue: str
    actif: bool
    email_verifie: bool
    a_mot_de_passe: bool
    double_facteur: bool
    invite_le: datetime | None
    derniere_connexion: datetime | None
    version: int
    created_at: datetime
    updated_at: datetime

    @property
    def nom_complet(self) -> str:
        """First name and name, as on screens."""
        return f"{self.prenom} {self.nom}".strip()


@dataclass(frozen=True, kw_only=True)
class SessionVue:
    """One sign-in of a person: where from, when last used."""

    id: UUID
    canal: str
    appareil: str
    ip: str
    cree_le: datetime
    vue_le: datetime
    expire_le: datetime


@dataclass(frozen=True, kw_only=True)
class CleApiVue:
    """A program's key, without what opens. `limite_minute`: None is without limit."""

    id: UUID
    nom: str
    prefixe: str
    permissions: tuple[str, ...]
    agence_ids: tuple[UUID, ...]
    centre_ids: tuple[UUID, ...]
    limite_minute: int | None
    ips: tuple[str, ...]
    cree_par: UUID | None
    cree_le: datetime
    expire_le: datetime | None
    derniere_utilisation: datetime | None
    revoquee_le: datetime | None


@dataclass(frozen=True, kw_only=True)
class LienAcces:
    """What a mail that lets a person choose a password needs. `url` holds the secret: it goes into the mail only."""

    url: str
    motif: str
    email: str
    prenom: str
    nom_complet: str
    langue: str
    expire_le: datetime | None


@dataclass(frozen=True)
class Perimetre:
    """The agences and centres a limited caller sees."""

    agence_ids: frozenset[UUID]
    centre_ids: frozenset[UUID]

    def __bool__(self) -> bool:
        return bool(self.agence_ids or self.centre_ids)


def changed(before: Mapping[str, Any], after: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """The fields that differ, as they were and as they are: what the audit journal keeps."""
    names = [name for name in after if after[name] != before.get(name)]
    return {n: before[n] for n in names if n in before}, {n: after[n] for n in names}
