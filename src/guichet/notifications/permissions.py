"""Who may see what was sent, and send it again."""

from guichet.socle.i18n import lazy
from guichet.socle.registre import Permission

READ = Permission(
    code="notifications:read",
    libelle=lazy("Voir les messages envoyés"),
    roles=frozenset({"SUPER_ADMIN", "ADMIN_TENANT", "ADMIN_AGENCE", "ADMIN_CT", "CALL_CENTER"}),
)
RESEND = Permission(
    code="notifications:resend",
    libelle=lazy("Renvoyer un message"),
    roles=frozenset({"SUPER_ADMIN", "ADMIN_TENANT", "ADMIN_AGENCE", "ADMIN_CT", "CALL_CENTER"}),
)
PERMISSIONS = (READ, RESEND)
