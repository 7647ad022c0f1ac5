"""Who may do what with people, tenants, settings and keys: this context's share of the one matrix."""

from guichet.identite.metier.roles import Role
from guichet.socle.i18n import lazy
from guichet.socle.registre import Permission

_TENANT = frozenset({Role.ADMIN_TENANT})
_GESTION = _TENANT | {Role.ADMIN_AGENCE}

PERMISSIONS = (
    Permission(code="user:read", libelle=lazy("Voir les utilisateurs"), roles=_GESTION | {Role.ADMIN_CT}),
    Permission(code="user:create", libelle=lazy("Créer et inviter des utilisateurs"), roles=_GESTION),
    Permission(code="user:update", libelle=lazy("Modifier les utilisateurs"), roles=_GESTION),
    Permission(code="user:delete", libelle=lazy("Désactiver les utilisateurs"), roles=_GESTION),
    Permission(code="tenant:settings:read", libelle=lazy("Voir les réglages du réseau"), roles=_TENANT),
    Permission(code="tenant:settings:update", libelle=lazy("Modifier les réglages du réseau"), roles=_TENANT),
    Permission(code="cle_api:read", libelle=lazy("Voir les clés d'API"), roles=_TENANT),
    Permission(code="cle_api:create", libelle=lazy("Créer des clés d'API"), roles=_TENANT),
    Permission(code="cle_api:delete", libelle=lazy("Révoquer des clés d'API"), roles=_TENANT),
    Permission(code="plateforme:tenant:read", libelle=lazy("Voir tous les réseaux"), roles=frozenset()),
    Permission(code="plateforme:tenant:create", libelle=lazy("Ouvrir un réseau"), roles=frozenset()),
    Permission(code="plateforme:tenant:update", libelle=lazy("Modifier un réseau et ses limites"), roles=frozenset()),
    Permission(code="plateforme:tenant:delete", libelle=lazy("Fermer un réseau"), roles=frozenset()),
    Permission(code="plateforme:agir", libelle=lazy("Agir dans un réseau"), roles=frozenset()),
)
