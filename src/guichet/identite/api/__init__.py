"""The JSON routes of identity."""

from guichet.identite.api import auth, cles_api, compte, tenants, users
from guichet.identite.api.authentification import authenticate

ROUTERS = (auth.router, users.router, tenants.router, cles_api.router, compte.router)

__all__ = ["ROUTERS", "authenticate"]
