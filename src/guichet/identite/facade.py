"""What other contexts may ask of identity. Keyword-only after the session; frozen values; the caller's transaction."""

from guichet.identite.actions.cles_api import create_cle_api
from guichet.identite.actions.courriels import lien_d_acces
from guichet.identite.actions.demonstration import open_demo_accounts
from guichet.identite.actions.liens import Lien, create_lien, read_lien
from guichet.identite.actions.reglages import set_reglages
from guichet.identite.actions.reperes import forget_repere, register_repere
from guichet.identite.actions.tenants import create_tenant, deactivate_tenant, lock_tenant, update_tenant
from guichet.identite.actions.users import (
    create_user,
    deactivate_user,
    invite_user,
    link_or_create_user,
    update_user,
)
from guichet.identite.metier.reglages import Branding, General, Securite
from guichet.identite.metier.roles import Role
from guichet.identite.metier.tenants import PLATEFORME
from guichet.identite.metier.vues import CleApiVue, LienAcces, Perimetre, SessionVue, TenantVue, UserVue
from guichet.identite.questions.droits import perimetre_of, permissions_of
from guichet.identite.questions.matrice import document as permissions_document
from guichet.identite.questions.reglages import get_reglages
from guichet.identite.questions.reperes import find_tenants
from guichet.identite.questions.tenants import find_tenant, get_tenant, list_tenants
from guichet.identite.questions.users import count_users, find_user, get_user, list_users

__all__ = [
    "PLATEFORME",
    "Branding",
    "CleApiVue",
    "General",
    "Lien",
    "LienAcces",
    "Perimetre",
    "Role",
    "Securite",
    "SessionVue",
    "TenantVue",
    "UserVue",
    "count_users",
    "create_cle_api",
    "create_lien",
    "create_tenant",
    "create_user",
    "deactivate_tenant",
    "deactivate_user",
    "find_tenant",
    "find_tenants",
    "find_user",
    "forget_repere",
    "get_reglages",
    "get_tenant",
    "get_user",
    "invite_user",
    "lien_d_acces",
    "link_or_create_user",
    "list_tenants",
    "list_users",
    "lock_tenant",
    "open_demo_accounts",
    "perimetre_of",
    "permissions_document",
    "permissions_of",
    "read_lien",
    "register_repere",
    "set_reglages",
    "update_tenant",
    "update_user",
]
