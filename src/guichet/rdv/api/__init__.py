"""Booking over HTTP: free starts, appointments."""

from guichet.rdv.api import disponibilites, rendez_vous

ROUTERS = (disponibilites.router, rendez_vous.router)
