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
WORDS_READ = Permission(
    code="modele:read",
    libelle=lazy("Voir les modèles de messages"),
    roles=frozenset({"SUPER_ADMIN", "ADMIN_TENANT", "ADMIN_AGENCE", "ADMIN_CT", "CALL_CENTER"}),
)
WORDS_WRITE = Permission(
    code="modele:update",
    libelle=lazy("Écrire les modèles de messages"),
    roles=frozenset({"SUPER_ADMIN", "ADMIN_TENANT"}),
)
PERMISSIONS = (READ, RESEND, WORDS_READ, WORDS_WRITE)
