"""Rules of a tenant: its address on the web, its plan, its colours."""

import re
import unicodedata
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from uuid import UUID

PLATEFORME = UUID("00000000-0000-7000-8000-000000000000")
"""The house itself, home of the super administrators; never listed among the tenants."""


class TypeTenant(StrEnum):
    """What kind of network this is."""

    RESEAU = "reseau"
    INDEPENDANT = "independant"
    FRANCHISE = "franchise"


class Plan(StrEnum):
    """What the tenant subscribed to."""

    STARTER = "starter"
    BUSINESS = "business"
    ENTERPRISE = "enterprise"


@dataclass(frozen=True)
class Limites:
    """How many people and agences a tenant may have; None means no limit."""

    users: int | None
    agences: int | None


LIMITES: dict[Plan, Limites] = {
    Plan.STARTER: Limites(20, 5),
    Plan.BUSINESS: Limites(50, 20),
    Plan.ENTERPRISE: Limites(100, 50),
}

SLUG = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,46}[a-z0-9])?")
HOTE = re.compile(r"(?=.{1,253}\Z)(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)*[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")
RESERVES = frozenset({"admin", "api", "guichet", "plateforme", "www"})


def is_slug(text: str) -> bool:
    """True for 1 to 48 lower-case letters, digits and inner hyphens that mean nothing else to the house."""
    return SLUG.fullmatch(text) is not None and text not in RESERVES


def slugify(nom: str) -> str:
    """The slug a name suggests: `Contrôle Auto France` -> `controle-auto-france`. Empty when nothing is left of it."""
    ascii_ = unicodedata.normalize("NFKD", nom.replace("œ", "oe").replace("Œ", "oe")).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]+", "-", ascii_.lower()).strip("-")[:48].strip("-")


@lru_cache(maxsize=1_000)
def normalise_hote(text: str) -> str | None:
    """A host name as it is compared: lower case, without port or final dot; None when it is not one."""
    hote = text.strip().lower()
    if hote.startswith("["):  # an IPv6 literal names no tenant
        return None
    hote = hote.split(":", 1)[0].removesuffix(".")
    return hote if HOTE.fullmatch(hote) else None
