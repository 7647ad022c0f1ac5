"""Booking over HTTP: free starts, appointments."""

from guichet.rdv.api import disponibilites, paiement, rendez_vous

ROUTERS = (disponibilites.router, rendez_vous.router, paiement.router)
