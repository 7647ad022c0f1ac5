"""The pages of identity: signing in and out, the way back in, signing up, one's own security."""

from guichet.identite.pages import acces, connexion, inscription, plateforme, securite

ROUTERS = (connexion.router, acces.router, inscription.router, securite.router, plateforme.router)

__all__ = ["ROUTERS"]
