"""The permission matrix as a document, from what contexts contribute."""

from collections import defaultdict

from guichet.identite.metier.roles import Role
from guichet.identite.questions.droits import permissions_of
from guichet.socle.registre import Permission, get_registre

TITRES = {
    Role.SUPER_ADMIN: "Super admin",
    Role.ADMIN_TENANT: "Admin réseau",
    Role.ADMIN_AGENCE: "Admin agence",
    Role.ADMIN_CT: "Admin centre",
    Role.CONTROLEUR: "Contrôleur",
    Role.CALL_CENTER: "Centre d'appels",
    Role.CLIENT: "Client",
    Role.API_KEY: "Clé d'API",
}
ENTETE = """\
# Permissions

Qui peut faire quoi. Ce document est écrit par `guichet permissions > docs/permissions.md` à partir des `permissions.py`
de chaque contexte, seule source de la matrice ; un test vérifie qu'il est à jour.

Un oui dit ce que le rôle détient d'emblée. S'y ajoutent les permissions données à une personne (`courrier:*` pour un
agent du courrier). Un administrateur d'agence, de centre ou un contrôleur n'agit que dans ses agences et ses centres.
Une clé d'API détient ce qui lui a été donné à sa création ; la colonne dit ce qu'elle reçoit si rien n'est précisé.
Le super-administrateur détient tout, mais n'agit dans un réseau qu'en le nommant, et ce réseau en garde la trace.
"""


def document() -> str:
    """The matrix in Markdown, one table a family of permissions."""
    families: dict[str, list[Permission]] = defaultdict(list)
    for permission in get_registre().permissions:
        families[permission.code.split(":", 1)[0]].append(permission)
    tables = (_table(name, sorted(families[name], key=lambda p: p.code)) for name in sorted(families))
    return "\n".join([ENTETE, *tables])


def _table(family: str, permissions: list[Permission]) -> str:
    lines = [
        f"## {family}",
        "",
        f"| permission | ce qu'elle permet | {' | '.join(TITRES.values())} |",
        f"| --- | --- |{' :-: |' * len(TITRES)}",
    ]
    lines += [
        f"| `{p.code}` | {p.libelle} | {' | '.join('oui' if _holds(role, p.code) else '' for role in TITRES)} |"
        for p in permissions
    ]
    return "\n".join([*lines, ""])


def _holds(role: str, code: str) -> bool:
    held = permissions_of(role)
    return code in held or "*" in held
