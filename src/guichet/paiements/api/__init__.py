"""Payments over HTTP."""

from guichet.paiements.api import encaissements, essai, notifications, paiements

ROUTERS = (notifications.router, encaissements.router, essai.router, paiements.router)
