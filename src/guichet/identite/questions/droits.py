"""What a role or a person may do: the one place where contributed permissions become a set."""

from collections.abc import Iterable
from functools import lru_cache

from guichet.identite.metier.roles import Role, is_limited
from guichet.identite.metier.vues import Perimetre
from guichet.socle.acces import Appelant
from guichet.socle.registre import Registre, get_registre


@lru_cache(maxsize=32)
def _of_role(registre: Registre, role: str) -> frozenset[str]:
    if role == Role.SUPER_ADMIN:
        return frozenset({"*"})
    return frozenset(p.code for p in registre.permissions if role in p.roles)


def permissions_of(role: str, ajoutees: Iterable[str] = ()) -> frozenset[str]:
    """The permissions a person of this role holds, with those added to the account."""
    return _of_role(get_registre(), role) | frozenset(ajoutees)


def unknown_permissions(codes: Iterable[str]) -> list[str]:
    """Which of these codes nobody contributed. `rdv:*` is known when some `rdv:...` is; `*` is nobody's to give."""
    known = {p.code for p in get_registre().permissions}
    families = {f"{':'.join(code.split(':')[:n])}:*" for code in known for n in range(1, len(code.split(":")))}
    return sorted(set(codes) - known - families)


def perimetre_of(appelant: Appelant) -> Perimetre | None:
    """The scope a caller is limited to; None for who sees the whole tenant."""
    scope = Perimetre(appelant.agence_ids, appelant.centre_ids)
    if is_limited(appelant.role) or (appelant.role == Role.API_KEY and scope):
        return scope
    return None
