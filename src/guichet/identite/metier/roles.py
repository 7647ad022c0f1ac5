"""The eight roles, who may hand out which, and how far each one sees.

Source: the eight roles of the product page; an agency administrator "sees /tenant limited to its agences".
"""

from collections.abc import Iterable
from enum import StrEnum


class Role(StrEnum):
    """What a person or a program is here for."""

    SUPER_ADMIN = "SUPER_ADMIN"
    ADMIN_TENANT = "ADMIN_TENANT"
    ADMIN_AGENCE = "ADMIN_AGENCE"
    ADMIN_CT = "ADMIN_CT"
    CONTROLEUR = "CONTROLEUR"
    CALL_CENTER = "CALL_CENTER"
    CLIENT = "CLIENT"
    API_KEY = "API_KEY"


HORS_QUOTA = frozenset({Role.CLIENT})
LIMITES_AU_PERIMETRE = frozenset({Role.ADMIN_AGENCE, Role.ADMIN_CT, Role.CONTROLEUR})
PERSONNES = frozenset(Role) - {Role.API_KEY}

_ATTRIBUABLES: dict[Role, frozenset[Role]] = {
    Role.SUPER_ADMIN: PERSONNES - {Role.SUPER_ADMIN},
    Role.ADMIN_TENANT: PERSONNES - {Role.SUPER_ADMIN},
    Role.ADMIN_AGENCE: frozenset({Role.ADMIN_CT, Role.CONTROLEUR, Role.CLIENT}),
    Role.API_KEY: PERSONNES - {Role.SUPER_ADMIN, Role.ADMIN_TENANT},
}


def attribuables(role: str | None) -> frozenset[Role]:
    """The roles a caller of this role may give, and so the people it may change. Empty for most."""
    if role is None or role not in frozenset(Role):
        return frozenset()
    return _ATTRIBUABLES.get(Role(role), frozenset())


def counts(role: str) -> bool:
    """True when an account of this role takes a place among the tenant's `max_users`."""
    return role not in HORS_QUOTA


def is_limited(role: str | None) -> bool:
    """True when a caller of this role sees only its own agences and centres."""
    return role in LIMITES_AU_PERIMETRE


def holds(held: Iterable[str], code: str) -> bool:
    """True when `code` (`rdv:create`) is in `held`, directly or through `rdv:*` or `*`."""
    held = frozenset(held)
    parts = code.split(":")
    return code in held or "*" in held or any(":".join([*parts[:n], "*"]) in held for n in range(1, len(parts)))


def not_held(held: Iterable[str], wanted: Iterable[str]) -> list[str]:
    """The permissions of `wanted` that a holder of `held` does not have and so cannot hand on, sorted."""
    held = frozenset(held)
    return sorted(code for code in set(wanted) if not holds(held, code))
